"use strict";
// F1 with its interval, entry under entry, of all types or of one.
(() => {
  const gonerd = (window.gonerd ??= {});
  const { number } = gonerd;
  const MOST = 25;

  function settings({ board }, state) {
    const types = [...new Set(board.rows.flatMap((row) => Object.keys(row.types)))];
    return [{ key: "type", title: "Type", options: [["", "all"], ...types.map((type) => [type, type])], value: types.includes(state.type) ? state.type : "" }];
  }

  function draw({ rows, sorting }, state, width, { type }) {
    const found = rows.filter((row) => !type || row.types[type]).slice(0, MOST)
      .map((row) => ({ row, numbers: type ? row.types[type] : [row.f1, row.low, row.high] }));
    if (!found.length) return { note: "No entry that is shown has a score for this type." };
    const { axisX, axisY, dot, gridX, link, tip } = libraries;
    const byKey = new Map(found.map((line) => [line.row.key, line]));
    const left = gonerd.marginOf(found.map(({ row }) => row), width);
    const ranged = found.filter(({ numbers }) => numbers[1] !== null);
    const y = ({ row }) => row.key, x = ({ numbers }) => 100 * numbers[0];
    const drawn = gonerd.plot({
      width, height: 56 + 24 * found.length, marginLeft: left, marginTop: 8,
      x: { label: type ? `F1 on ${type}` : "F1", labelAnchor: "right", domain: gonerd.percentRange(found.flatMap(({ numbers }) => numbers.filter((share) => share !== null))), nice: true, inset: 6 },
      y: { domain: found.map(y), label: null },
      marks: [
        gridX({ ticks: Math.max(3, width / 110) }), axisX({ ticks: Math.max(3, width / 110), anchor: "bottom" }),
        axisY({ tickSize: 0, tickFormat: (key) => gonerd.nameIn(byKey.get(key).row, left - 12), fill: "var(--ink)", fontSize: 12 }),
        link(ranged, { y1: y, y2: y, x1: ({ numbers }) => 100 * numbers[1], x2: ({ numbers }) => 100 * numbers[2], stroke: "var(--accent-soft)", strokeWidth: 3, strokeLinecap: "round" }),
        dot(found, { x, y, r: 4, fill: "var(--accent)" }),
        tip(found, gonerd.tipAt({ x, y, title: ({ row, numbers }) => `${gonerd.nameIn(row, 300)}\nF1 ${number.percent(numbers[0])}${numbers[1] === null ? "" : ` (${number.percent(numbers[1])}–${number.percent(numbers[2])})`}` })),
      ],
    });
    const write = (share) => (share === null ? "" : number.percent(share));
    return {
      plot: drawn,
      label: `F1${type ? ` on ${type}` : ""} with its interval: ${found.slice(0, 8).map(({ row, numbers }) => `${row.name} ${number.percent(numbers[0])}`).join("; ")}${found.length > 8 ? "; and others" : ""}.`,
      caption: `${rows.length > found.length ? `The first ${found.length} of the table` : "All entries of the table"}, in its order (by ${sorting.id === "rank" ? "rank" : "the column that is sorted"}).`,
      heads: ["Model", "F1", "from", "to"],
      rows: () => found.map(({ row, numbers }) => [row.name, ...numbers.map(write)]),
    };
  }

  gonerd.figures.add({ id: "figure-forest", title: "Intervals", keys: ["type"], settings, draw });
})();
