"use strict";
// Light or dark: what the system says until the reader says otherwise.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function remembered(theme) {
    try { // storage may be refused on file:// or in a private window
      if (theme) localStorage.setItem("theme", theme);
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  }

  const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  const told = () => document.getElementById("theme")?.setAttribute("aria-pressed", String(isDark()));

  function show(theme) {
    if (theme === "dark" || theme === "light") root.dataset.theme = theme;
    told();
  }

  show(remembered());
  dark.addEventListener("change", told);
  addEventListener("DOMContentLoaded", () => {
    told();
    document.getElementById("theme").addEventListener("click", () => {
      const theme = isDark() ? "light" : "dark";
      remembered(theme);
      show(theme);
    });
  });
})();
