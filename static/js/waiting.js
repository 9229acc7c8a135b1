"use strict";

/* Keeps the waiting page up to date. Without this script the page reloads itself every 3 s. */
(() => {
  const region = document.querySelector("[data-status-url]");
  if (!region) return;
  const announcer = document.querySelector("[data-announce]");
  const suffix = document.title.slice(document.title.lastIndexOf(" · "));
  const shortest = 600; // a demo track takes about this long
  const longest = 5000;
  let delay = shortest;
  let timer = 0;
  let shown = "";

  function show(html) {
    if (html === shown) return false;
    const first = shown === "";
    shown = html;
    if (!first || region.innerHTML.trim() !== html.trim()) region.innerHTML = html;
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
        location.reload();
        return;
      }
      if (!response.ok) throw new Error(String(response.status));
      delay = show(await response.text()) ? shortest : Math.min(longest, delay * 1.15);
    } catch {
      // A lost connection comes back by itself: keep asking, less often.
      delay = Math.min(longest, delay * 2);
    }
    plan();
  }

  function plan() {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(ask, delay);
  }

  document.addEventListener("visibilitychange", () => {
    delay = shortest;
    if (document.hidden) clearTimeout(timer);
    else ask();
  });
  plan();
})();
