"use strict";
// The table as it is filtered and sorted, as CSV: scores from 0 to 1, all columns, nothing rounded further.
(() => {
  const gonerd = (window.gonerd ??= {});

  // A text that a spreadsheet would run as a formula gets an apostrophe before it.
  function cell(value) {
    if (value === null || value === undefined) return "";
    let text = String(value);
    if (typeof value === "string" && /^[=+\-@\t\r\n]/.test(text)) text = `'${text}`;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  gonerd.csvOf = ({ board, rows }) => {
    const head = ["rank", "rank_best", "rank_worst", "tie_group", "model", "model_revision", "policy", "f1", "f1_low", "f1_high",
      ...board.columns.map((column) => column.key), "hardware", "verification", "exposure", "license", "date", "entry"];
    const lines = rows.map((row) => [...row.rank, row.name, row.revision, row.mode, row.f1, row.low, row.high,
      ...row.values, row.hardware, row.tier, row.exposure, row.license, row.date, row.entry]);
    return [head, ...lines].map((line) => `${line.map(cell).join(",")}\n`).join("");
  };

  gonerd.download = (name, text, type) => {
    const address = URL.createObjectURL(new Blob([text], { type }));
    gonerd.element("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };
})();
