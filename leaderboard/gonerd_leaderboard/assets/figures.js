"use strict";
// The figures below the table. Each is drawn when it comes into view, shows the entries that the filters leave, and has a table
// that says the same.
(() => {
  const gonerd = (window.gonerd ??= {});
  const { element } = gonerd;
  const kinds = [];
  const places = new Map(); // by kind, its elements and what was drawn last
  const DELAY = 80; // milliseconds without a further change: who types a word wants the table first
  let latest = null;
  let waiting = 0;

  // A name cut to a width in pixels, and kept from turning its surroundings round.
  gonerd.nameIn = (row, most) => {
    if (gonerd.widthOf(row.name) <= most) return `\u2068${row.name}\u2069`;
    const letters = Array.from(row.name);
    let fitting = 0, tooLong = letters.length;
    while (tooLong - fitting > 1) {
      const middle = (fitting + tooLong) >> 1;
      if (gonerd.widthOf(`${letters.slice(0, middle).join("")}…`) <= most) fitting = middle;
      else tooLong = middle;
    }
    return `\u2068${letters.slice(0, fitting).join("")}…\u2069`;
  };

  // The names beside the lines of a figure: as wide as they are, within two fifths of it.
  gonerd.marginOf = (rows, width) => Math.ceil(Math.min(0.4 * width, 290, Math.max(...rows.map((row) => gonerd.widthOf(row.name) + 2)))) + 12;

  // The range of an axis for shares, in per cent; never empty.
  gonerd.percentRange = (shares) => {
    const low = 100 * Math.min(...shares), high = 100 * Math.max(...shares);
    return high - low < 1 ? [Math.max(0, low - 0.5), high + 0.5] : [low, high];
  };

  // What all plots share. Plot writes one constant style for this class name, whose hash the page's policy allows.
  gonerd.plot = (options) => libraries.plot({ className: "plot", marginTop: 24, marginRight: 16, marginBottom: 40, ...options });

  gonerd.tipAt = (options) => libraries.pointer({ fill: "var(--paper)", stroke: "var(--rule)", pathFilter: "none", lineHeight: 1.25, lineWidth: 30, fontSize: 12, ...options });

  function legendOf(items) {
    return items && element("ul", { class: "legend" }, items.map(({ mark, text }) => element("li", {}, mark, element("bdi", {}, text))));
  }

  function place(kind) {
    const title = `${kind.id}-title`;
    const parts = {
      controls: element("div", { class: "settings" }),
      caption: element("p", { class: "small" }),
      plot: element("div", { class: "drawing" }),
      table: element("details", { class: "as-table" }, element("summary", {}, "The same as a table")),
    };
    const figure = element("figure", { id: kind.id, "aria-labelledby": title },
      element("figcaption", {}, element("h3", { id: title }, kind.title), parts.caption), parts.controls, parts.plot, parts.table);
    const found = { ...parts, figure, inView: false, drawn: null };
    parts.controls.addEventListener("change", (event) => gonerd.address.set({ [event.target.dataset.key]: event.target.value }));
    parts.table.addEventListener("toggle", () => fillTable(found));
    places.set(kind, found);
    return figure;
  }

  function fillTable({ table, result }) {
    if (!table.open || table.childElementCount > 1 || !result?.heads) return;
    table.append(gonerd.dataTable(result.label, result.heads, result.rows()));
  }

  function drawControls(controls, settings) {
    const telling = JSON.stringify(settings.map(({ key, options }) => [key, options]));
    if (controls.dataset.telling !== telling) { // else the one that has the focus would go
      controls.dataset.telling = telling;
      controls.replaceChildren(...settings.map(({ key, title, options }) => element("label", { class: "pick" }, element("span", {}, title),
        element("select", { "data-key": key }, options.map(([value, text]) => element("option", { value }, text))))));
    }
    for (const { key, value } of settings) controls.querySelector(`[data-key=${key}]`).value = value;
  }

  function draw(kind) {
    const found = places.get(kind);
    const { view, state } = latest;
    const width = Math.floor(found.plot.clientWidth);
    const telling = JSON.stringify([width, state.chosen, ...kind.keys.map((key) => state[key])]);
    if (found.drawn?.view === view && found.drawn.telling === telling) return;
    found.drawn = { view, telling };
    const settings = kind.settings?.(view, state) ?? [];
    const chosen = Object.fromEntries(settings.map(({ key, value }) => [key, value]));
    const result = kind.draw(view, state, Math.max(width, 260), chosen);
    found.result = result;
    drawControls(found.controls, settings);
    found.caption.textContent = result.caption ?? "";
    found.table.hidden = !result.heads;
    while (found.table.childElementCount > 1) found.table.lastElementChild.remove();
    if (result.note) {
      found.plot.removeAttribute("role");
      found.plot.removeAttribute("aria-label");
      found.plot.replaceChildren(element("p", { class: "empty" }, result.note));
    } else {
      result.plot.setAttribute("aria-hidden", "true");
      const image = element("div", { role: "img", "aria-label": result.label }, result.plot);
      found.plot.replaceChildren(...[legendOf(result.legend), image].filter(Boolean));
    }
    fillTable(found);
  }

  function drawInView() {
    for (const kind of kinds) if (places.get(kind).inView) setTimeout(() => draw(kind)); // one by one, so that none holds up the others
  }

  function show(view, state) {
    latest = { view, state };
    clearTimeout(waiting);
    waiting = setTimeout(drawInView, DELAY);
  }

  function listen() {
    const home = document.getElementById("figures");
    home.replaceChildren(...kinds.map(place));
    const byElement = new Map([...places.values()].map((found) => [found.figure, found]));
    const watcher = new IntersectionObserver((changes) => {
      for (const { target, isIntersecting } of changes) byElement.get(target).inView = isIntersecting;
      if (latest) show(latest.view, latest.state);
    }, { rootMargin: "150px" });
    for (const figure of byElement.keys()) watcher.observe(figure);
    new ResizeObserver(() => latest && show(latest.view, latest.state)).observe(home);
    addEventListener("beforeprint", () => latest && kinds.forEach(draw));
  }

  gonerd.figures = { add: (kind) => kinds.push(kind), show, listen };
})();
