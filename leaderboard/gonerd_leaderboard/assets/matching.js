"use strict";
// Which predictions are right, and what is wrong with the others: the same pairs as gonerd.scoring.matching makes.
(() => {
  const gonerd = (window.gonerd ??= {});
  const START = 0, END = 1, LABEL = 2;
  const TYPE = 0, BOUNDARY = 1, BOTH = 2;
  const WORDS = ["type", "boundary", "both"];

  const keyOf = (entity) => `${entity[START]} ${entity[END]} ${entity[LABEL]}`;

  // Takes the exact pairs out; a second copy counts only where the other side has a second one, too.
  function exactPairs(gold, found) {
    const wanted = new Map();
    for (const entity of gold) wanted.set(keyOf(entity), [...(wanted.get(keyOf(entity)) ?? []), entity]);
    const pairs = [], left = [];
    for (const entity of found) {
      const partner = wanted.get(keyOf(entity))?.shift();
      if (partner) pairs.push({ kind: "exact", gold: partner, found: entity });
      else left.push(entity);
    }
    const taken = new Set(pairs.map((pair) => pair.gold));
    return { pairs, gold: gold.filter((entity) => !taken.has(entity)), found: left };
  }

  function overlapping(gold, found) {
    const ordered = [...gold].sort((a, b) => a[START] - b[START]);
    const pairs = [];
    for (const other of found) {
      for (const one of ordered) {
        if (one[START] >= other[END]) break;
        if (one[END] <= other[START]) continue;
        const sameSpan = one[START] === other[START] && one[END] === other[END];
        pairs.push({
          gold: one, found: other,
          rank: sameSpan ? TYPE : one[LABEL] === other[LABEL] ? BOUNDARY : BOTH,
          overlap: Math.min(one[END], other[END]) - Math.max(one[START], other[START]),
          distance: Math.abs(one[START] - other[START]) + Math.abs(one[END] - other[END]),
        });
      }
    }
    return pairs;
  }

  const byName = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

  // Same span first, then one label, then the rest; among equals the larger overlap, the closer boundaries, the earlier place.
  const inOrder = (a, b) => a.rank - b.rank || b.overlap - a.overlap || a.distance - b.distance
    || a.gold[START] - b.gold[START] || a.gold[END] - b.gold[END] || a.found[START] - b.found[START] || a.found[END] - b.found[END]
    || byName(a.gold[LABEL], b.gold[LABEL]) || byName(a.found[LABEL], b.found[LABEL]);

  const startOf = (item) => Math.min(...[item.gold, item.found].filter(Boolean).map((entity) => entity[START]));
  const endOf = (item) => Math.max(...[item.gold, item.found].filter(Boolean).map((entity) => entity[END]));

  // Entities are [start, end, label]. Items in the order of the text, each of one kind; without gold all are just found.
  gonerd.matched = (gold, found) => {
    let items;
    if (gold === null) {
      items = found.map((entity) => ({ kind: "found", gold: null, found: entity }));
    } else {
      const rest = exactPairs(gold, found);
      const freeGold = new Set(rest.gold), freeFound = new Set(rest.found);
      items = rest.pairs;
      for (const pair of overlapping(rest.gold, rest.found).sort(inOrder)) {
        if (!freeGold.has(pair.gold) || !freeFound.has(pair.found)) continue;
        freeGold.delete(pair.gold);
        freeFound.delete(pair.found);
        items.push({ kind: WORDS[pair.rank], gold: pair.gold, found: pair.found });
      }
      for (const entity of freeGold) items.push({ kind: "missed", gold: entity, found: null });
      for (const entity of freeFound) items.push({ kind: "spurious", gold: null, found: entity });
    }
    for (const item of items) {
      item.start = startOf(item);
      item.end = endOf(item);
    }
    return items.sort((a, b) => a.start - b.start || a.end - b.end);
  };

  gonerd.KINDS = ["exact", "boundary", "type", "both", "missed", "spurious"];

  gonerd.tally = (items) => {
    const counts = Object.fromEntries(gonerd.KINDS.map((kind) => [kind, 0]));
    for (const { kind } of items) if (kind in counts) counts[kind] += 1;
    return counts;
  };
})();
