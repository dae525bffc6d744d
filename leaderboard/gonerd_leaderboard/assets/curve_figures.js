"use strict";
// F1 by the length of the document and by the place of the entity in it, for the entries that are ticked or else the first five.
(() => {
  const gonerd = (window.gonerd ??= {});
  const { element, svg, number } = gonerd;
  const FIRST = 5;
  const BLOCK = 512; // words of a bucket, and the tokens that are set against them
  const Z = 1.959964; // both ends of 95%
  const SYMBOLS = ["circle", "square", "triangle", "diamond", "star", "wye"];
  const PATHS = [
    "M8 4a4 4 0 1 0 .01 0z", "M4.5 4.5h7v7h-7z", "M8 3.5 12.5 12h-9z", "M8 3 12 8 8 13 4 8z",
    "M8 2.5 9.5 6.6l4.2.1-3.4 2.6 1.2 4.1L8 10.9l-3.5 2.5 1.2-4.1L2.3 6.7l4.2-.1z", "M6.5 8.8V13h3V8.8l3.6-2.1-1.5-2.6L8 6.2 4.4 4.1 2.9 6.7z",
  ];
  const colour = (number) => `var(--s${1 + (number % SYMBOLS.length)})`;

  // Wilson's interval of J = TP / (TP + FP + FN), turned into F1 = 2J / (1 + J), which rises with J.
  function band(tp, all) {
    const share = tp / all, part = (Z * Z) / all;
    const middle = (share + part / 2) / (1 + part);
    const reach = (Z / (1 + part)) * Math.sqrt((share * (1 - share)) / all + part / (4 * all));
    return [middle - reach, middle + reach].map((j) => Math.min(1, Math.max(0, j))).map((j) => (2 * j) / (1 + j));
  }

  gonerd.wilsonF1 = band;

  function pointsOf(row, field) {
    return row[field].filter(([, tp, fp, fn]) => tp + fp + fn > 0).map(([bucket, tp, fp, fn]) => {
      const [low, high] = band(tp, tp + fp + fn);
      return { row, bucket, tp, fp, fn, f1: (2 * tp) / (2 * tp + fp + fn), low, high };
    });
  }

  const sample = (place) => svg("svg", { viewBox: "0 0 16 16", class: `icon sample s${1 + place}`, "aria-hidden": "true" }, svg("path", { d: PATHS[place] }));

  const curve = (field, words) => (view, state, width) => {
    const { board } = view;
    const chosen = gonerd.chosen(board, state);
    const series = (chosen.length ? chosen : view.rows).filter((row) => row[field].length).slice(0, chosen.length ? SYMBOLS.length : FIRST);
    if (!series.length) return { note: `No entry that is ${chosen.length ? "ticked" : "shown"} has its F1 by ${words.by}.` };
    const { areaY, dot, line, ruleX, tip } = libraries;
    const curves = series.map((row) => pointsOf(row, field));
    const points = curves.flat();
    const last = Math.max(...points.map(({ bucket }) => bucket));
    const limits = series.map((row, place) => ({ row, place, at: row.max_len / BLOCK - 0.5 })).filter(({ row, at }) => row.max_len && at <= last + 0.5);
    const x = ({ bucket }) => bucket, y = ({ f1 }) => 100 * f1;
    const start = (bucket) => board.places[bucket]?.split(/[-+]/)[0] ?? "";
    const drawn = gonerd.plot({
      width, height: Math.min(320, Math.max(250, width * 0.55)), marginLeft: 40,
      x: { label: words.axis, labelAnchor: "right", domain: [-0.5, last + 0.5], ticks: Array.from({ length: last + 1 }, (_, i) => i), tickFormat: (i) => (width < 420 && i % 2 ? "" : number.whole(start(i)) + (board.places[i]?.endsWith("+") ? "+" : "")) },
      y: { label: "F1", grid: true, nice: true, ticks: 6, domain: gonerd.percentRange(points.flatMap(({ low, high }) => [low, high])) },
      color: { type: "identity" },
      marks: [
        curves.map((found, place) => areaY(found, { x, y1: ({ low }) => 100 * low, y2: ({ high }) => 100 * high, fill: colour(place), fillOpacity: 0.11 })),
        limits.map(({ at, place }) => ruleX([at], { stroke: colour(place), strokeDasharray: "2 3", strokeWidth: 1.5, dx: 2 * place })),
        curves.map((found, place) => line(found, { x, y, stroke: colour(place), strokeWidth: 1.75 })),
        curves.map((found, place) => dot(found, { x, y, fill: colour(place), r: 3.6, symbol: SYMBOLS[place] })),
        tip(points, gonerd.tipAt({ x, y, title: (p) => `${gonerd.nameIn(p.row, 300)}\n${words.one} ${board.places[p.bucket]}\nF1 ${number.percent(p.f1)} (${number.percent(p.low)}–${number.percent(p.high)})\nTP ${p.tp}, FP ${p.fp}, FN ${p.fn}` })),
      ],
    });
    return {
      plot: drawn,
      label: `F1 by ${words.by}: ${series.map((row, place) => `${row.name} from ${number.percent(curves[place][0].f1)} to ${number.percent(curves[place].at(-1).f1)}`).join("; ")}.`,
      caption: `${chosen.length ? "The ticked entries" : `The first ${series.length} of the table; tick others to see them`}. Bands: Wilson’s 95% interval of TP / (TP + FP + FN), turned into F1, with entities taken as independent (within a document they are not: true bands are wider).${limits.length ? " Dotted lines: a model’s maximal length in tokens, which are shorter than words." : ""}`,
      legend: series.map((row, place) => ({ mark: sample(place), text: row.name + (row.max_len ? `, up to ${number.whole(row.max_len)} tokens` : "") })),
      heads: ["Model", words.head, "F1", "from", "to", "TP", "FP", "FN"],
      rows: () => points.map((p) => [p.row.name, board.places[p.bucket], number.percent(p.f1), number.percent(p.low), number.percent(p.high), p.tp, p.fp, p.fn]),
    };
  };

  gonerd.figures.add({ id: "figure-length", title: "F1 by length of the document", keys: [],
    draw: curve("by_length", { by: "length of the document", axis: "Words of the document, from", head: "Words", one: "documents of words" }) });
  gonerd.figures.add({ id: "figure-position", title: "F1 by place of the entity", keys: [],
    draw: curve("by_position", { by: "place of the entity", axis: "Words before the entity, from", head: "Words before", one: "entities after words" }) });
})();
