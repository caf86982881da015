// The claim list: tick a whole page, see how many are ticked, send a form once. Without this script
// the boxes are ticked one by one.
(() => {
  "use strict";

  const boxes = () => [...document.querySelectorAll("[data-tick]")];

  const count = () => {
    const ticked = boxes().filter((box) => box.checked).length;
    const all = document.querySelector("[data-tick-all]");
    if (all) {
      all.hidden = false;
      all.checked = ticked > 0 && ticked === boxes().length;
      all.indeterminate = ticked > 0 && !all.checked;
    }
    const shown = document.querySelector("[data-tick-count]");
    if (shown) shown.textContent = ticked ? `(${ticked})` : "";
  };

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) {
      for (const box of boxes()) box.checked = event.target.checked;
    }
    if (event.target.matches("[data-tick-all], [data-tick]")) {
      const ticked = document.querySelector("input[name=which][value=ticked]");
      if (ticked) ticked.checked = true;
      count();
    }
  });

  document.addEventListener("submit", (event) => {
    const button = event.target.querySelector("button[type=submit]");
    if (event.target.matches("[data-send-once]") && button) {
      setTimeout(() => {
        button.disabled = true;
      });
    }
  });

  document.addEventListener("DOMContentLoaded", count);
  document.addEventListener("htmx:afterSettle", count);
  window.addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("[data-send-once] button[type=submit]")) button.disabled = false;
    count();
  });
})();
