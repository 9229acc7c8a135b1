/* Records some seconds by the microphone, plays them back, and sends them by the page's form for
   files, as upload.js sends any. The microphone is asked for after a press, and let go at once. */

const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const BITS_A_SECOND = 96_000;
// What a browser does for speech takes music for noise.
const AS_IT_IS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const BARS_A_SECOND = 4;
const TICK_MS = 100;
const SILENCE_PEAK = 0.0005;
const QUIETEST_DB = -45;

const recorder = document.querySelector("[data-listen]");
const problems = document.querySelector("[data-listen-problems]");
const form = document.querySelector("[data-upload]");
const find = (name) => recorder.querySelector(`[data-listen-${name}]`);
const [bars, clock, status, audio] = ["bars", "clock", "status", "audio"].map(find);
const buttons = Object.fromEntries(
  ["start", "stop", "cancel", "send", "again"].map((name) => [name, find(name)]),
);
const SHOWN = { idle: ["start"], recording: ["stop", "cancel"], recorded: ["send", "again"] };
const seconds = Number(recorder.dataset.seconds);
const least = Number(recorder.dataset.least);
const still = matchMedia("(prefers-reduced-motion: reduce)");

let current = null; // what is being recorded: { stop, cancel }
let recording = null; // what was recorded
let busy = false;

function tell(problem) {
  for (const sentence of problems.children) sentence.hidden = sentence.dataset.problem !== problem;
  problems.hidden = !problem;
}

function show(state, words) {
  const had = recorder.contains(document.activeElement);
  for (const [name, button] of Object.entries(buttons)) button.hidden = !SHOWN[state].includes(name);
  audio.hidden = state !== "recorded";
  status.textContent = words;
  if (had) buttons[SHOWN[state][0]].focus();
}

function empty() {
  recording = null;
  if (audio.src) URL.revokeObjectURL(audio.src);
  audio.removeAttribute("src");
  clock.textContent = seconds;
  for (let index = 0; index < seconds * BARS_A_SECOND; index += 1) draw(index, 0);
}

/* One bar: how loud a quarter of a second was, in [0, 1]. */
function draw(index, loudness) {
  const bar = bars.children[index];
  const height = Math.max(3, 96 * loudness);
  bar.setAttribute("y", (100 - height) / 2);
  bar.setAttribute("height", height);
  bar.classList.toggle("is-ahead", !loudness);
}

function makeBars() {
  for (let index = 0; index < seconds * BARS_A_SECOND; index += 1) {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    bar.setAttribute("x", (index * 400) / (seconds * BARS_A_SECOND) + 2.5);
    bar.setAttribute("width", 5);
    bars.append(bar);
  }
}

/* Gives read() -> the loudest sample of the last moment; null where that cannot be known. */
function levelMeter(stream) {
  try {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    const samples = new Float32Array(analyser.fftSize);
    context.createMediaStreamSource(stream).connect(analyser);
    context.resume();
    return {
      read() {
        if (context.state !== "running") return null;
        analyser.getFloatTimeDomainData(samples);
        return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      },
      close: () => context.close(),
    };
  } catch {
    return { read: () => null, close() {} };
  }
}

function loudnessOf(peak) {
  if (!peak) return 0;
  return Math.min(1, Math.max(0.02, 1 - (20 * Math.log10(peak)) / QUIETEST_DB));
}

