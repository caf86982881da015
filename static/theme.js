// Light or dark: what the person chose, else what the system prefers. Loaded in the head, before
// anything is painted, so that a dark page never flashes white.
(() => {
  "use strict";
  const KEY = "theme";
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;

  const chosen = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is switched off
    }
  };

  const remember = (theme) => {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // then the choice lasts as long as the page
    }
  };

  const show = (theme) => {
    if (root.dataset.bsTheme === theme) return;
    root.dataset.bsTheme = theme;
    press();
    document.dispatchEvent(new CustomEvent("themechange", { detail: theme })); // for the charts
  };

  const press = () => {
    const dark = root.dataset.bsTheme === "dark";
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.setAttribute("aria-pressed", String(dark));
      button.hidden = false;
    }
  };

  const preferred = () => chosen() ?? (prefersDark.matches ? "dark" : "light");

  show(preferred());
  prefersDark.addEventListener("change", () => show(preferred()));
  window.addEventListener("storage", (event) => event.key === KEY && show(preferred()));
  document.addEventListener("DOMContentLoaded", press);
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme-switch]")) return;
    const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    remember(theme);
    show(theme);
  });
})();
