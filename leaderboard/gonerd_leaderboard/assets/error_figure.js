"use strict";
// What became of the gold, entry under entry, and what was found beside it.
(() => {
  const gonerd = (window.gonerd ??= {});
  const { element, number } = gonerd;
  const MOST = 25;
  const CLASSES = [["exact", "exact"], ["boundary", "wrong boundary"], ["type", "wrong type"], ["both", "both wrong"], ["missed", "missed"], ["spurious", "spurious, beside the gold"]];

  function partsOf(row) {
    const gold = row.errors.slice(0, 5).reduce((sum, count) => sum + count, 0) || 1;
    let at = 0;
    return row.errors.map((count, place) => {
      const from = at;
      at += (100 * count) / gold;
      return { row, place, count, share: count / gold, from, to: at };
    });
  }

  function draw({ rows }, state, width) {
    const found = rows.slice(0, MOST);
    if (!found.length) return { note: "No entry is shown." };
    const { axisX, axisY, barX, gridX, ruleX, tip } = libraries;
    const parts = found.flatMap(partsOf);
    const byKey = new Map(found.map((row) => [row.key, row]));
    const left = gonerd.marginOf(found, width);
    const y = ({ row }) => row.key;
    const drawn = gonerd.plot({
      width, height: 56 + 24 * found.length, marginLeft: left, marginTop: 8,
      x: { label: "Per cent of the gold", labelAnchor: "right", domain: [0, Math.max(100, ...parts.map(({ to }) => to))] },
      y: { domain: found.map((row) => row.key), label: null, padding: 0.25 },
      color: { type: "identity" },
      marks: [
        gridX({ ticks: Math.max(3, width / 110) }), axisX({ ticks: Math.max(3, width / 110), anchor: "bottom" }),
        axisY({ tickSize: 0, tickFormat: (key) => gonerd.nameIn(byKey.get(key), left - 12), fill: "var(--ink)", fontSize: 12 }),
        barX(parts, { y, x1: "from", x2: "to", fill: ({ place }) => `var(--${CLASSES[place][0]})`, stroke: "var(--paper)", strokeWidth: 0.75 }),
        ruleX([100], { stroke: "var(--ink)", strokeWidth: 1 }),
        tip(parts, gonerd.tipAt({ x1: "from", x2: "to", y, maxRadius: 30,
          title: ({ row, place, count, share }) => `${gonerd.nameIn(row, 300)}\n${CLASSES[place][1]}: ${number.whole(count)}\n${number.percent(share)}% of the gold` })),
      ],
    });
    return {
      plot: drawn,
      label: `Errors by class: ${found.slice(0, 5).map((row) => `${row.name}: ${CLASSES.map(([, title], place) => `${title} ${row.errors[place]}`).join(", ")}`).join("; ")}.`,
      caption: `What became of the gold entities, in per cent of them; spurious predictions stand beside it, past the line.${rows.length > found.length ? ` The first ${found.length} of the table.` : ""}`,
      legend: CLASSES.map(([key, title]) => ({ mark: element("span", { class: `swatch ${key}`, "aria-hidden": "true" }), text: title })),
      heads: ["Model", ...CLASSES.map(([, title]) => title)],
      rows: () => found.map((row) => [row.name, ...row.errors.map(number.whole)]),
    };
  }

  gonerd.figures.add({ id: "figure-errors", title: "Errors", keys: [], draw });
})();
