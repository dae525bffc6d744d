"use strict";
// The drawer: an entry's details, its documents, or two entries compared. The dialog keeps the focus; Escape closes it.
(() => {
  const gonerd = (window.gonerd ??= {});
  const { element, icon, number } = gonerd;
  const TABS = [["", "Details"], ["documents", "Documents"]];
  let drawn = { telling: "", content: null };

  async function copy(text, block) {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // refused, or not there on file://
      getSelection().selectAllChildren(block);
      if (!document.execCommand("copy")) return false;
    }
    return true;
  }

  function addCopyButton(block) {
    const words = element("span", {}, "Copy");
    const told = element("span", { class: "unseen", role: "status" });
    const button = element("button", { type: "button", class: "quiet copy", onclick: async () => {
      words.textContent = told.textContent = (await copy(block.textContent, block)) ? "Copied" : "Select and copy it";
    } }, icon("copy"), words);
    block.before(button, told);
  }

  async function details(board, row) {
    const entry = await gonerd.data.entry(row);
    const node = element("div", {});
    node.innerHTML = entry.details; // written and escaped by details.html.jinja when the page was built
    node.querySelectorAll("pre").forEach(addCopyButton);
    return { node, update() {} };
  }

  function wanted({ board }, state) {
    const chosen = gonerd.chosen(board, state);
    if (state.view === "compare" && chosen.length === 2) return { kind: "compare", rows: chosen };
    const row = board.byKey.get(state.open);
    return row ? { kind: state.view === "documents" ? "documents" : "details", rows: [row] } : null;
  }

  function drawHead({ kind, rows }) {
    const name = (row) => element("bdi", {}, row.name);
    const title = document.getElementById("drawer-title");
    const tabs = document.getElementById("drawer-tabs");
    tabs.hidden = kind === "compare";
    if (kind === "compare") return title.replaceChildren(name(rows[0]), element("span", { class: "against" }, " against "), name(rows[1]));
    const [row] = rows;
    title.replaceChildren(name(row));
    tabs.replaceChildren(
      ...TABS.map(([view, text]) => element("button", { type: "button", "data-view": view, "aria-current": (view || "details") === kind && "true" }, text)),
      element("p", { class: "small" }, `Rank ${row.rank[0]}, F1 ${number.percent(row.f1)} (${number.percent(row.low)}–${number.percent(row.high)}), ${row.tier}`));
  }

  async function drawInside(board, { kind, rows }, telling) {
    const inside = document.getElementById("drawer-inside");
    inside.className = `inside ${kind}`;
    inside.replaceChildren(element("p", { class: "small" }, "Loading…"));
    const make = { details, documents: gonerd.entryDocuments, compare: gonerd.comparison }[kind];
    try {
      const content = await make(board, ...rows);
      if (drawn.telling !== telling) return;
      drawn.content = content;
      inside.replaceChildren(content.node);
      content.update(gonerd.address.get());
    } catch (problem) {
      if (drawn.telling === telling) inside.replaceChildren(element("p", { class: "notice" }, `${problem.message}.`));
    }
  }

  function show(view, state) {
    const drawer = document.getElementById("drawer");
    const what = wanted(view, state);
    if (!what) {
      drawn = { telling: "", content: null };
      if (drawer.open) drawer.close();
      return;
    }
    const telling = [view.board.id, what.kind, ...what.rows.map((row) => row.key)].join(" ");
    if (drawn.telling === telling) {
      drawn.content?.update(state);
      return;
    }
    drawn = { telling, content: null };
    drawer.classList.toggle("wide", what.kind !== "details");
    drawHead(what);
    if (!drawer.open) {
      drawer.showModal();
      document.getElementById("drawer-title").focus();
    }
    drawInside(view.board, what, telling);
  }

  function listen() {
    const drawer = document.getElementById("drawer");
    const leave = () => drawn.telling && gonerd.address.set({ open: "", view: "", doc: "", errors: "" });
    drawer.addEventListener("close", leave);
    drawer.addEventListener("click", (event) => { if (event.target === drawer) drawer.close(); }); // beside it
    document.getElementById("drawer-close").addEventListener("click", () => drawer.close());
    document.getElementById("drawer-tabs").addEventListener("click", (event) => {
      const tab = event.target.closest("button");
      if (!tab) return;
      gonerd.address.set({ view: tab.dataset.view, doc: "", errors: "" });
      document.querySelector("#drawer-tabs [aria-current]").focus();
    });
  }

  gonerd.drawer = { show, listen };
})();
