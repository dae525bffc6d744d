"use strict";
// Numbers as the page writes them; the same rules as number.py.
(() => {
  const gonerd = (window.gonerd ??= {});
  const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

  const percent = (share) => (100 * share).toFixed(1);

  const signed = (share) => {
    const text = percent(Math.abs(share));
    return (text === "0.0" ? "" : share < 0 ? "−" : "+") + text;
  };

  function rounded(value) {
    if (value >= 100) return grouped.format(value);
    return value >= 10 ? value.toFixed(1) : value.toFixed(2);
  }

  function short(count) {
    for (const [size, unit] of [[1e9, "B"], [1e6, "M"], [1e3, "k"]]) {
      if (count < 0.9995 * size) continue;
      const value = count / size;
      return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0) + unit;
    }
    return String(count);
  }

  const writers = { percent, points: signed, count: short, number: rounded };

  gonerd.number = {
    percent, signed, rounded, short,
    whole: (count) => grouped.format(count),
    // A p-value with as many digits as its test can tell.
    p: (value) => (value < 0.001 ? "< 0.001" : value.toFixed(3)),
    of: (column, value) => (value === null || value === undefined ? "" : writers[column.unit](value) + (column.suffix ? ` ${column.suffix}` : "")),
    plural: (count, one, many) => `${grouped.format(count)} ${count === 1 ? one : many}`,
  };
})();
