"use strict";
// The columns of the table: what a cell shows, by what it sorts, and which groups of columns are shown.
(() => {
  const gonerd = (window.gonerd ??= {});
  const { element, svg, hidden, number } = gonerd;
  const names = new Intl.Collator("en", { numeric: true });
  const narrow = matchMedia("(max-width: 48rem)");

  function axisOf(board) {
    const low = Math.min(...board.rows.map((row) => row.low));
    const high = Math.max(...board.rows.map((row) => row.high));
    const span = high - low || 1;
    return (share) => `${(3 + (94 * (share - low)) / span).toFixed(2)}%`;
  }

  const whisker = (at, row) => svg("svg", { class: "whisker", "aria-hidden": "true" },
    svg("line", { class: "track", x1: "0%", x2: "100%", y1: "50%", y2: "50%" }),
    svg("line", { class: "span", x1: at(row.low), x2: at(row.high), y1: "50%", y2: "50%" }),
    svg("circle", { cx: at(row.f1), cy: "50%", r: 3.5 }));

  // The table's layout is fixed, so that rows that come later move no column: each is as wide as its heading and its longest number.
  const WIDEST = { percent: "100.0", points: "+100.0", count: "99.9M", number: "99,999" };
  const PADDING = 8, START = 7; // pixels

  function widthOf(board, column, start) {
    const texts = [[column.title, "600 13px"], [WIDEST[column.unit], "13px"]];
    if (column.key === "retention") texts.push(["100.0–100.0", "11px"]);
    if (column.small) texts.push(["20.0 GiB", "11px"]);
    if (column.key === "documents_per_s") texts.push(["NVIDIA H…", "11px"]);
    return PADDING + (start ? START : 0) + Math.max(...texts.map((text) => gonerd.widthOf(...text)));
  }

  const range = (low, high) => `${number.percent(low)}–${number.percent(high)}`;

  function choiceCell(row) {
    const box = element("input", { type: "checkbox", "aria-label": `Choose ${row.name}`, "data-choose": row.key });
    return element("td", { class: "choice" }, element("label", {}, box));
  }

  function rankCell(row) {
    const [place, best, worst, group] = row.rank;
    return element("td", { class: "rank" }, element("b", {}, place),
      best !== worst && element("small", { title: "The places that the intervals allow" }, `${best}–${worst}`),
      hidden(`, tie group ${group}`));
  }

  function nameCell(row) {
    const length = row.max_len && row.mode !== "native" ? ` at ${number.whole(row.max_len)}` : "";
    return element("th", { scope: "row", class: "model" },
      element("button", { type: "button", "aria-haspopup": "dialog", "data-open": row.key }, element("bdi", { class: "name", title: row.name }, row.name)),
      element("small", {}, element("bdi", {}, row.kind), `, ${row.mode}${length}`));
  }

  const scoreCell = (at) => (row) => element("td", { class: "f1" }, element("div", {},
    element("b", {}, number.percent(row.f1)), whisker(at, row), element("small", {}, range(row.low, row.high))));

  function numberCell(board, column, start) {
    const classes = `num${start ? " start" : ""}`;
    const small = column.small && board.column(column.small);
    return (row) => {
      const value = board.value(row, column.key);
      if (value === null) return element("td", { class: classes }, gonerd.missing());
      const cell = element("td", { class: classes }, number.of({ ...column, suffix: "" }, value));
      const below = small && board.value(row, small.key);
      if (below !== null && below !== undefined) cell.append(element("small", {}, number.of(small, below)));
      if (column.key === "documents_per_s") cell.append(element("small", { class: "hardware", title: row.hardware }, element("bdi", {}, row.hardware)));
      if (column.key === "retention" && row.retention?.[1] !== null) cell.append(element("small", {}, range(row.retention[1], row.retention[2])));
      return cell;
    };
  }

  const dateCell = (board) => (row) => element("td", { class: "date start" },
    element("time", { datetime: row.date }, row.date), element("code", { title: `Revision ${row.revision}` }, row.revision.slice(0, 7)),
    element("span", { class: `badge${row.tier === "self-reported" ? "" : " proven"}`, title: board.tiers[row.tier] }, row.tier),
    row.exposed && element("span", { class: "badge exposed", title: `Its author says: ${board.exposures[row.exposure]}` }, row.exposed));

  // Each column as table-core takes it; `meta` has what the page needs to draw it. A number that is missing is undefined, and
  // comes last whichever way the table is sorted.
  gonerd.columnsOf = (board) => {
    const basic = libraries.sortFn_basic;
    const at = axisOf(board);
    const columns = [
      { id: "choice", enableSorting: false, meta: { head: "Choose", heading: "choice", width: 28, cell: choiceCell } },
      { id: "rank", accessorFn: (row) => row.rank[0], sortFn: basic,
        meta: { head: "Rank", heading: "rank", width: 52, title: "Place by F1, and the places that the intervals allow", cell: rankCell } },
      { id: "model", accessorFn: (row) => row.name, sortFn: (a, b) => names.compare(a.original.name, b.original.name),
        meta: { head: "Model", heading: "model", width: null, cell: nameCell } },
      { id: "f1", accessorFn: (row) => row.f1, sortFn: basic,
        meta: { head: "F1", heading: "f1", width: 116, title: "F1 on all gold entities, with its interval", descending: true, cell: scoreCell(at) } },
    ];
    let before = "";
    for (const shown of [true, false]) {
      for (const column of board.columns.filter((column) => column.shown === shown)) {
        const group = shown ? column.group : "more";
        columns.push({
          id: column.key, accessorFn: (row) => board.value(row, column.key) ?? undefined, sortFn: basic, sortUndefined: "last",
          meta: { head: column.title, heading: `num${group === before ? "" : " start"}`, title: column.meaning, descending: column.descending, group, width: widthOf(board, column, group !== before), cell: numberCell(board, column, group !== before) },
        });
        before = group;
      }
    }
    columns.push(
      { id: "date", accessorFn: (row) => row.date, sortFn: basic,
        meta: { head: "Date", heading: "date start", width: 130, title: "When the run was made, UTC, at which revision of the model, and who has checked the figures", group: "entry", descending: true, cell: dateCell(board) } },
    );
    return columns;
  };

  gonerd.groupsOf = (board) => {
    const used = new Set(board.columns.map((column) => (column.shown ? column.group : "more")));
    const groups = [...Object.entries(board.groups), ["more", "More"]].filter(([key]) => used.has(key));
    return [...groups, ["entry", "Entry"]];
  };

  gonerd.isNarrow = () => narrow.matches;
  narrow.addEventListener("change", () => gonerd.address.show());

  // On a phone one group at a time, at first none; elsewhere all but the rarer ones.
  gonerd.shownGroups = (board, state) => {
    const known = gonerd.groupsOf(board).map(([key]) => key);
    const named = state.columns.split(",").filter((key) => known.includes(key));
    if (narrow.matches) return named.slice(0, 1);
    return named.length || state.columns === "none" ? named : known.filter((key) => key !== "more");
  };
})();
