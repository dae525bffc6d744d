"use strict";
// The page's data. Modules and fetch don't work from file://, so each piece is a script that calls one of these functions.
(() => {
  const gonerd = (window.gonerd ??= {});
  const scripts = new Map(); // by path, the promise that its script has run
  const entries = new Map();
  const golds = new Map();
  const texts = new Map();
  let here = {};

  gonerd.boards = [];
  gonerd.local = (found) => { here = found; };
  gonerd.entry = (key, entry) => entries.set(key, entry);
  gonerd.gold = (board, gold) => golds.set(board, gold);
  gonerd.text = (sha256, text) => texts.set(sha256, text);

  gonerd.board = (board) => {
    const places = new Map(board.columns.map((column, place) => [column.key, place]));
    board.value = (row, key) => {
      if (key === "f1") return row.f1;
      return places.has(key) ? row.values[places.get(key)] : null;
    };
    board.column = (key) => board.columns[places.get(key)];
    board.byKey = new Map();
    board.rows.forEach((row, index) => {
      row.index = index;
      board.byKey.set(row.key, row);
      row.exposed = { texts: "exposed", labels: "exposed", unknown: "exposure unknown" }[row.exposure] ?? "";
      row.text = [row.name, row.model, row.kind, row.revision, row.mode, row.license, row.hardware, row.tier, row.exposed].join(" ").toLowerCase();
    });
    gonerd.boards.push(board);
  };

  function load(path) {
    if (!scripts.has(path)) {
      scripts.set(path, new Promise((resolve, reject) => {
        const script = gonerd.element("script", { src: path });
        script.onload = () => { script.remove(); resolve(); };
        script.onerror = () => {
          script.remove();
          scripts.delete(path); // asking again may help: a server may be back
          reject(new Error(`${path} can’t be read`));
        };
        document.head.append(script);
      }));
    }
    return scripts.get(path);
  }

  const loaded = async (path, found, key) => {
    await load(path);
    if (!found.has(key)) throw new Error(`${path} holds something else`);
    return found.get(key);
  };

  gonerd.data = {
    entry: (row) => loaded(`entries/${row.key}.js`, entries, row.key),
    gold: (board) => (board.gold || (here.gold ?? []).includes(board.id) ? loaded(`gold/${board.id}.js`, golds, board.id) : Promise.resolve(null)),
    text: (board, sha256) => (board.texts || (here.texts ?? []).includes(board.id) ? loaded(`texts/${sha256}.js`, texts, sha256) : Promise.resolve(null)),
  };
})();
