/* A link that is pasted anywhere on the page goes into the search field. */

const field = document.getElementById("id_q");

document.addEventListener("paste", (event) => {
  if (!field || event.target.closest?.("input, textarea, select")) return;
  const text = event.clipboardData.getData("text/plain").trim();
  if (!/^https?:\/\/\S+$/.test(text)) return;
  event.preventDefault();
  field.value = text;
  field.focus();
});
