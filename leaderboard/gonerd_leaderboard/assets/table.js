"use strict";
// The table: table-core sorts, filters and says which columns are shown; this draws what it says. Rows are drawn a hundred at a
// time and kept, so that another order only moves them.
(() => {
  const gonerd = (window.gonerd ??= {});
  const { element, hidden, number } = gonerd;
  const STEP = 100;
  const AT_ONCE = 20; // rows: more than a screen holds; the rest follows by as many while nothing else is to do
  const MODEL = 132, MOST_FREE = 180, NARROW = { choice: 26, rank: 36, model: 92, f1: 44 }; // pixels
  const models = new Map();
  let turn = 0;
  let drawn = { signature: "", rows: new Map() };

  const equals = (row, id, wanted) => row.getValue(id) === wanted;
  const holds = (row, id, words) => words.every((word) => row.original.text.includes(word));
  const FILTERS = [
    ["text", (row) => row.text, holds],
    ["tier", (row) => row.tier, equals],
    ["exposure", (row) => row.exposure || "unstated", equals],
    ["hardware", (row) => row.hardware, equals],
    ["policy", (row) => row.mode, equals],
  ];

  function modelOf(board) {
    if (!models.has(board.id)) {
      const { columnFilteringFeature, columnVisibilityFeature, rowSortingFeature } = libraries;
      const features = libraries.tableFeatures({
        coreReactivityFeature: libraries.storeReactivityBindings(),
        columnFilteringFeature, columnVisibilityFeature, rowSortingFeature,
        filteredRowModel: libraries.createFilteredRowModel(),
        sortedRowModel: libraries.createSortedRowModel(),
      });
      const columns = gonerd.columnsOf(board);
      const filters = FILTERS.map(([name, accessorFn, filterFn]) => ({ id: `by-${name}`, accessorFn, filterFn }));
      models.set(board.id, {
        known: new Map(columns.map((column) => [column.id, column])),
        table: libraries.constructTable({ features, columns: [...columns, ...filters], data: board.rows, getRowId: (row) => row.key }),
      });
    }
    return models.get(board.id);
  }

  function sortingOf(known, state) {
    const column = known.get(state.sort)?.meta.heading !== "choice" && known.get(state.sort);
    const { id, meta } = column || known.get("rank");
    const first = meta.descending ? "descending" : "ascending";
    return { id, first, order: column && ["ascending", "descending"].includes(state.order) ? state.order : first };
  }

  // The rows that match, in their order; also what the figures and the download show.
  function view(board, state) {
    const { known, table } = modelOf(board);
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const sorting = sortingOf(known, state);
    const groups = gonerd.shownGroups(board, state);
    table.setColumnFilters([
      ...(words.length ? [{ id: "by-text", value: words }] : []),
      ...gonerd.choices(board).filter(({ key, options }) => options.includes(state[key])).map(({ key }) => ({ id: `by-${key}`, value: state[key] })),
    ]);
    table.setSorting([{ id: sorting.id, desc: sorting.order === "descending" }]);
    table.setColumnVisibility(Object.fromEntries([...known].map(([id, { meta }]) => [id, !meta.group || groups.includes(meta.group)])));
    return { board, sorting, groups, columns: table.getVisibleLeafColumns().filter(({ id }) => known.has(id)), rows: table.getRowModel().rows.map((row) => row.original) };
  }

  // Widths are properties, not attributes: the page's policy allows no inline styles in HTML.
  function setWidths(table, { columns, groups }) {
    const isNarrow = gonerd.isNarrow();
    const widths = columns.map(({ id, columnDef: { meta } }) => {
      if (isNarrow && id in NARROW && (id !== "f1" || groups.length)) return NARROW[id];
      return meta.width ?? MODEL;
    });
    const sum = Math.ceil(widths.reduce((all, width) => all + width, 0));
    const free = Math.max(0, table.parentElement.clientWidth - sum);
    const group = element("colgroup", {}, columns.map(({ id }, place) => {
      const column = element("col");
      // What is left over goes to the model, and half of it to the intervals: these are read off their length.
      if (id !== "model") column.style.width = `${widths[place] + (id === "f1" && !isNarrow ? Math.min(MOST_FREE, free / 2) : 0)}px`;
      return column;
    }));
    table.querySelector("colgroup")?.remove();
    table.caption.after(group);
    table.style.minWidth = `${sum}px`;
  }

  function headRows({ board, columns }) {
    const spans = [];
    for (const { id, columnDef: { meta } } of columns) {
      const group = meta.group ?? (id === "choice" ? id : "");
      if (spans.at(-1)?.group === group) spans.at(-1).size += 1;
      else spans.push({ group, size: 1 });
    }
    const titles = new Map(gonerd.groupsOf(board));
    return [
      element("tr", { class: "groups" }, spans.map(({ group, size }) => (titles.has(group)
        ? element("th", { scope: "colgroup", colspan: size, class: "start", title: titles.get(group) }, titles.get(group))
        : element("td", { colspan: size, class: group })))),
      element("tr", { class: "heads" }, columns.map(({ id, columnDef: { meta } }) => element("th", { scope: "col", class: meta.heading, "data-key": id },
        id === "choice" ? hidden(meta.head) : element("button", { type: "button", title: meta.title }, meta.head)))),
    ];
  }

  function rowOf({ columns }, row) {
    if (!drawn.rows.has(row)) drawn.rows.set(row, element("tr", { class: "entry" }, columns.map(({ columnDef }) => columnDef.meta.cell(row))));
    return drawn.rows.get(row);
  }

  function draw(shown, state) {
    const { board, columns, sorting, rows } = shown;
    const table = document.getElementById("ranking");
    const signature = [board.id, ...columns.map(({ id }) => id)].join(" ");
    if (drawn.signature !== signature) {
      drawn = { signature, rows: new Map() };
      table.tHead.replaceChildren(...headRows(shown));
      table.dataset.groups = shown.groups.length;
      setWidths(table, shown);
    }
    for (const head of table.tHead.rows[1].cells) {
      if (head.dataset.key === sorting.id) head.setAttribute("aria-sort", sorting.order);
      else head.removeAttribute("aria-sort");
    }
    const most = state.rows === "all" ? rows.length : Math.max(STEP, Math.floor(Number(state.rows)) || STEP);
    const chosen = new Set(gonerd.chosen(board, state));
    const ranked = sorting.id === "rank" && sorting.order === "ascending";
    let before = null;
    const lineOf = (row) => {
      const line = rowOf(shown, row);
      line.classList.toggle("first", ranked && before !== null && before.rank[3] !== row.rank[3]);
      line.classList.toggle("ticked", chosen.has(row));
      line.querySelector("input").checked = chosen.has(row);
      before = row;
      return line;
    };
    // What stands there already stays: a row that moves loses the focus. Of others a screenful comes at once.
    const body = table.tBodies[0];
    const total = Math.min(most, rows.length);
    const standing = [...body.rows].every((line, i) => drawn.rows.get(rows[i]) === line) ? body.rows.length : 0;
    const first = rows.slice(0, Math.min(total, Math.max(standing, AT_ONCE))).map(lineOf);
    if (!rows.length) first.push(element("tr", { class: "nothing" }, element("td", { colspan: columns.length }, "No entry matches the filters.")));
    if (standing) body.append(...first.slice(standing));
    else body.replaceChildren(...first);
    follow(first.length, total, (from, to) => body.append(...rows.slice(from, to).map(lineOf)));
    drawMore(rows.length, Math.min(most, rows.length));
  }

  // The rows from `from` to `to`, a few at a time, unless another view is drawn meanwhile.
  function follow(from, to, add) {
    const mine = (turn += 1);
    const step = Math.max(AT_ONCE, Math.ceil((to - from) / 8));
    const next = () => {
      if (mine !== turn || from >= to) return;
      add(from, Math.min(from + step, to));
      from += step;
      idly(next);
    };
    idly(next);
  }

  // Safari has no requestIdleCallback.
  const idly = (work) => (window.requestIdleCallback ? requestIdleCallback(work, { timeout: 200 }) : setTimeout(work, 50));

  function drawMore(all, shown) {
    const more = document.getElementById("more");
    more.hidden = shown === all;
    if (more.hidden) return;
    const next = Math.min(STEP, all - shown);
    more.querySelector("span").textContent = `${number.whole(shown)} of ${number.whole(all)} entries are shown.`;
    more.querySelector("[data-rows=next]").textContent = `Show ${next} more`;
    more.querySelector("[data-rows=next]").value = shown + next;
    more.querySelector("[data-rows=all]").textContent = `Show all ${number.whole(all)}`;
  }

  function choose(key, isChosen) {
    const { board } = gonerd.shown;
    const others = gonerd.chosen(board, gonerd.address.get()).map((row) => row.key).filter((other) => other !== key);
    gonerd.address.set({ chosen: [...others, ...(isChosen ? [key] : [])].join(",") });
  }

  function listen() {
    const table = document.getElementById("ranking");
    table.tHead.addEventListener("click", (event) => {
      const head = event.target.closest("button")?.parentElement;
      if (!head) return;
      const { first } = sortingOf(modelOf(gonerd.shown.board).known, { sort: head.dataset.key, order: "" });
      const other = first === "ascending" ? "descending" : "ascending";
      gonerd.address.set({ sort: head.dataset.key, order: head.getAttribute("aria-sort") === first ? other : first });
    });
    table.tBodies[0].addEventListener("click", (event) => {
      const button = event.target.closest("[data-open]");
      if (button) gonerd.address.set({ open: button.dataset.open, view: "", doc: "", errors: "" }, true);
    });
    table.tBodies[0].addEventListener("change", (event) => {
      if (event.target.dataset.choose) choose(event.target.dataset.choose, event.target.checked);
    });
    document.getElementById("more").addEventListener("click", (event) => {
      if (!event.target.value) return;
      gonerd.address.set({ rows: event.target.value });
      if (document.getElementById("more").hidden) focus();
    });
  }

  // Where a control that goes away leaves the focus.
  const focus = () => document.querySelector(".board > .scroll").focus({ preventScroll: true });

  gonerd.table = { view, draw, focus, listen };
})();
