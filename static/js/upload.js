/* Tells what was chosen, refuses what is too large before it is sent, takes what is dropped or pasted
   anywhere on the page, and has sent-files.js save what is sent. */

const LONGEST_MS = 3000;
// Loaded by itself: where sent-files.js does not arrive, files are sent all the same.
const sentFiles = import("./sent-files.js").catch(() => null);
const late = () => new Promise((resolve) => setTimeout(resolve, LONGEST_MS));

/* The token under which the sender's browser saves the file; "" where it does not. */
async function saved(file) {
  try {
    const store = await Promise.race([sentFiles, late()]);
    return (await store?.save(file)) ?? "";
  } catch {
    return "";
  }
}

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
    const given = await saved(file);
    if (input.files[0] === file) token.value = given; // else another was chosen meanwhile
    form.submit();
  }

  // The server refused the form and gave the token back: what was saved for it is of no use.
  if (token.defaultValue) sentFiles.then((store) => store?.remove(token.defaultValue));

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

  const holdsFiles = (event) => [...event.dataTransfer.types].includes("Files");

  function take(file) {
    const one = new DataTransfer();
    one.items.add(file);
    input.files = one.files;
    check();
    button.focus();
  }

  form.querySelector("[data-upload-anywhere]").hidden = false;
  for (const type of ["dragenter", "dragover"]) {
    document.addEventListener(type, (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      form.classList.add("is-over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) form.classList.remove("is-over"); // out of the window
  });
  document.addEventListener("drop", (event) => {
    form.classList.remove("is-over");
    if (!holdsFiles(event)) return; // words, for the search field
    event.preventDefault(); // a browser would leave the page and open it
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => {
    // Words that are copied in some programs come with a picture of them.
    const file = [...event.clipboardData.files].find(({ type }) => !/^(image|text)\//.test(type));
    if (!file) return;
    event.preventDefault();
    take(file);
  });
}

// On the page of a song there is a form where it got no answer. It may be tried again, or is over.
sentFiles.then((store) => {
  if (store?.song && !document.querySelector('form[action$="/retry/"]')) store.remove(store.song);
});
