"use strict";
const PAGE = 50;
const errors = JSON.parse(document.getElementById("errors").textContent);
const form = document.getElementById("filters");
const list = document.getElementById("list");
const count = document.getElementById("count");
const [back, next] = ["back", "next"].map((id) => document.getElementById(id));
const MARKS = ["", "gold", "found", "both"];
let chosen = errors, page = 0;

for (const error of errors) {
  error.search = [error.document, ...error.text.map((part) => part[0])].join("").toLowerCase();
}

function element(name, text, kind) {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function entry(error) {
  const item = document.createElement("li");
  const head = document.createElement("p");
  head.append(element("b", error.kind), " · ");
  if (error.gold) head.append("gold ", element("b", error.gold), " · ");
  if (error.found) head.append("found ", element("b", error.found), " · ");
  head.append(element("bdi", error.document), ` · ${error.source ? error.source + " · " : ""}character ${error.start}`);
  const context = document.createElement("bdi");
  for (const [text, mark] of error.text) {
    context.append(mark ? element("mark", text, MARKS[mark]) : text);
  }
  const quote = document.createElement("blockquote");
  quote.append(context);
  item.append(head, quote);
  return item;
}

function show() {
  const pages = Math.max(1, Math.ceil(chosen.length / PAGE));
  page = Math.min(Math.max(page, 0), pages - 1);
  list.replaceChildren(...chosen.slice(page * PAGE, (page + 1) * PAGE).map(entry));
  count.textContent = `${chosen.length} of ${errors.length} errors, page ${page + 1} of ${pages}`;
  back.disabled = page === 0;
  next.disabled = page === pages - 1;
}

function filter() {
  const { kind, type, source, text } = Object.fromEntries(new FormData(form));
  const wanted = text.toLowerCase();
  chosen = errors.filter((error) =>
    (!kind || error.kind === kind) &&
    (!type || error.gold === type || error.found === type) &&
    (!source || error.source === source) &&
    (!wanted || error.search.includes(wanted)));
  page = 0;
  show();
}

form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
back.addEventListener("click", () => { page -= 1; show(); });
next.addEventListener("click", () => { page += 1; show(); });
filter();
