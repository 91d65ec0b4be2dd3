// A seat in a room: follows where the teacher has sent the bench, and finds the way when the host of the bench is gone.
// The teacher who looks at it finds the way as well.
const LOST_MS = 5500;
const ASK_MS = 1500;
const line = () => document.getElementById("room");
const facts = () => line()?.querySelector("[data-sent]")?.dataset;
const watched = () => document.querySelector("#watching [data-page]")?.dataset;

let sent = facts()?.sent;
const page = watched()?.page;
let lostAt = 0;

function clocks() {
  for (const time of document.querySelectorAll("time[data-clock]")) {
    const at = new Date(Number(time.dataset.clock) * 1000);
    const words = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    if (time.textContent !== words) time.textContent = words;
  }
}

function look() {
  if (line()?.querySelector("[data-gone]")) {
    location.reload();
    return;
  }
  const now = facts();
  if (now && now.sent !== sent) {
    sent = now.sent;
    if (location.pathname !== now.sentTo) location.assign(now.sentTo);
  }
  if (watched()?.page !== page) location.reload();
  clocks();
}

// The desk is asked whether it is there before the page is left: a page with the last picture is better than none.
async function ask() {
  const seat = watched();
  const desk = (seat ?? facts())?.desk;
  if (!desk || !lostAt || Date.now() - lostAt < LOST_MS) return;
  try {
    await fetch(`${desk}/healthz`, { mode: "no-cors", cache: "no-store", signal: AbortSignal.timeout(ASK_MS) });
  } catch {
    return;
  }
  if (lostAt) location.assign(seat ? `${desk}/room/seats/${seat.number}/watch` : `${desk}/back`);
}

if (line() || page !== undefined) {
  document.addEventListener("htmx:after:swap", look);
  document.addEventListener("htmx:sse:after:message", () => {
    lostAt = 0;
  });
  for (const trouble of ["htmx:sse:close", "htmx:sse:error"]) {
    document.addEventListener(trouble, () => {
      lostAt ||= Date.now();
    });
  }
  setInterval(ask, ASK_MS);
  clocks();
}
