"use strict";
// The controls above the table. They act on all entries, and on the figures, too.
(() => {
  const gonerd = (window.gonerd ??= {});
  const { element, number } = gonerd;
  const MOST_CHOSEN = 8;
  const KINDS = [
    ["tier", "Verified", (row) => row.tier],
    ["exposure", "Exposure", (row) => row.exposure || "unstated"],
    ["hardware", "Hardware", (row) => row.hardware],
    ["policy", "Policy", (row) => row.mode],
  ];
  const WORDS = { none: "not seen", texts: "texts seen", labels: "labels seen", unknown: "unknown", unstated: "not stated" };
  const found = new Map();
  let drawn = null;

  // What there is to choose from; a filter with one option is none.
  gonerd.choices = (board) => {
    if (!found.has(board.id)) {
      found.set(board.id, KINDS.map(([key, title, value]) => ({ key, title, options: [...new Set(board.rows.map(value))].sort() }))
        .filter(({ options }) => options.length > 1));
    }
    return found.get(board.id);
  };

  // The entries that are ticked, in the order of ticking.
  gonerd.chosen = (board, state) => [...new Set(state.chosen.split(","))].map((key) => board.byKey.get(key)).filter(Boolean).slice(0, MOST_CHOSEN);

  const select = (key, title, options) => element("label", { class: "pick" }, element("span", {}, title),
    element("select", { "data-key": key }, options.map(([value, text]) => element("option", { value }, text))));

  function columnChooser(board) {
    const groups = gonerd.groupsOf(board);
    return [
      element("label", { class: "pick narrow" }, element("span", {}, "Columns"),
        element("select", { "data-key": "columns" }, [["none", "F1 only"], ...groups].map(([value, text]) => element("option", { value }, text)))),
      element("details", { class: "pick wide" }, element("summary", {}, "Columns"),
        element("fieldset", {}, element("legend", { class: "unseen" }, "Columns"),
          groups.map(([key, title]) => element("label", {}, element("input", { type: "checkbox", value: key }), title)))),
    ];
  }

  function build(board) {
    const picks = gonerd.choices(board).map(({ key, title, options }) => select(key, title,
      [["", "all"], ...options.map((option) => [option, key === "exposure" ? WORDS[option] : option])]));
    document.getElementById("picks").replaceChildren(...picks, ...columnChooser(board));
  }

  function draw({ board, rows, groups }, state) {
    if (drawn !== board) build(drawn = board);
    const text = document.getElementById("filter");
    if (text.value !== state.q) text.value = state.q;
    const picks = document.getElementById("picks");
    for (const { key, options } of gonerd.choices(board)) picks.querySelector(`[data-key=${key}]`).value = options.includes(state[key]) ? state[key] : "";
    picks.querySelector("[data-key=columns]").value = groups.length === 1 ? groups[0] : "none";
    for (const box of picks.querySelectorAll("fieldset input")) box.checked = groups.includes(box.value);
    const all = number.plural(board.rows.length, "entry", "entries");
    document.getElementById("count").textContent = rows.length < board.rows.length ? `${number.whole(rows.length)} of ${all}` : all;
    document.getElementById("clear").hidden = !state.q && gonerd.choices(board).every(({ key, options }) => !options.includes(state[key]));
    drawChosen(gonerd.chosen(board, state));
  }

  function drawChosen(chosen) {
    const bar = document.getElementById("chosen");
    bar.hidden = chosen.length === 0;
    const [first, second] = chosen;
    bar.querySelector("output").replaceChildren(...chosen.flatMap((row, i) => [i ? ", " : "", element("bdi", {}, row.name)]));
    const button = document.getElementById("compare");
    button.disabled = chosen.length !== 2;
    button.title = button.disabled ? "Tick two entries to compare them" : "";
    button.setAttribute("aria-label", second && !button.disabled ? `Compare ${first.name} with ${second.name}` : "Compare: tick two entries");
  }

  function listen() {
    const { set } = gonerd.address;
    document.getElementById("filter").addEventListener("input", (event) => set({ q: event.target.value, rows: "" }));
    document.getElementById("clear").addEventListener("click", () => {
      set({ q: "", tier: "", exposure: "", hardware: "", policy: "", rows: "" });
      document.getElementById("filter").focus();
    });
    document.getElementById("uncheck").addEventListener("click", () => {
      set({ chosen: "" });
      gonerd.table.focus();
    });
    document.getElementById("compare").addEventListener("click", () => set({ open: "", view: "compare", doc: "", errors: "" }, true));
    document.getElementById("picks").addEventListener("change", (event) => {
      const { key } = event.target.dataset;
      if (key === "columns") set({ columns: event.target.value });
      else if (key) set({ [key]: event.target.value, rows: "" });
      else {
        const boxes = [...event.currentTarget.querySelectorAll("fieldset input")];
        set({ columns: boxes.filter((box) => box.checked).map((box) => box.value).join(",") || "none" });
      }
    });
    document.addEventListener("click", (event) => { // a click elsewhere closes the list of columns
      for (const open of document.querySelectorAll("details.pick[open]")) if (!open.contains(event.target)) open.open = false;
    });
    document.getElementById("picks").addEventListener("keydown", (event) => {
      const open = event.target.closest("details.pick[open]");
      if (event.key !== "Escape" || !open) return;
      open.open = false;
      open.querySelector("summary").focus();
    });
  }

  gonerd.filters = { draw, listen };
})();
