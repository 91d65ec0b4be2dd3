// The age of what is on the screen. A stream gone quiet looks connected for ever, so it is reopened from here.
const LATE_MS = 8000;
const QUIET_MS = 13000;
const chip = document.getElementById("age");
let connection = null;
let heard = performance.now();
let tried = 0;

function hear() {
  heard = performance.now();
  show();
}

function show() {
  const age = performance.now() - heard;
  const state = age > LATE_MS ? "old" : connection ? "live" : "new";
  const words = { live: "live", new: "connecting", old: `${Math.round(age / 1000)} s old, reconnecting` }[state];
  if (chip.textContent !== words) chip.textContent = words;
  chip.dataset.age = state;
  chip.title = state === "live" ? "What is on the screen is as of now" : "What is on the screen may be out of date";
}

document.addEventListener("htmx:sse:after:connection", (event) => {
  connection = event.detail.connection;
  hear();
});
document.addEventListener("htmx:sse:after:message", (event) => {
  connection = event.detail?.connection ?? connection;
  hear();
});
document.addEventListener("beat", hear);
for (const trouble of ["htmx:sse:close", "htmx:sse:error"]) {
  document.addEventListener(trouble, () => {
    connection = null;
    show();
  });
}
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) show();
});

setInterval(() => {
  if (document.hidden) return;
  const now = performance.now();
  if (now - Math.max(heard, tried) > QUIET_MS) {
    tried = now;
    connection?.reader?.cancel();
  }
  show();
}, 1000);
