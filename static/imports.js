// The form for a new file: says that a file is too large before it is sent, and sends it once.
// Without this script the server says so after it came.
(() => {
  "use strict";

  const form = document.querySelector("[data-upload]");
  if (!form) return;
  const field = form.querySelector("[data-most]");
  const warning = form.querySelector("[data-too-large]");
  const button = form.querySelector("[data-sending]");
  const words = button.textContent;

  const isTooLarge = () => {
    const [file] = field.files;
    const found = Boolean(file) && file.size > Number(field.dataset.most);
    warning.hidden = !found;
    warning.textContent = found
      ? `The file is larger than ${field.dataset.limit}, the most that is taken: load it in parts.`
      : "";
    return found;
  };

  field.addEventListener("change", isTooLarge);
  form.addEventListener("submit", (event) => {
    if (isTooLarge()) {
      event.preventDefault();
      return;
    }
    button.disabled = true;
    button.textContent = button.dataset.sending;
  });
  // a page that comes back from the browser's memory can be sent again
  window.addEventListener("pageshow", () => {
    button.disabled = false;
    button.textContent = words;
  });
})();
