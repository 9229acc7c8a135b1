"use strict";

/* Tells what was chosen, refuses what is too large before it is sent, takes dropped files, and has
   sent-files.js keep what is sent. */
(() => {
  for (const form of document.querySelectorAll("[data-upload]")) {
    const input = form.querySelector("input[type=file]");
    const button = form.querySelector("[data-upload-button]");
    const status = form.querySelector("[data-upload-status]");
    const error = form.querySelector("[data-upload-error]");
    const token = form.querySelector("[data-upload-token]");
    const label = button.textContent;

    const size = (bytes) =>
      bytes < 1024 ? `${bytes} bytes` : bytes < 1048576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;

    function check() {
      const file = input.files[0];
      let sentence = "";
      if (file && file.size > Number(form.dataset.maxBytes)) {
        sentence = `This file is too large: at most ${form.dataset.maxWords}. A shorter excerpt does as well.`;
      } else if (file && file.size === 0) {
        sentence = "This file is empty: there is nothing to listen to.";
      }
      error.textContent = sentence;
      status.textContent = file ? `${file.name}, ${size(file.size)}` : "";
      input.toggleAttribute("aria-invalid", false);
      if (sentence) input.setAttribute("aria-invalid", "true");
      return !sentence;
    }

    async function send(file) {
      token.value = ""; // a reload may have left an older one
      try {
        token.value = await window.kept.put(file);
      } catch {
        // Without sent-files.js the file is sent all the same.
      }
      if (input.files[0] !== file) token.value = ""; // another was chosen meanwhile
      form.submit();
    }

    // The server refused the form and gave the token back: what was kept for it is of no use.
    if (token.defaultValue) window.kept?.remove(token.defaultValue);

    input.addEventListener("change", check);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!check()) {
        input.focus();
        return;
      }
      button.disabled = true;
      button.textContent = "Sending …";
      status.textContent = `Sending ${input.files[0].name}. Please keep this page open.`;
      send(input.files[0]);
    });

    // The page may come back from the browser's cache as it was left, in the middle of sending.
    addEventListener("pageshow", () => {
      button.disabled = false;
      button.textContent = label;
    });

    form.classList.add("takes-drops");
    for (const type of ["dragenter", "dragover"]) {
      form.addEventListener(type, (event) => {
        if (![...event.dataTransfer.types].includes("Files")) return;
        event.preventDefault();
        form.classList.add("is-over");
      });
    }
    form.addEventListener("dragleave", (event) => {
      if (!form.contains(event.relatedTarget)) form.classList.remove("is-over");
    });
    form.addEventListener("drop", (event) => {
      event.preventDefault();
      form.classList.remove("is-over");
      if (!event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      check();
      button.focus();
    });
  }

  // On the page of a song there is a form where it got no answer. It may be tried again, or is over.
  if (window.kept?.song && !document.querySelector('form[action$="/retry/"]')) {
    window.kept.remove(window.kept.song);
  }
})();
