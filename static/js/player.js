/* Plays the song beside its timeline. YouTube is asked for nothing before its button is pressed;
   a file that was sent is played where sent-files.js has saved it.
   What is known of each moment is read from the table, so it is not sent twice. */

const YOUTUBE = "https://www.youtube-nocookie.com";
const timeline = document.querySelector("[data-timeline]");
const player = document.querySelector("[data-player]");
const find = (name) => timeline?.querySelector(`[data-${name}]`);
const rows = [...(find("segments")?.rows ?? [])];
const starts = rows.map((row) => Number(row.querySelector("[data-seek]").dataset.seek));
const labels = [...(timeline?.querySelectorAll("thead th") ?? [])].slice(1).map((th) => th.textContent);
const slider = find("slider");
const cursor = find("cursor");
const now = find("now");
const status = find("seek-status");
let sound = null;
let shown = -1;

/* Each gives seek(seconds, play) -> whether it could; and what could not, offer(seconds, play). */
function library(element) {
  const audio = element.querySelector("[data-audio]");
  audio.addEventListener("timeupdate", () => follow(audio.currentTime));
  return {
    seek(seconds, play) {
      audio.currentTime = seconds;
      if (play) audio.play().catch(() => {}); // the browser may forbid it; its own button remains
      return true;
    },
  };
}

async function sent(element) {
  const audio = element.querySelector("[data-audio]");
  const words = element.querySelector("[data-sent-file-words]");
  const button = element.querySelector("[data-sent-file-remove]");
  const sentFiles = await import("./sent-files.js").catch(() => null);
  const file = await sentFiles?.get(element.dataset.sentFile);
  if (!file) return;

  function end(sentence) {
    sound = null;
    URL.revokeObjectURL(audio.src);
    audio.remove();
    linkTimes("span");
    words.textContent = sentence;
  }

  audio.addEventListener("error", () => {
    // What was just removed may fail to load as well.
    if (sound) end("Kept in this browser, which cannot play this kind of file. The site has no copy of it.");
  });
  button.addEventListener("click", async () => {
    await sentFiles.remove(element.dataset.sentFile);
    end("Removed from this browser.");
    button.remove();
    words.focus();
  });
  audio.src = URL.createObjectURL(file);
  sound = library(element);
  linkTimes("a");
  element.hidden = false;
}

/* The times of a file that was sent are links only while it can be played. */
function linkTimes(tag) {
  if (!rows.length) return;
  const linked = tag === "a";
  for (const old of timeline.querySelectorAll("[data-seek]")) {
    const time = document.createElement(tag);
    if (linked) time.href = `#${player.id}`;
    time.dataset.seek = old.dataset.seek;
    time.textContent = old.textContent;
    old.replaceWith(time);
  }
  timeline.querySelector(".strip-times.is-each")?.setAttribute("aria-hidden", String(!linked));
  timeline.querySelector("[data-seek-help]").hidden = !linked;
}

function youtube(element) {
  const button = element.querySelector("[data-play]");
  const help = element.querySelector("[data-play-help]");
  const place = element.querySelector("[data-frame]");
  let from = Number(element.dataset.start) || 0;
  let frame = null;
  button.hidden = help.hidden = false;

  const say = (message) => frame.contentWindow.postMessage(JSON.stringify(message), YOUTUBE);

  button.addEventListener("click", () => {
    frame = document.createElement("iframe");
    const options = new URLSearchParams({
      enablejsapi: 1, autoplay: 1, playsinline: 1, start: Math.round(from), origin: location.origin,
    });
    frame.title = `YouTube: ${element.dataset.title}`;
    frame.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture";
    // YouTube plays only for a page that says what site it is on; its address stays here.
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    frame.src = `${YOUTUBE}/embed/${encodeURIComponent(element.dataset.youtube)}?${options}`;
    frame.addEventListener("load", () => say({ event: "listening", id: 1, channel: "widget" }));
    place.append(frame);
    place.hidden = false;
    button.hidden = help.hidden = true;
    frame.focus();
  });

  addEventListener("message", (event) => {
    if (!frame || event.origin !== YOUTUBE || event.source !== frame.contentWindow) return;
    try {
      const seconds = JSON.parse(event.data).info?.currentTime;
      if (typeof seconds === "number") follow(seconds);
    } catch {
      // Not meant for us.
    }
  });

  return {
    offer(seconds, play) {
      from = seconds;
      button.textContent = `Play here from ${clock(seconds)} (loads YouTube)`;
      if (play) button.focus(); // one more press, and only then YouTube is asked
    },
    seek(seconds) {
      if (!frame) return false;
      say({ event: "command", func: "seekTo", args: [seconds, true] });
      say({ event: "command", func: "playVideo", args: [] });
      return true;
    },
  };
}

function clock(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/* "1:03: rock 80.1 %, jazz 12.0 %". A row says which of its columns are strongest. */
function words(index) {
  const [time, ...shares] = [...rows[index].cells].map((cell) => cell.textContent);
  const strongest = rows[index].dataset.strongest.split(" ").map(Number);
  return `${time}: ${strongest.map((i) => `${labels[i]} ${shares[i]}`).join(", ")}`;
}

function show(index) {
  if (index === shown) return;
  shown = index;
  cursor.firstElementChild.setAttribute("x", index * 10);
  now.textContent = words(index);
  // A slider that moves by itself under a reader's focus would be read aloud without end.
  if (document.activeElement !== slider) slider.value = index;
  slider.setAttribute("aria-valuetext", words(slider.value));
}

function follow(seconds) {
  const after = starts.findIndex((start) => start > seconds);
  const index = after === -1 ? starts.length - 1 : after - 1;
  if (index >= 0) show(index);
}

function seek(seconds, play) {
  follow(seconds);
  if (!sound) return false;
  if (sound.seek(seconds, play)) {
    if (play && status) status.textContent = `Playing from ${now.textContent}`;
    return true;
  }
  sound.offer(seconds, play);
  return play;
}

if (player?.dataset.sentFile) sent(player);
else if (player) sound = player.dataset.youtube ? youtube(player) : library(player);

if (rows.length) {
  slider.hidden = false;
  // A slider's knob goes from edge to edge, 8 px inside; here it is to stand below its column.
  slider.style.marginInline = `calc(${50 / rows.length}% - 8px)`;
  slider.style.width = "auto";
  // It stands over every strip: one for each genre of the model, and those above them.
  cursor.style.gridRow = `1 / span ${timeline.querySelectorAll(".strip").length}`;
  cursor.classList.add("is-shown");
  show(0);
  slider.addEventListener("input", () => {
    shown = -1; // the player may have come here first, and then it was not said of the slider
    show(Number(slider.value));
  });
  slider.addEventListener("change", () => seek(starts[slider.value], false));
  cursor.addEventListener("click", (event) => {
    const box = cursor.getBoundingClientRect();
    const index = Math.floor(((event.clientX - box.left) / box.width) * rows.length);
    seek(starts[Math.max(0, Math.min(rows.length - 1, index))], true);
  });
}

// A time is a link that works without this script, and before YouTube is here. The new tab of a
// Ctrl click stays one.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-seek]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !rows.length) return;
  if (seek(Number(link.dataset.seek), true)) event.preventDefault();
});
