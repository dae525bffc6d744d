"use strict";
// Elements are made by name, and texts are only ever text nodes: nothing that a submission says is read as HTML.
(() => {
  const gonerd = (window.gonerd ??= {});
  const SVG = "http://www.w3.org/2000/svg";
  const ICONS = {
    open: "M6 3.5 10.5 8 6 12.5",
    back: "M10 3.5 5.5 8 10 12.5",
    close: "M4 4l8 8M12 4l-8 8",
    copy: "M6 5.5h7v8H6zM3.5 10.5v-8h6.5",
  };

  function filled(made, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
    return made;
  }

  gonerd.element = (name, attributes = {}, ...children) => filled(document.createElement(name), attributes, children);
  gonerd.svg = (name, attributes = {}, ...children) => filled(document.createElementNS(SVG, name), attributes, children);

  gonerd.icon = (name) => gonerd.svg("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" },
    gonerd.svg("path", { d: ICONS[name], fill: "none", stroke: "currentColor", "stroke-width": 1.6, "stroke-linecap": "round", "stroke-linejoin": "round" }));

  const ruler = document.createElement("canvas").getContext("2d");
  const widths = new Map();

  // Pixels that a text takes in the page's font.
  gonerd.widthOf = (text, font = "12px") => {
    const asked = `${font} ${text}`;
    if (!widths.has(asked)) {
      ruler.font = `${font} ${getComputedStyle(document.body).fontFamily}`;
      widths.set(asked, ruler.measureText(text).width);
    }
    return widths.get(asked);
  };

  gonerd.hidden = (text) => gonerd.element("span", { class: "unseen" }, text);
  gonerd.missing = () => gonerd.element("span", { class: "missing" }, gonerd.element("span", { "aria-hidden": "true" }, "–"), gonerd.hidden("not stated"));

  // A table of texts and numbers: what a figure shows, for readers who can't see it.
  gonerd.dataTable = (caption, heads, rows) => gonerd.element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    gonerd.element("table", { class: "counts" },
      gonerd.element("caption", { class: "unseen" }, caption),
      gonerd.element("thead", {}, gonerd.element("tr", {}, heads.map((head) => gonerd.element("th", { scope: "col" }, head)))),
      gonerd.element("tbody", {}, rows.map(([name, ...cells]) => gonerd.element("tr", {},
        gonerd.element("th", { scope: "row" }, gonerd.element("bdi", {}, name)),
        cells.map((cell) => gonerd.element("td", {}, cell === "" || cell === null ? gonerd.missing() : cell)))))));
})();
