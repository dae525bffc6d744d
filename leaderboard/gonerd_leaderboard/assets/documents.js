"use strict";
// The documents of a board with what one model, or two, found in them: a list, and the document that is looked at.
(() => {
  const gonerd = (window.gonerd ??= {});
  const { element, icon, number } = gonerd;
  const STEP = 300;
  const WORDS = { exact: "exact", boundary: "wrong boundary", type: "wrong type", both: "both wrong", missed: "missed", spurious: "spurious" };

  const isLink = (url) => /^https?:\/\//.test(url ?? "");

  // The gold by document, or null where there is none; offsets of a document count its code points.
  gonerd.goldByDocument = (gold) => gold && new Map(gold.documents.map(([id, sha256, length, entities, source, url]) => [id, { sha256, length, entities, source, url }]));

  function whyNoText(board) {
    return element("p", { class: "notice" }, board.dataset.synthetic
      ? "The texts of this split were not built into the page: "
      : "Texts of others may not be passed on without their leave, so neither this page nor a submission has them: ",
      "places, labels and hashes are shown. ", element("code", {}, "gonerd leaderboard serve PAGE --dataset DATASET"), " fills the texts in on your own machine.");
  }

  gonerd.kindLegend = (counts) => element("ul", { class: "legend kinds" }, gonerd.KINDS.map((kind) => element("li", {},
    element("span", { class: `sample ${kind}${kind === "spurious" ? "" : " gold"}${kind === "missed" ? "" : " got"}`, "aria-hidden": "true" }, "Aa"), `${WORDS[kind]} ${number.whole(counts[kind])}`)));

  // One document drawn by `draw(text)`, where text may be null.
  gonerd.documentBody = async (board, sha256, draw) => {
    const text = await gonerd.data.text(board, sha256);
    return element("div", {}, text === null && whyNoText(board), draw(text), element("p", { class: "small hash" }, "SHA-256 of the text ", element("code", {}, sha256)));
  };

  // A list beside a document. `documents` are {id, source, url, note, shows}; `filter` is {key value, words, usual}.
  gonerd.documentBrowser = ({ documents, filter, body }) => {
    const list = element("ul", {});
    const box = element("input", { type: "checkbox" });
    const count = element("p", { class: "small", role: "status" });
    const reader = element("article", { tabindex: "-1" });
    const side = element("div", { class: "list" }, element("label", { class: "only" }, box, filter.words), count, list);
    const home = element("div", { class: "browser" }, side, reader);
    let shown = { telling: "", id: null };
    let most = STEP;

    const filtered = (state) => (state.errors === filter.on ? documents.filter((document) => document.shows) : documents);

    function drawList(kept, current) {
      const telling = `${kept.length} ${most}`;
      if (shown.telling !== telling) {
        shown.telling = telling;
        list.replaceChildren(...kept.slice(0, most).map((document) => element("li", {}, element("button", { type: "button", "data-doc": document.id },
          element("bdi", { class: "id" }, document.id), element("small", {}, document.source && [element("bdi", {}, document.source), ", "], document.note)))));
        if (kept.length > most) list.append(element("li", {}, element("button", { type: "button", class: "link", "data-more": "" }, `Show ${Math.min(STEP, kept.length - most)} more`)));
      }
      for (const button of list.querySelectorAll("[data-doc]")) {
        if (button.dataset.doc === current?.id) button.setAttribute("aria-current", "true");
        else button.removeAttribute("aria-current");
      }
      count.textContent = `${number.whole(kept.length)} of ${number.plural(documents.length, "document", "documents")}`;
    }

    const step = (kept, place, by, words) => {
      const other = kept[place + by];
      return element("button", { type: "button", class: "quiet", "data-doc": other?.id, disabled: !other }, words);
    };

    function drawHead(kept, document) {
      const place = kept.indexOf(document);
      return element("header", {},
        element("button", { type: "button", class: "quiet back", "data-doc": "" }, icon("back"), "All documents"),
        element("h3", {}, element("bdi", {}, document.id)),
        element("p", { class: "small" }, document.source && [element("bdi", {}, document.source), ". "], document.note, ". ",
          isLink(document.url) && element("a", { href: document.url, rel: "noreferrer nofollow noopener" }, "Source")),
        element("div", { class: "steps" }, step(kept, place, -1, "Previous"), step(kept, place, 1, "Next"),
          element("button", { type: "button", class: "quiet", "data-next-error": "" }, "Next error")));
    }

    async function update(state) {
      box.checked = state.errors === filter.on;
      const kept = filtered(state);
      const asked = documents.find((document) => document.id === state.doc);
      const document = asked ?? (gonerd.isNarrow() ? null : kept[0]);
      drawList(kept, document);
      home.classList.toggle("reading-one", Boolean(document));
      const id = document ? `${document.id} ${state.errors}` : null;
      if (shown.id === id) return;
      shown.id = id;
      if (!document) return reader.replaceChildren();
      reader.replaceChildren(drawHead(kept, document), element("p", { class: "small" }, "Loading…"));
      let content;
      try {
        content = await body(document);
      } catch (problem) {
        content = element("p", { class: "notice" }, `${problem.message}.`);
      }
      if (shown.id !== id) return;
      reader.lastElementChild.replaceWith(content);
      reader.querySelector("[data-next-error]").hidden = !reader.querySelector("mark[data-wrong]");
      reader.scrollTop = 0;
    }

    function goToNextError() {
      const marks = [...reader.querySelectorAll("mark[data-wrong]")];
      const next = marks[(marks.findIndex((mark) => mark.classList.contains("here")) + 1) % marks.length];
      for (const mark of marks) mark.classList.toggle("here", mark === next);
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "center" });
    }

    home.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if ("doc" in button.dataset) {
        gonerd.address.set({ doc: button.dataset.doc });
        if (!list.contains(button) || gonerd.isNarrow()) (button.dataset.doc ? reader : box).focus();
      } else if ("more" in button.dataset) {
        most += STEP;
        update(gonerd.address.get());
      } else if ("nextError" in button.dataset) goToNextError();
    });
    box.addEventListener("change", () => gonerd.address.set({ errors: box.checked ? filter.on : filter.off, doc: "" }));
    return { node: home, update };
  };

  // What one model found, document by document.
  gonerd.entryDocuments = async (board, row) => {
    const [entry, gold] = await Promise.all([gonerd.data.entry(row), gonerd.data.gold(board)]);
    const golds = gonerd.goldByDocument(gold);
    const documents = entry.documents.map(([id, sha256, read, found, error], place) => {
      const about = golds?.get(id);
      const items = gonerd.matched(about ? about.entities : null, found);
      const counts = gonerd.tally(items);
      const wrong = about ? counts.boundary + counts.type + counts.both + counts.missed + counts.spurious : entry.counts ? entry.counts[place][1] + entry.counts[place][2] : 0;
      const said = about ? `${number.whole(about.entities.length)} gold, ${number.plural(wrong, "error", "errors")}` : `${number.whole(found.length)} found`;
      return { id, sha256, read, items, counts, error, source: about?.source, url: about?.url, hasGold: Boolean(about), note: error ? `${said}, failed` : said, shows: wrong > 0 || Boolean(error) };
    });
    return gonerd.documentBrowser({
      documents, filter: { on: "1", off: "", words: golds || entry.counts ? "Only documents with errors" : "Only documents that failed" },
      body: (document) => gonerd.documentBody(board, document.sha256, (text) => {
        const options = { read: document.read };
        return element("div", {},
          document.error && element("p", { class: "notice" }, "The model failed on this document: ", element("bdi", {}, document.error)),
          document.hasGold ? gonerd.kindLegend(document.counts) : element("p", { class: "small" }, "The gold is not at hand: only what the model found is shown."),
          text === null ? gonerd.offsets(document.items, options) : gonerd.passage(text, document.items, options));
      }),
    });
  };
})();
