"use strict";
// A document's text with its entities. Gold is underlined, what was found has a ground; a sign and the label follow each, so
// that nothing is told by colour alone.
(() => {
  const gonerd = (window.gonerd ??= {});
  const { element, hidden } = gonerd;
  const SIGNS = { exact: "", found: "", boundary: "↔ ", type: "", both: "↔ ", missed: "− ", spurious: "+ " };

  // From code points, which offsets count, to the UTF-16 units of a string.
  function unitsOf(text) {
    if (!/[\ud800-\udbff]/.test(text)) return (offset) => Math.min(offset, text.length);
    const units = [0];
    for (const letter of text) units.push(units.at(-1) + letter.length);
    return (offset) => units[Math.min(offset, units.length - 1)];
  }

  function labelOf({ kind, gold, found }) {
    const labels = gold && found && gold[2] !== found[2] ? `${gold[2]} → ${found[2]}` : (gold ?? found)[2];
    return SIGNS[kind] + labels;
  }

  function wordsOf(item, slice, read) {
    const { kind, gold, found } = item;
    const quote = ([start, end]) => `“${slice(start, end)}”`;
    if (kind === "exact") return `${gold[2]}, right`;
    if (kind === "found") return found[2];
    if (kind === "missed") return `${gold[2]}, missed${gold[1] > read ? ", beyond what the model read" : ""}`;
    if (kind === "spurious") return `${found[2]}, spurious`;
    const type = `gold ${gold[2]}, found ${found[2]}`;
    if (kind === "type") return `wrong type: ${type}`;
    return `${kind === "boundary" ? `wrong boundary: ${gold[2]}` : `wrong boundary and type: ${type}`}, gold ${quote(gold)}, found ${quote(found)}`;
  }

  // Items that share characters are drawn as one.
  function clustersOf(items) {
    const clusters = [];
    for (const item of items) {
      const last = clusters.at(-1);
      if (last && item.start < last.end) {
        last.items.push(item);
        last.end = Math.max(last.end, item.end);
      } else clusters.push({ items: [item], start: item.start, end: item.end });
    }
    return clusters;
  }

  function markOf({ items, start, end }, slice, read, own) {
    const edges = [...new Set(items.flatMap(({ gold, found }) => [gold, found].filter(Boolean).flatMap((entity) => [entity[0], entity[1]])))].sort((a, b) => a - b);
    const covers = (entity, from) => entity && entity[0] <= from && from < entity[1];
    const pieces = edges.slice(0, -1).map((from, i) => {
      const holder = items.find(({ gold, found }) => covers(gold, from) || covers(found, from));
      const classes = [holder?.kind, items.some(({ gold }) => covers(gold, from)) && "gold", items.some(({ found }) => covers(found, from)) && "got"];
      return element("span", { class: classes.filter(Boolean).join(" ") }, slice(from, edges[i + 1]));
    });
    const wrong = items.some(({ kind }) => kind !== "exact" && kind !== "found");
    const mark = element("mark", { tabindex: "-1", "data-wrong": wrong }, pieces, items.map((item) => [
      element("span", { class: `tag ${item.kind}${own?.has(item) ? " own" : ""}`, "aria-hidden": "true" }, (own?.has(item) ? "★ " : "") + labelOf(item)),
      hidden(` (${wordsOf(item, slice, read)}${own?.has(item) ? ", only here" : ""}) `),
    ]));
    mark.title = items.map((item) => wordsOf(item, slice, read)).join("; ");
    mark.dataset.start = start;
    mark.dataset.end = end;
    return mark;
  }

  // `read` is how far the model read; `own` holds the items that are to stand out.
  gonerd.passage = (text, items, { read = Infinity, own = null } = {}) => {
    const unit = unitsOf(text);
    const slice = (start, end) => text.slice(unit(start), unit(end));
    const length = /[\ud800-\udbff]/.test(text) ? Array.from(text).length : text.length;
    const home = element("div", { class: "passage", dir: "auto" });
    let parent = home, at = 0;

    function goTo(end) {
      if (parent === home && read < length && read <= end) {
        if (read > at) home.append(slice(at, read));
        at = Math.max(at, read);
        parent = element("span", { class: "unread" });
        home.append(element("span", { class: "reach" }, "the model read to here"), parent);
      }
      if (end > at) parent.append(slice(at, end));
      at = Math.max(at, end);
    }

    for (const cluster of clustersOf(items)) {
      goTo(cluster.start);
      parent.append(markOf(cluster, slice, read, own));
      at = cluster.end;
    }
    goTo(length);
    return home;
  };

  // Where there is no text: the places and labels alone.
  gonerd.offsets = (items, { read = Infinity, own = null, of = "" } = {}) => {
    const place = (entity) => (entity ? `${entity[2]} ${gonerd.number.whole(entity[0])}–${gonerd.number.whole(entity[1])}` : "");
    const hasGold = items.some(({ kind }) => kind !== "found");
    const heads = hasGold ? ["Kind", "Gold", "Found"] : ["Kind", "Found"];
    return gonerd.dataTable(`Entities by their places${of && `, ${of}`}`, heads, items.map((item) => [
      `${own?.has(item) ? "★ only here, " : ""}${SIGNS[item.kind]}${item.kind}${item.kind === "missed" && item.gold[1] > read ? ", not read" : ""}`,
      ...(hasGold ? [place(item.gold)] : []), place(item.found),
    ]));
  };
})();
