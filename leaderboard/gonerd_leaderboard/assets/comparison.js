"use strict";
// Two models side by side: their scores, and the documents in which they differ.
(() => {
  const gonerd = (window.gonerd ??= {});
  const { element, number } = gonerd;

  function differenceOf(column, one, other) {
    if (one === null || other === null) return "";
    if (column.unit === "percent" || column.unit === "points") return number.signed(one - other);
    return other > 0 ? `× ${number.rounded(one / other)}` : "";
  }

  function scores(board, first, second) {
    const columns = [{ key: "f1", title: "F1", unit: "percent" }, ...board.columns];
    const rows = columns.map((column) => {
      const [one, other] = [first, second].map((row) => board.value(row, column.key));
      return one === null && other === null ? null : [column.title, number.of(column, one), number.of(column, other), differenceOf(column, one, other)];
    });
    const name = (row) => element("bdi", {}, row.name);
    return gonerd.dataTable("Scores of both", ["Score", name(first), name(second), "Difference"], rows.filter(Boolean));
  }

  function testWords(board, first, second) {
    const pair = gonerd.pairOf(board, first, second);
    if (pair) return `${number.signed(pair.difference)} points of F1, p ${number.p(pair.p)}: ${board.significance.test}.`;
    return board.significance
      ? `This pair was not tested: pairs of the first ${board.significance.rows.length} entries are.`
      : "No paired test: it needs the gold, gonerd leaderboard build SUBMISSIONS --out PAGE --dataset DATASET.";
  }

  const keyOf = ([start, end, label]) => `${start} ${end} ${label}`;

  // The items of one model that the other lacks: right where there is gold, else merely found.
  function ownItems(items, others) {
    const had = new Set(others.filter(({ kind }) => kind === "exact" || kind === "found").map(({ found }) => keyOf(found)));
    return new Set(items.filter(({ kind, found }) => (kind === "exact" || kind === "found") && !had.has(keyOf(found))));
  }

  const isSame = (one, other) => one.length === other.length && one.every((entity, i) => keyOf(entity) === keyOf(other[i]));

  gonerd.comparison = async (board, first, second) => {
    const [one, other, gold] = await Promise.all([gonerd.data.entry(first), gonerd.data.entry(second), gonerd.data.gold(board)]);
    const golds = gonerd.goldByDocument(gold);
    const byId = new Map(other.documents.map((document) => [document[0], document]));
    const documents = one.documents.filter(([id]) => byId.has(id)).map((document) => {
      const [id, sha256] = document;
      const about = golds?.get(id);
      const both = [document, byId.get(id)];
      const items = both.map(([, , , found]) => gonerd.matched(about ? about.entities : null, found));
      const own = [ownItems(items[0], items[1]), ownItems(items[1], items[0])];
      const shows = !isSame(both[0][3], both[1][3]);
      const verb = about ? "right" : "found";
      const note = shows ? `${own[0].size} ${verb} only in the first, ${own[1].size} only in the second` : "the same";
      return { id, sha256, items, own, reads: both.map(([, , read]) => read), hasGold: Boolean(about), source: about?.source, url: about?.url, note, shows };
    });
    const browser = gonerd.documentBrowser({
      documents, filter: { on: "", off: "all", words: "Only documents in which they differ" },
      body: (document) => gonerd.documentBody(board, document.sha256, (text) => element("div", { class: "beside" }, [first, second].map((row, side) => {
        const options = { read: document.reads[side], own: document.own[side], of: row.name };
        return element("section", { "aria-label": row.name },
          element("h4", {}, element("bdi", {}, row.name)),
          document.hasGold && gonerd.kindLegend(gonerd.tally(document.items[side])),
          text === null ? gonerd.offsets(document.items[side], options) : gonerd.passage(text, document.items[side], options));
      }))),
    });
    const node = element("div", { class: "comparison" },
      element("div", { class: "versus" }, scores(board, first, second), element("p", { class: "small" }, testWords(board, first, second)),
        element("p", { class: "small" }, `★ marks what only one of them ${golds ? "got right" : "found"}.`)),
      browser.node);
    return { node, update: browser.update };
  };
})();
