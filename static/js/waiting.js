/* Keeps a page of what is waited for up to date. Without this script the page reloads itself every 3 s. */

const SHORTEST_MS = 600; // a demo track takes about this long
const LONGEST_MS = 5000;
const HELD_BACK_MS = 20000; // where what is waited for is on another page

const region = document.querySelector("[data-status-url]");
// What is to be sent when all that is waited for is over, such as the request for the next songs.
const next = document.querySelector("form[data-when-finished]");
const announcer = document.querySelector("[data-announce]");
const suffix = document.title.slice(document.title.lastIndexOf(" · "));
let delay = SHORTEST_MS;
let timer = 0;
let shown = "";

function show(html) {
  if (html === shown) return false;
  const first = shown === "";
  shown = html;
  if (!first || region.innerHTML.trim() !== html.trim()) {
    const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
    region.innerHTML = html;
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }
  const title = region.querySelector("[data-title]");
  if (title) document.title = title.dataset.title + suffix;
  // A place of its own for screen readers: they are told what is new, not the whole list again.
  const text = region.querySelector(".status-text");
  if (text && !first) announcer.textContent = text.textContent.trim();
  return !first;
}

async function ask() {
  try {
    const response = await fetch(region.dataset.statusUrl, {
      cache: "no-store",
      signal: AbortSignal.timeout(10000),
    });
    if (response.headers.get("X-Finished") === "yes" || response.status === 404) {
      if (next && response.ok) next.requestSubmit();
      else location.reload();
      return;
    }
    if (!response.ok) throw new Error(String(response.status));
    delay = show(await response.text()) ? SHORTEST_MS : Math.min(LONGEST_MS, delay * 1.15);
  } catch {
    // A lost connection comes back by itself: keep asking, less often.
    delay = Math.min(LONGEST_MS, delay * 2);
  }
  plan();
}

function plan() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(ask, delay);
}

if (region || next) {
  for (const words of document.querySelectorAll("[data-by-itself]")) words.hidden = false;
}
if (region) {
  document.addEventListener("visibilitychange", () => {
    delay = SHORTEST_MS;
    if (document.hidden) clearTimeout(timer);
    else ask();
  });
  plan();
} else if (next) {
  setTimeout(() => next.requestSubmit(), HELD_BACK_MS);
}
