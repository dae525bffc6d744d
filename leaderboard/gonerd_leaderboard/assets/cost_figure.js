"use strict";
// F1 against what a model costs, on one machine: who is beaten in both by nobody, and what became of a teacher as a student.
(() => {
  const gonerd = (window.gonerd ??= {});
  const { number } = gonerd;
  const MOST_LABELS = 14;
  const MOST_RANGES = 60;
  const MOST_ARROWS = 24;
  const COSTS = {
    ms_512: { title: "ms, 512 tokens", axis: "Milliseconds for a document of 512 tokens", onMachine: true },
    ms_4096: { title: "ms, 4,096 tokens", axis: "Milliseconds for a document of 4,096 tokens", onMachine: true },
    gib_512: { title: "GiB, 512 tokens", axis: "Peak GiB at 512 tokens", onMachine: true },
    gib_4096: { title: "GiB, 4,096 tokens", axis: "Peak GiB at 4,096 tokens", onMachine: true },
    documents_per_s: { title: "documents/s", axis: "Documents per second", onMachine: true, more: true },
    params: { title: "parameters", axis: "Parameters", onMachine: false },
  };

  function settings({ board, rows }, state) {
    const stated = (cost) => rows.filter((row) => board.value(row, cost) > 0).length;
    const costs = Object.keys(COSTS).filter((cost) => board.column(cost));
    const usual = costs.find((cost) => stated(cost) >= rows.length / 2) ?? costs.find(stated) ?? costs[0];
    const cost = costs.includes(state.cost) ? state.cost : usual;
    const found = [];
    if (cost) found.push({ key: "cost", title: "Cost", options: costs.map((key) => [key, COSTS[key].title]), value: cost });
    if (COSTS[cost]?.onMachine) {
      const sizes = new Map();
      for (const row of rows) if (board.value(row, cost) > 0) sizes.set(row.hardware, (sizes.get(row.hardware) ?? 0) + 1);
      const machines = [...sizes.keys()].sort((a, b) => sizes.get(b) - sizes.get(a) || (a < b ? -1 : 1));
      if (machines.length) {
        const machine = machines.includes(state.machine) ? state.machine : machines[0];
        found.push({ key: "machine", title: "Hardware", options: machines.map((name) => [name, `${name} (${sizes.get(name)})`]), value: machine });
      }
    }
    return found;
  }

  // The entries that no other beats in both; cheapest first.
  function frontOf(points, more) {
    const ordered = [...points].sort((a, b) => (more ? b.cost - a.cost : a.cost - b.cost) || b.row.f1 - a.row.f1);
    let best = { row: { f1: -1 } };
    return ordered.filter((point) => {
      const isSame = point.cost === best.cost && point.row.f1 === best.row.f1;
      if (point.row.f1 > best.row.f1) best = point;
      return isSame || best === point;
    });
  }

  // Ones, twos and fives, or ones alone where these are too many.
  function ticksOf(costs, most) {
    const low = Math.min(...costs) / 1.15, high = Math.max(...costs) * 1.15;
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
      for (const times of [1, 2, 5]) {
        const tick = Number(`${times}e${power}`);
        if (low <= tick && tick <= high) found.push({ tick, times });
      }
    }
    const chosen = [[1, 2, 5], [1, 5], [1]].map((kept) => found.filter(({ times }) => kept.includes(times))).find((kept) => kept.length <= most);
    return { domain: [low, high], ticks: (chosen ?? []).map(({ tick }) => tick) };
  }

  // Where a label stands to its point, in the order of trial.
  const SIDES = [
    { dx: 8, dy: 0, textAnchor: "start" }, { dx: -8, dy: 0, textAnchor: "end" },
    { dx: 0, dy: -13, textAnchor: "middle" }, { dx: 0, dy: 13, textAnchor: "middle" },
  ];

  // Draws the labels that would lie on no other, on no point that has one, and on none of `others`.
  function placed(taken, done, { dx, dy, textAnchor }, others) {
    const touches = (box, other) => box[2] >= other[0] && box[0] <= other[2] && box[3] >= other[1] && box[1] <= other[3];
    return (index, scales, values, dimensions, context, next) => {
      const around = (x, y) => [x - 4, y - 4, x + 4, y + 4];
      const points = Array.from(index, (i) => around(values.x[i], values.y[i]));
      const away = others.map(({ row, cost }) => around(scales.x(cost), scales.y(100 * row.f1)));
      const kept = Array.from(index).filter((i, place) => {
        if (done.has(i) || done.size >= MOST_LABELS) return false;
        const wide = gonerd.widthOf(values.text[i]);
        const left = values.x[i] + dx - { start: 0, middle: wide / 2, end: wide }[textAnchor];
        const box = [left, values.y[i] + dy - 7, left + wide, values.y[i] + dy + 7];
        const isFree = box[0] >= dimensions.marginLeft && box[2] <= dimensions.width - 4 && box[1] >= 0 && box[3] <= dimensions.height - dimensions.marginBottom
          && ![...taken, ...away].some((other) => touches(box, other)) && !points.some((other, at) => at !== place && touches(box, other));
        if (isFree) {
          taken.push(box);
          done.add(i);
        }
        return isFree;
      });
      return next(kept, scales, values, dimensions, context);
    };
  }

  function draw({ board, rows }, state, width, { cost, machine }) {
    const about = COSTS[cost];
    const points = rows.map((row) => ({ row, cost: cost && board.value(row, cost) })).filter((point) => point.cost > 0 && (!about.onMachine || point.row.hardware === machine));
    if (!points.length) return { note: "No entry that is shown states a cost." };
    const { arrow, dot, line, link, plot, text, tip } = { ...libraries, plot: gonerd.plot };
    const front = frontOf(points, about.more);
    const onFront = new Set(front);
    const chosen = new Set(gonerd.chosen(board, state));
    const byIndex = new Map(points.map((point) => [point.row.index, point]));
    const taught = points.filter(({ row }) => byIndex.has(row.teacher)).map((point) => ({ from: byIndex.get(point.row.teacher), to: point }));
    const matters = (point) => onFront.has(point) || chosen.has(point.row);
    const students = taught.length > MOST_ARROWS ? taught.filter(({ from, to }) => matters(from) || matters(to)) : taught;
    const x = (point) => point.cost, y = (point) => 100 * point.row.f1;
    const named = [...points.filter(({ row }) => chosen.has(row)), ...front.filter(({ row }) => !chosen.has(row)).reverse()];
    const costs = points.map(x);
    const { domain, ticks } = ticksOf(costs, width / 55);
    const taken = [], done = new Set();
    const write = (value) => (cost === "params" ? number.short(value) : number.rounded(value));
    const unnamed = points.filter((point) => !named.includes(point)).slice(0, MOST_RANGES);
    const label = (side, others) => text(named, {
      x, y, text: ({ row }) => gonerd.nameIn(row, width < 500 ? 120 : 180), ...side,
      fill: "var(--ink)", stroke: "var(--paper)", strokeWidth: 4, fontSize: 12, render: placed(taken, done, side, others),
    });
    const rank = (point) => (chosen.has(point.row) ? 2 : onFront.has(point) ? 1 : 0); // what matters is drawn last
    const colour = (point) => (chosen.has(point.row) ? "var(--s2)" : onFront.has(point) ? "var(--accent)" : "var(--soft)");
    const drawn = plot({
      width, height: Math.min(360, Math.max(280, width * 0.62)), marginLeft: 40, marginRight: 28,
      x: { type: "log", label: about.axis, labelAnchor: "right", domain, ticks, tickFormat: (tick) => (cost === "params" ? number.short(tick).replace(/\.0+/, "") : tick >= 1 ? number.whole(tick) : String(tick)) },
      y: { label: "F1", domain: gonerd.percentRange(points.flatMap(({ row }) => (points.length > MOST_RANGES ? [row.f1] : [row.low, row.high]))), nice: true, grid: true, ticks: 6 },
      color: { type: "identity" },
      marks: [
        line([...front].sort((a, b) => a.cost - b.cost), { x, y, curve: about.more ? "step-before" : "step-after", stroke: "var(--accent)", strokeOpacity: 0.55, strokeWidth: 1.5, strokeDasharray: "3 4" }),
        points.length > MOST_RANGES ? null : link(points, { x1: x, x2: x, y1: ({ row }) => 100 * row.low, y2: ({ row }) => 100 * row.high, stroke: colour, strokeOpacity: 0.4, strokeWidth: 1.5 }),
        arrow(students, { x1: ({ from }) => x(from), y1: ({ from }) => y(from), x2: ({ to }) => x(to), y2: ({ to }) => y(to), bend: 18, inset: 6, headLength: 7, stroke: "var(--s3)", strokeWidth: 1.3 }),
        dot([...points].sort((a, b) => rank(a) - rank(b)), { x, y, r: 4, fill: colour, fillOpacity: (point) => (onFront.has(point) || chosen.has(point.row) ? 1 : 0.55), stroke: "var(--paper)", strokeWidth: 0.75 }),
        SIDES.map((side) => label(side, unnamed)), SIDES.map((side) => label(side, [])),
        tip(points, gonerd.tipAt({ x, y, title: ({ row, cost: value }) => `${gonerd.nameIn(row, 300)}\nF1 ${number.percent(row.f1)} (${number.percent(row.low)}–${number.percent(row.high)})\n${about.title}: ${write(value)}\n${row.hardware}` })),
      ],
    });
    const where = about.onMachine ? ` on ${machine}` : "";
    return {
      plot: drawn,
      label: `F1 against ${about.title}${where}: ${points.length} entries; beaten in both by no other: ${front.map(({ row }) => `${row.name} (F1 ${number.percent(row.f1)}, ${write(board.value(row, cost))})`).slice(0, 12).join("; ")}.`,
      caption: `${number.plural(points.length, "entry", "entries")}${where}. The dashed line joins those that no other beats in both F1 and cost${about.more ? "; further right is faster" : ""}.${taught.length ? ` Arrows go from teacher to student${students.length < taught.length ? ", of those on the line or ticked" : ""}.` : ""}`,
      heads: ["Model", "F1", "from", "to", about.title, "Not beaten", "Teacher"],
      rows: () => points.map((point) => [point.row.name, number.percent(point.row.f1), number.percent(point.row.low), number.percent(point.row.high), write(point.cost),
        onFront.has(point) ? "yes" : "no", byIndex.get(point.row.teacher)?.row.name ?? ""]),
    };
  }

  gonerd.figures.add({ id: "figure-cost", title: "F1 against cost", keys: ["cost", "machine"], settings, draw });
})();
