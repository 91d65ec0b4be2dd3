// The age of the page, counted from when the app sent it, not from when it arrived. So a page that was slow or asleep
// knows its age too. A silent stream looks connected for ever, so this module reopens it.
import { ago, forgetClock, sentAt, span } from "./clock.js";
import { whisper } from "./status.js";

const LOST_MS = 1500;
const LATE_MS = 8000;
const QUIET_MS = 13000;
const chip = document.getElementById("age");
const note = document.getElementById("stale");
const loaded = Date.now();
let connection = null;
let asOf = loaded;
let heard = loaded;
let lostAt = null;
let tried = 0;
let boot = "";
let told = "live";
let over = "";

function state(now) {
  if (over) return "over";
  if (!connection && !boot && now - loaded < LATE_MS) return "new";
  if (!connection) return now - lostAt > LOST_MS ? "lost" : "again";
  if (now - heard > LATE_MS) return "lost";
  return now - asOf > LATE_MS ? "behind" : "live";
}

const words = {
  live: () => ["live", "The page is up to date.", ""],
  new: () => ["connecting", "The page shows the state at the time when it was loaded.", ""],
  again: (age) => [`as of ${age} ago`, "Reconnecting.", ""],
  behind: (age) => [`as of ${age} ago`, "Changes arrive late.", `As of ${age} ago; this page lags and is catching up.`],
  lost: (age) => [`as of ${age} ago`, "The connection is lost.", `As of ${age} ago; connection lost, trying again.`],
  over: (age) => [`as of ${age} ago`, "The page is no longer updated.", over],
};
const aloud = {
  lost: "Connection lost, trying again.",
  behind: "This page lags and is catching up.",
  live: "Connected again. The page is up to date.",
  over: "This page is no longer updated. Reload it.",
};

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function show() {
  const now = Date.now();
  const here = state(now);
  const [short, title, long] = words[here](span((now - asOf) / 1000));
  put(chip, short);
  chip.dataset.age = here === "live" ? "live" : long ? "old" : "new";
  chip.title = title;
  put(note, long);
  if (note.hidden !== !long) note.hidden = !long;
  note.parentElement.classList.toggle("is-stale", Boolean(long));
  if (here !== told && here in aloud) {
    whisper(aloud[here]);
    told = here;
  }
  for (const since of document.querySelectorAll("[data-since]")) put(since, `${span(ago(Number(since.dataset.since)))} ago`);
}

// Reopens the stream: the app then sends the present state and drops the queued frames.
function reopen(now) {
  tried = now;
  connection?.reader?.cancel();
}

// The app has ended this view for good. Remove the reconnect, so that this view does not end another one.
function end(sentence) {
  over = sentence;
  document.getElementById("live").remove();
}

function hear(event) {
  connection = event.detail.connection;
  const { id, event: name, data } = event.detail.message;
  if (name === "over") end(data);
  heard = Date.now();
  lostAt = null;
  if (id) {
    const started = id.split("-")[0];
    if (boot && started !== boot) whisper("The app was restarted.");
    boot = started;
    asOf = sentAt(id);
  }
  show();
}

// The first time, the app need not send what the page was loaded with. After any message the page is not as it was then.
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const known = document.getElementById("known")?.dataset.known;
  if (known && !boot && ctx.sourceElement?.id === "live") ctx.request.headers["Study-Lab-Known"] = known;
});
document.addEventListener("htmx:sse:after:connection", (event) => {
  connection = event.detail.connection;
  heard = Date.now();
  forgetClock();
  show();
});
document.addEventListener("htmx:sse:after:message", hear);
for (const trouble of ["htmx:sse:close", "htmx:sse:error", "htmx:sse:before:connection"]) {
  document.addEventListener(trouble, () => {
    connection = null;
    lostAt ??= Date.now();
    show();
  });
}
// A hidden page closes its connection, and reopens it when it is visible again.
document.addEventListener("visibilitychange", () => {
  connection = null;
  lostAt = Date.now();
  if (!document.hidden) show();
});

setInterval(() => {
  if (document.hidden || over) return;
  const now = Date.now();
  if (now - Math.max(heard, tried) > QUIET_MS || (state(now) === "behind" && now - tried > QUIET_MS)) reopen(now);
  show();
}, 1000);
