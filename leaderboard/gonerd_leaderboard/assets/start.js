"use strict";
// Puts the parts together: what the address says is shown.
(() => {
  const gonerd = (window.gonerd ??= {});
  const { element } = gonerd;
  const OF_TABLE = ["board", "sort", "order", "q", "tier", "exposure", "hardware", "policy", "columns", "rows", "chosen"];
  let told = "";

  const current = (state) => gonerd.boards.find((board) => board.id === state.board) ?? gonerd.boards[0];

  function drawBoards(board) {
    const nav = document.getElementById("boards");
    nav.hidden = gonerd.boards.length < 2;
    nav.querySelector("ul").replaceChildren(...gonerd.boards.map(({ id, dataset }) => element("li", {},
      element("a", { href: `#${new URLSearchParams({ board: id })}`, "aria-current": id === board.id && "true" },
        element("bdi", {}, dataset.id), " ",
        element("small", {}, element("bdi", {}, dataset.split), dataset.synthetic && ", synthetic")))));
  }

  function drawAbout({ dataset, notice, level }) {
    const { whole } = gonerd.number;
    document.getElementById("board-title").replaceChildren(element("bdi", {}, dataset.id));
    document.getElementById("chips").replaceChildren(
      element("li", {}, element("bdi", {}, dataset.split), " split"),
      element("li", {}, `${whole(dataset.n_docs)} documents`),
      element("li", {}, `${whole(dataset.gold_total)} gold entities`),
      element("li", {}, "revision ", element("code", { title: dataset.revision }, dataset.revision.slice(0, 12))));
    const note = document.getElementById("notice");
    note.hidden = !notice;
    note.replaceChildren(element("bdi", {}, notice));
    document.getElementById("caption").replaceChildren(element("span", {}, "Models on ", element("bdi", {}, dataset.id), ", ", element("bdi", {}, dataset.split),
      ` split. Scores in per cent; F1 with its ${Number((100 * level).toFixed(3))}% interval. A name opens its entry.`));
  }

  function show(state) {
    const board = current(state);
    if (!board) return;
    const telling = JSON.stringify([...OF_TABLE.map((key) => state[key]), gonerd.isNarrow()]);
    if (telling !== told) {
      if (gonerd.shown?.board !== board) {
        drawBoards(board);
        drawAbout(board);
      }
      told = telling;
      gonerd.shown = gonerd.table.view(board, state);
      gonerd.filters.draw(gonerd.shown, state);
      gonerd.table.draw(gonerd.shown, state);
    }
    gonerd.figures.show(gonerd.shown, state);
    gonerd.drawer.show(gonerd.shown, state);
  }

  gonerd.table.listen();
  gonerd.filters.listen();
  gonerd.figures.listen();
  gonerd.drawer.listen();
  document.getElementById("as-csv").addEventListener("click", () => gonerd.download(`${gonerd.shown.board.id}.csv`, gonerd.csvOf(gonerd.shown), "text/csv"));
  document.querySelector(".skip").addEventListener("click", (event) => { // the address is taken by the view
    event.preventDefault();
    document.querySelector(".board > .scroll").focus();
  });
  gonerd.address.listen(show);
  gonerd.address.show();
})();