/* Resolves with { blob, lasted, peak } when it is over, and with null when it was cancelled. */
function record(stream) {
  const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one));
  const media = new MediaRecorder(stream, {
    audioBitsPerSecond: BITS_A_SECOND, ...(type && { mimeType: type }),
  });
  const meter = levelMeter(stream);
  const pieces = [];
  const loudest = new Array(seconds * BARS_A_SECOND).fill(0);
  let cancelled = false;
  let peak = null;
  let drawn = 0;
  let began = performance.now();

  function tick() {
    const passed = Math.min(seconds, (performance.now() - began) / 1000);
    const bar = Math.min(loudest.length - 1, Math.floor(passed * BARS_A_SECOND));
    const level = meter.read();
    if (level !== null) {
      peak = Math.max(peak ?? 0, level);
      loudest[bar] = Math.max(loudest[bar], level);
    }
    // Where motion is not wanted, once a second.
    if (!still.matches || Math.floor(passed) > drawn / BARS_A_SECOND || passed === seconds) {
      for (; drawn <= bar; drawn += 1) draw(drawn, loudnessOf(loudest[drawn]));
      drawn = still.matches ? Math.floor(passed) * BARS_A_SECOND : bar;
    }
    const left = String(Math.ceil(seconds - passed));
    if (clock.textContent !== left) {
      clock.textContent = left;
      // Said aloud: half-way, and no other number.
      if (Number(left) === Math.floor(seconds / 2)) status.textContent = `${left} seconds left.`;
    }
    if (passed === seconds) stop();
  }

  const stop = () => media.state !== "inactive" && media.stop();
  current = { stop, cancel() { cancelled = true; stop(); } };
  return new Promise((resolve, reject) => {
    let timer = 0;
    function end() {
      clearInterval(timer);
      meter.close();
      for (const track of stream.getTracks()) track.stop();
      current = null;
    }
    media.addEventListener("dataavailable", ({ data }) => pieces.push(data));
    media.addEventListener("start", () => {
      began = performance.now();
      timer = setInterval(tick, TICK_MS);
    });
    media.addEventListener("stop", () => {
      const lasted = (performance.now() - began) / 1000;
      end();
      resolve(cancelled ? null : { blob: new Blob(pieces, { type: media.mimeType }), lasted, peak });
    });
    media.addEventListener("error", ({ error }) => {
      end();
      reject(error);
    });
    media.start();
  });
}

async function start() {
  if (busy) return; // the browser is still asking
  busy = true;
  tell("");
  empty();
  show("idle", "Allow the microphone, if the browser asks.");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: AS_IT_IS });
    show("recording", `Listening for ${seconds} seconds.`);
    finish(await record(stream));
  } catch (error) {
    empty();
    show("idle", "");
    const known = { NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "none" };
    tell(known[error.name] ?? "busy");
  } finally {
    busy = false;
  }
}

function problemOf({ lasted, peak }) {
  if (lasted < least) return "short";
  return peak !== null && peak < SILENCE_PEAK ? "silent" : "";
}

function finish(heard) {
  const problem = heard ? problemOf(heard) : "";
  if (!heard || problem) {
    empty();
    show("idle", heard ? "" : "Cancelled. Nothing was kept.");
    tell(problem);
    return;
  }
  recording = heard.blob;
  audio.src = URL.createObjectURL(recording);
  show("recorded", `${Math.round(heard.lasted)} seconds are recorded, not sent yet.`);
}

function send() {
  const when = new Date().toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  const one = new DataTransfer();
  one.items.add(new File([recording], `Microphone, ${when}`, { type: recording.type }));
  form.elements.file.files = one.files;
  buttons.send.disabled = true;
  buttons.send.textContent = "Sending …";
  form.requestSubmit();
}

buttons.start.addEventListener("click", start);
buttons.again.addEventListener("click", start);
buttons.stop.addEventListener("click", () => current?.stop());
buttons.cancel.addEventListener("click", () => current?.cancel());
buttons.send.addEventListener("click", send);
// Nothing listens on behind a page that one has left.
addEventListener("pagehide", () => current?.cancel());
addEventListener("pageshow", () => {
  buttons.send.disabled = false;
  buttons.send.textContent = "Send it";
});

document.querySelector("[data-listen-without]").hidden = true;
if (!isSecureContext) {
  tell("insecure");
} else if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
  tell("unsupported");
} else {
  makeBars();
  empty();
  recorder.hidden = false;
}
