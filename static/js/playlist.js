/* The list of a playlist: how many songs are chosen stands on the button, and all or none are at once. */

const form = document.querySelector("form.playlist");
const boxes = [...form.querySelectorAll('input[name="choice"]')];
const announcer = form.querySelector("[data-announce]");

function count() {
  const chosen = boxes.filter((box) => box.checked).length;
  const words = `Listen to ${chosen} song${chosen === 1 ? "" : "s"}`;
  for (const button of form.querySelectorAll("[data-chosen]")) {
    button.textContent = chosen ? words : "Choose a song first";
    button.disabled = chosen === 0;
  }
  return chosen;
}

form.querySelector("[data-choose-all]").hidden = false;
form.addEventListener("change", count);
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-choose-all] button");
  if (!button) return;
  for (const box of boxes) box.checked = button.value === "all";
  announcer.textContent = `${count()} of ${boxes.length} chosen`;
});
// A browser that comes back to the page has kept what was chosen.
addEventListener("pageshow", count);
count();
