"use strict";
// What the page shows is kept in the address after the #, so that a link shows the same view. What an address says is never
// trusted: who reads a value checks it.
(() => {
  const gonerd = (window.gonerd ??= {});
  const KEYS = [
    "board", "sort", "order", "q", "tier", "exposure", "hardware", "policy", "columns", "rows", "chosen", "open", "view", "doc", "errors",
    "cost", "machine", "scale", "by", "type", "most",
  ];
  let shown = null;

  function read() {
    const found = new URLSearchParams(location.hash.slice(1));
    return Object.fromEntries(KEYS.map((key) => [key, found.get(key) ?? ""]));
  }

  function written(state) {
    const query = new URLSearchParams();
    for (const key of KEYS) if (state[key]) query.set(key, state[key]);
    return `#${query}`;
  }

  function show() {
    const before = shown ?? {};
    shown = read();
    for (const listener of listeners) listener(shown, before);
  }

  const listeners = [];

  gonerd.address = {
    get: () => shown ?? read(),
    listen: (listener) => listeners.push(listener),
    // `step` leaves a step in the history, so that Back undoes it.
    set(changes, step = false) {
      const next = written({ ...read(), ...changes });
      if (next === written(read()) && shown) return;
      history[step ? "pushState" : "replaceState"](null, "", next);
      show();
    },
    of: (changes) => written({ ...read(), ...changes }),
    show,
  };

  addEventListener("popstate", show);
})();
