"use strict";
// Who is above whom: differences of F1 in pairs, and the p-values of paired tests, corrected for their number by Holm's method.
(() => {
  const gonerd = (window.gonerd ??= {});
  const { element, number } = gonerd;
  const ALPHA = 0.05;
  const SIZES = ["10", "20", "50"];

  // The difference of two rows and its p-value; null where they were not tested.
  gonerd.pairOf = (board, first, second) => {
    const tests = board.significance;
    const [i, j] = [first, second].map((row) => tests?.rows.indexOf(row.index) ?? -1);
    return i < 0 || j < 0 ? null : { difference: tests.differences[i][j], p: tests.p[i][j] };
  };

  function settings({ board }, state) {
    if (!board.significance) return [];
    return [{ key: "most", title: "Entries", options: SIZES.map((size) => [size, `first ${size}`]), value: SIZES.includes(state.most) ? state.most : gonerd.isNarrow() ? "10" : "20" }];
  }

  function draw({ board, rows }, state, width, { most }) {
    const tests = board.significance;
    if (!tests) return { note: "Pairs are tested document by document, which needs the gold: gonerd leaderboard build SUBMISSIONS --out PAGE --dataset DATASET." };
    const tested = new Set(tests.rows);
    const found = rows.filter((row) => tested.has(row.index)).sort((a, b) => a.index - b.index).slice(0, Number(most));
    if (found.length < 2) return { note: `Pairs of the first ${tests.rows.length} entries were tested; fewer than two of them are shown.` };
    const { axisX, axisY, cell, text, tip } = libraries;
    const pairs = found.flatMap((one) => found.filter((other) => other !== one).map((other) => ({ one, other, ...gonerd.pairOf(board, one, other) })));
    const kind = ({ difference, p }) => (p >= ALPHA ? "same" : difference > 0 ? "better" : "worse");
    const names = gonerd.marginOf(found, width) - 12;
    const left = names + 38;
    const side = Math.max(12, Math.min(26, (width - left - 16) / found.length));
    const byKey = new Map(found.map((row, place) => [row.key, { row, place: place + 1 }]));
    const x = ({ other }) => other.key, y = ({ one }) => one.key;
    const domain = found.map((row) => row.key);
    const drawn = gonerd.plot({
      width: Math.ceil(left + side * found.length + 16), height: Math.ceil(30 + side * found.length + 8), marginLeft: left, marginTop: 30, marginBottom: 8, marginRight: 16,
      x: { domain, label: null, padding: 0.06 }, y: { domain, label: null, padding: 0.06 }, color: { type: "identity" },
      marks: [
        axisX({ anchor: "top", tickSize: 0, tickFormat: (key) => { const { place } = byKey.get(key); return side < 16 && place % 5 ? "" : String(place); }, fontSize: 11 }),
        axisY({ tickSize: 0, tickPadding: 6, tickFormat: (key) => String(byKey.get(key).place), fontSize: side < 14 ? 10 : 11 }),
        text(found, { y: "key", text: (row) => gonerd.nameIn(row, names), frameAnchor: "left", textAnchor: "end", dx: -32, fill: "var(--ink)", fontSize: side < 14 ? 11 : 12 }),
        cell(pairs, { x, y, fill: (pair) => `var(--${kind(pair)})` }),
        text(pairs, { x, y, text: (pair) => ({ better: "+", worse: "−", same: "" })[kind(pair)], fill: (pair) => `var(--${kind(pair)}-ink)`, fontSize: Math.min(13, side - 1), fontWeight: 600 }),
        tip(pairs, gonerd.tipAt({ x, y,
          title: ({ one, other, difference, p }) => `${gonerd.nameIn(one, 250)}\nless ${gonerd.nameIn(other, 250)}\n${number.signed(difference)} points, p ${number.p(p)}` })),
      ],
    });
    const swatch = (key, sign) => element("span", { class: `swatch ${key}`, "aria-hidden": "true" }, sign);
    const sure = pairs.filter((pair) => kind(pair) === "better").length;
    return {
      plot: drawn,
      label: `Pairwise tests of ${found.length} entries: in ${sure} of ${pairs.length / 2} pairs one is surely above the other.`,
      caption: `Row less column. ${tests.test[0].toUpperCase()}${tests.test.slice(1)}, ${number.whole(tests.samples)} draws; pairs of the first ${tests.rows.length} entries are tested.`,
      legend: [{ mark: swatch("better", "+"), text: `above, p < ${ALPHA}` }, { mark: swatch("worse", "−"), text: `below, p < ${ALPHA}` }, { mark: swatch("same", ""), text: "not told apart" }],
      heads: ["Model", "Other", "Difference", "p"],
      rows: () => pairs.filter(({ one, other }) => one.index < other.index).map(({ one, other, difference, p }) => [one.name, element("bdi", {}, other.name), number.signed(difference), number.p(p)]),
    };
  }

  gonerd.figures.add({ id: "figure-significance", title: "Paired tests", keys: ["most"], settings, draw });
})();
