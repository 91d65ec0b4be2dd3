// The front desk is away, or its stream is silent: the teacher's page says since when it shows what was known then.
const LOST_MS = 3000;
const QUIET_MS = 12000;
const LOOK_MS = 500;
const line = document.getElementById("away");
let connection = null;
let heard = Date.now();
let lostAt = 0;

const at = (time) => new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });

function since(now) {
  if (lostAt) return now - lostAt > LOST_MS ? lostAt : 0;
  return now - heard > QUIET_MS ? heard : 0;
}

function look() {
  if (document.hidden) return;
  const lost = since(Date.now());
  const words = lost ? `The front desk does not answer since ${at(lost)}. This page shows what was known then; benches go on.` : "";
  const place = line.querySelector("span");
  if (place.textContent !== words) place.textContent = words;
  if (line.hidden !== !lost) line.hidden = !lost;
  document.body.classList.toggle("is-away", Boolean(lost));
  // A silent stream looks connected for ever: it is opened again.
  if (lost && !lostAt) connection?.reader?.cancel();
}

function hear(event) {
  connection = event.detail.connection ?? connection;
  heard = Date.now();
  lostAt = 0;
  look();
}

if (line) {
  for (const news of ["htmx:sse:after:connection", "htmx:sse:after:message"]) document.addEventListener(news, hear);
  for (const trouble of ["htmx:sse:close", "htmx:sse:error"]) {
    document.addEventListener(trouble, () => {
      lostAt ||= Date.now();
    });
  }
  // A hidden page closes its stream, and opens it again when it is seen.
  document.addEventListener("visibilitychange", () => {
    heard = Date.now();
    lostAt = 0;
  });
  setInterval(look, LOOK_MS);
}
