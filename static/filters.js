// The filters: a period takes effect when it is chosen, lists close and can be searched, and the
// address stays short. Without this script they are a plain form with a button.
(() => {
  "use strict";
  const FIND_FROM = 9; // fewer names are found by looking

  const ready = () => {
    for (const list of document.querySelectorAll("[data-filter-list]")) {
      list.querySelector("[data-filter-find]").hidden =
        list.querySelectorAll("label").length < FIND_FROM;
    }
  };

  const close = (list, { focus = false } = {}) => {
    list.open = false;
    if (focus) list.querySelector("summary").focus();
  };

  document.addEventListener("DOMContentLoaded", ready);

  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-filter-now]") || event.target.value === "custom") return;
    event.target.form.requestSubmit();
  });

  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-filter-find]")) return;
    const wanted = event.target.value.trim().toLowerCase();
    for (const label of event.target.closest("fieldset").querySelectorAll("label")) {
      label.hidden = !label.textContent.toLowerCase().includes(wanted);
    }
  });

  document.addEventListener("click", (event) => {
    for (const list of document.querySelectorAll("[data-filter-list][open]")) {
      if (!list.contains(event.target)) close(list);
    }
  });

  document.addEventListener("keydown", (event) => {
    const list = event.target.closest?.("[data-filter-list][open]");
    if (event.key === "Escape" && list) close(list, { focus: true });
    // Enter in the search box would send the form before a name is chosen.
    if (event.key === "Enter" && event.target.matches?.("[data-filter-find]")) event.preventDefault();
  });

  // What is empty or without effect stays out of the address.
  document.addEventListener("htmx:configRequest", (event) => {
    const form = event.target.closest("form.filters");
    if (!form) return;
    const given = event.detail.formData;
    const unused = given.get("period") === "custom" ? [] : ["from", "to"];
    for (const name of new Set(given.keys())) {
      if (unused.includes(name) || given.getAll(name).every((value) => value === "")) given.delete(name);
    }
  });

  document.addEventListener("htmx:afterSettle", () => {
    ready();
    // What had the focus may be gone, a removed chip for example; htmx keeps what has an id.
    if (document.activeElement === document.body) {
      document.getElementById("main")?.focus({ preventScroll: true });
    }
    document.getElementById("announcement").textContent = document.title;
  });

  // A swap that failed becomes a plain page load, which shows what is wrong.
  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      window.location.assign(event.detail.pathInfo?.finalRequestPath ?? window.location.href);
    });
  }
})();
