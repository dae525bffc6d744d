"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const { name, documents } = JSON.parse($("data").textContent);
  const place = new Map(documents.map((one, index) => [one.id, index]));
  const key = `gonerd-review/${name}/${fingerprint(documents)}`;
  const columns = ["id", "url", "decision", "reviewer", "note", "text_sha256"];
  const state = { decisions: {}, notes: {}, reviewer: "", at: "", filter: "", open: false };
  const history = [];
  let shown = [];
  let current = -1; // in `documents`

  // ---- what is remembered

  function fingerprint(all) {
    let hash = 5381;
    for (const one of all) for (const c of one.id + one.sha.slice(0, 8)) hash = ((hash * 33) ^ c.charCodeAt(0)) >>> 0;
    return hash.toString(16);
  }

  function load() {
    try {
      const saved = JSON.parse(localStorage.getItem(key) || "{}");
      for (const field of Object.keys(state)) if (typeof saved[field] === typeof state[field]) state[field] = saved[field];
    } catch (problem) {
      warn("This browser keeps nothing for this page: export your decisions before you close it.");
    }
  }

  function save() {
    try {
      localStorage.setItem(key, JSON.stringify(state));
    } catch (problem) {
      warn("This browser keeps nothing for this page: export your decisions before you close it.");
    }
  }

  function warn(words) {
    $("warning").textContent = words;
    $("warning").hidden = false;
  }

  // ---- lists

  const listed = (one) =>
    (!state.filter || (state.filter === "*kept" && one.kept) || (state.filter === "*dropped" && !one.kept) || one.rule === state.filter) &&
    (!state.open || !state.decisions[one.id]);

  function fill() {
    const rules = new Map();
    for (const one of documents) rules.set(one.rule, (rules.get(one.rule) || 0) + 1);
    const dropped = documents.filter((one) => !one.kept).length;
    option("", `all (${documents.length})`);
    if (dropped && dropped < documents.length) {
      option("*dropped", `dropped (${dropped})`);
      option("*kept", `kept, near a threshold (${documents.length - dropped})`);
    }
    for (const [rule, count] of rules) option(rule, `${rule} (${count})`);
    $("filter").value = state.filter;
    if ($("filter").value !== state.filter) $("filter").value = state.filter = "";
    $("open").checked = state.open;
    $("reviewer").value = state.reviewer;
  }

  function option(value, words) {
    const made = document.createElement("option");
    made.value = value;
    made.textContent = words;
    $("filter").append(made);
  }

  function list() {
    shown = documents.filter(listed).map((one) => place.get(one.id));
    if (!shown.includes(current)) {
      const after = shown.find((index) => index > current);
      current = after === undefined ? (shown.length ? shown[shown.length - 1] : -1) : after;
    }
    show();
  }

  function step(by) {
    const at = shown.indexOf(current) + by;
    if (at >= 0 && at < shown.length) go(shown[at]);
  }

  function go(index) {
    current = index;
    state.at = index < 0 ? "" : documents[index].id;
    save();
    show();
    window.scrollTo(0, 0);
  }

  // ---- one document

  function show() {
    const one = documents[current];
    $("nothing").hidden = current >= 0;
    document.querySelector("main").hidden = current < 0;
    progress();
    for (const id of ["keep", "drop"]) {
      $(id).disabled = current < 0;
      $(id).setAttribute("aria-pressed", String(Boolean(one) && state.decisions[one.id] === id));
    }
    const at = shown.indexOf(current);
    $("previous").disabled = at <= 0;
    $("next").disabled = at < 0 || at === shown.length - 1;
    $("undo").disabled = !history.length;
    if (!one) return;
    verdict(one);
    $("title").textContent = one.title || "Without a title";
    $("about").replaceChildren(link(one.url), ...[...one.about, `${one.words.toLocaleString("en")} words`].map(span));
    const faded = new Set(one.faded);
    $("text").replaceChildren(
      ...one.text.map((line, number) => {
        const made = document.createElement("p");
        made.textContent = line;
        if (faded.has(number)) {
          made.className = "faded";
          made.title = "Stands on many pages of this site";
        }
        return made;
      }),
    );
    $("id").textContent = one.id;
    $("note").value = state.notes[one.id] || "";
    checks(one);
  }

  function verdict(one) {
    const strong = document.createElement("b");
    strong.textContent = one.kept ? "Kept" : `Dropped by ${one.rule}`;
    $("verdict").className = `verdict ${one.kept ? "kept" : "dropped"}`;
    $("verdict").replaceChildren(strong, document.createTextNode(`: ${one.reason}`));
  }

  function link(url) {
    if (!/^https?:\/\//i.test(url)) return span(url);
    const made = document.createElement("a");
    made.href = url;
    made.target = "_blank";
    made.rel = "noopener noreferrer";
    made.textContent = url;
    return made;
  }

  function span(words) {
    const made = document.createElement("span");
    made.textContent = words;
    return made;
  }

  function checks(one) {
    const asked = one.checks.filter((check) => check[6]);
    const rank = (check) => (check[5] ? 1 : 0);
    $("checks").replaceChildren(
      ...asked
        .slice()
        .sort((a, b) => rank(a) - rank(b))
        .map(([rule, measure, value, side, limit, passed]) => {
          const row = document.createElement("tr");
          row.title = rule;
          row.className = passed ? (near(value, limit, side) ? "near" : "") : "failed";
          const cells = [measure.replaceAll("_", " "), number(value), side === "not" ? "not there" : `${side} ${number(limit)}`];
          cells.forEach((words, column) => {
            const cell = document.createElement("td");
            cell.textContent = words;
            if (column === 1) cell.className = "num";
            row.append(cell);
          });
          return row;
        }),
    );
    const others = one.checks.filter((check) => !check[6] && check[7] !== "off");
    $("unasked").textContent = others.length ? `Not asked: ${others.map((check) => `${check[1].replaceAll("_", " ")} (${check[7]})`).join(", ")}.` : "";
  }

  const near = (value, limit, side) =>
    typeof value === "number" && typeof limit === "number" && side !== "not" && Math.abs(value - limit) <= 0.1 * Math.abs(limit);

  function number(value) {
    if (value === null) return "none";
    if (typeof value === "number") return value.toLocaleString("en", { maximumFractionDigits: 4 });
    return typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
  }

  function progress() {
    const made = Object.entries(state.decisions).filter(([id]) => place.has(id));
    const kept = made.filter(([, decision]) => decision === "keep").length;
    const at = shown.indexOf(current);
    const where = at < 0 ? "" : `${at + 1} of ${shown.length} · `;
    $("progress").textContent = `${where}${made.length} decided, ${kept} keep, ${made.length - kept} drop`;
    $("kept").style.width = `${(100 * kept) / documents.length}%`;
    $("dropped").style.width = `${(100 * (made.length - kept)) / documents.length}%`;
  }

  // ---- decisions

  function decide(decision) {
    if (current < 0) return;
    const one = documents[current];
    history.push({ id: one.id, before: state.decisions[one.id] });
    if (decision) state.decisions[one.id] = decision;
    else delete state.decisions[one.id];
    save();
    if (!decision) return list();
    const at = shown.indexOf(current);
    const order = [...shown.slice(at + 1), ...shown.slice(0, at)];
    const next = order.find((index) => !state.decisions[documents[index].id]);
    if (next !== undefined) go(next);
    list();
  }

  function undo() {
    const last = history.pop();
    if (!last) return;
    if (last.before) state.decisions[last.id] = last.before;
    else delete state.decisions[last.id];
    if (!listed(documents[place.get(last.id)])) {
      state.filter = $("filter").value = "";
      state.open = $("open").checked = false;
    }
    current = place.get(last.id);
    save();
    list();
    window.scrollTo(0, 0);
  }

  // what a spreadsheet would take for a formula gets a quote, as in sheet.csv
  const inert = (words) => (/^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(words) ? `'${words}` : words);

  function exportDecisions() {
    const cell = (words) => (/[",\r\n]/.test(words) || words !== words.trim() ? `"${words.replaceAll('"', '""')}"` : words);
    const rows = documents
      .filter((one) => state.decisions[one.id] || state.notes[one.id])
      .map((one) => [one.id, one.url, state.decisions[one.id] || "", state.reviewer, state.notes[one.id] || "", one.sha]);
    if (!rows.length) return warn("Nothing is decided yet.");
    const text = [columns, ...rows].map((row) => row.map(inert).map(cell).join(",") + "\n").join("");
    const made = document.createElement("a");
    made.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    made.download = "decisions.csv";
    document.body.append(made);
    made.click();
    made.remove();
    setTimeout(() => URL.revokeObjectURL(made.href), 10000);
  }

  // ---- hands

  const actions = {
    k: () => decide("keep"), d: () => decide("drop"), x: () => decide(""), u: undo,
    j: () => step(1), ArrowRight: () => step(1), h: () => step(-1), ArrowLeft: () => step(-1),
    n: () => $("note").focus(), f: () => $("filter").focus(), e: exportDecisions,
    m: () => ($("measures").open = !$("measures").open), "?": () => $("keys").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("keys").open) return;
    const inField = event.target.matches("input:not([type=checkbox]), select, textarea");
    if (event.key === "Escape" && inField) return event.target.blur();
    if (inField || !Object.hasOwn(actions, event.key) || (event.repeat && "kdxu".includes(event.key))) return;
    event.preventDefault();
    actions[event.key]();
  });
  for (const [id, run] of Object.entries({
    keep: actions.k, drop: actions.d, undo, previous: actions.h, next: actions.j, export: exportDecisions, help: actions["?"],
  })) $(id).addEventListener("click", () => { run(); $(id).blur(); });
  $("filter").addEventListener("change", () => {
    state.filter = $("filter").value;
    current = -1;
    save();
    list();
    $("filter").blur();
    window.scrollTo(0, 0);
  });
  $("open").addEventListener("change", () => { state.open = $("open").checked; save(); list(); });
  $("reviewer").addEventListener("input", () => { state.reviewer = $("reviewer").value; save(); });
  $("note").addEventListener("input", () => {
    if (current < 0) return;
    state.notes[documents[current].id] = $("note").value;
    save();
  });

  load();
  fill();
  $("measures").open = window.matchMedia("(min-width: 60rem)").matches;
  current = place.has(state.at) ? place.get(state.at) : 0;
  list();
})();
