"use strict";
// Sorting, filtering and opening rows; all of it is kept in the address after the #, so that a link shows the same view.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function remembered(theme) {
    try { // storage may be refused on file:// or in a private window
      if (theme) localStorage.setItem("theme", theme);
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  }

  function showTheme(theme) {
    if (theme === "dark" || theme === "light") root.dataset.theme = theme;
    const isDark = (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
    document.getElementById("theme")?.setAttribute("aria-pressed", String(isDark));
    return isDark;
  }

  showTheme(remembered());

  const read = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

  function write(changes) {
    const state = { ...read(), ...changes };
    const query = new URLSearchParams();
    for (const key of ["board", "sort", "order", "q", "columns", "open"]) {
      if (state[key]) query.set(key, state[key]);
    }
    history.replaceState(null, "", "#" + query);
    show();
  }

  function compare(column, sign) {
    return (a, b) => {
      const x = a.cells[column].dataset.value, y = b.cells[column].dataset.value;
      if (x === "" || y === "") return (x === "") - (y === ""); // what is missing comes last either way
      const difference = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
      return sign * difference || a.cells[0].dataset.value - b.cells[0].dataset.value;
    };
  }

  function sort(board, key, order) {
    const heads = [...board.querySelectorAll(".heads th")];
    const column = Math.max(0, heads.findIndex((head) => head.dataset.key === key));
    const direction = ["ascending", "descending"].includes(order) ? order : heads[column].dataset.first || "ascending";
    heads.forEach((head, i) => (i === column ? head.setAttribute("aria-sort", direction) : head.removeAttribute("aria-sort")));
    board.dataset.sorted = column === 0 && direction === "ascending" ? "rank" : "other";
    const wanted = `${column} ${direction}`;
    if (board.sortedBy === wanted) return;
    board.sortedBy = wanted;
    const rows = [...board.querySelectorAll("tr.entry")].sort(compare(column, direction === "ascending" ? 1 : -1));
    const body = document.createDocumentFragment();
    const last = board.querySelector("tr.nothing");
    for (const row of rows) {
      const details = row.nextElementSibling;
      body.append(row, details);
    }
    last.before(body);
  }

  function filter(board, text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = [...board.querySelectorAll("tr.entry")];
    let shown = 0;
    for (const row of rows) {
      const matches = words.every((word) => row.dataset.text.includes(word));
      row.hidden = row.nextElementSibling.hidden = !matches;
      shown += matches;
    }
    board.querySelector("tr.nothing").hidden = shown > 0;
    const all = `${rows.length} ${rows.length === 1 ? "entry" : "entries"}`;
    board.querySelector(".count").textContent = words.length ? `${shown} of ${all}` : all;
  }

  function open(board, id) {
    for (const row of board.querySelectorAll("tr.entry")) {
      const isOpen = row.dataset.id === id;
      row.classList.toggle("open", isOpen);
      row.nextElementSibling.classList.toggle("open", isOpen);
      row.querySelector("button").setAttribute("aria-expanded", String(isOpen));
    }
  }

  function show() {
    const state = read();
    const boards = [...document.querySelectorAll(".board")];
    const current = boards.find((board) => board.dataset.board === state.board) || boards[0];
    for (const board of boards) board.hidden = board !== current;
    for (const link of document.querySelectorAll(".boards a")) {
      if (link.dataset.board === current.dataset.board) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    const input = current.querySelector("input"), select = current.querySelector("select");
    if (input.value !== (state.q || "")) input.value = state.q || "";
    const group = [...select.options].some((option) => option.value === state.columns) ? state.columns : "none";
    select.value = current.dataset.columns = group;
    sort(current, state.sort || "rank", state.order);
    filter(current, state.q || "");
    open(current, state.open);
  }

  function listen() {
    document.getElementById("theme").addEventListener("click", () => {
      showTheme(remembered(showTheme() ? "light" : "dark") || (showTheme() ? "light" : "dark"));
    });
    dark.addEventListener("change", () => showTheme());
    addEventListener("hashchange", show);
    for (const board of document.querySelectorAll(".board")) {
      const id = board.dataset.board;
      board.querySelector("input").addEventListener("input", (event) => write({ board: id, q: event.target.value }));
      board.querySelector("select").addEventListener("change", (event) => write({ board: id, columns: event.target.value }));
      board.querySelector(".heads").addEventListener("click", (event) => {
        const head = event.target.closest("button")?.parentElement;
        if (!head) return;
        const first = head.dataset.first || "ascending";
        const other = first === "ascending" ? "descending" : "ascending";
        write({ board: id, sort: head.dataset.key, order: head.getAttribute("aria-sort") === first ? other : first });
      });
      board.querySelector("tbody").addEventListener("click", (event) => {
        const button = event.target.closest("tr.entry > th > button");
        if (!button) return;
        const isOpen = button.getAttribute("aria-expanded") === "true";
        write({ board: id, open: isOpen ? "" : button.closest("tr").dataset.id });
      });
    }
    showTheme();
    show();
  }

  addEventListener("DOMContentLoaded", listen);
})();
