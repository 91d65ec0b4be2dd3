// The pages of the front desk: the secret behind the #, the order of the wall, a clicker's keys, and what all pages have.
import "./away.js";
import "./copy.js";
import "./dialogs.js";
import { say } from "./status.js";
import { toggleProjector, toggleTheme } from "./theme.js";

// The teacher's secret stands behind the # of the address, where no server and no log sees it. It goes into a form.
const form = document.querySelector("[data-secret-form]");
const secret = decodeURIComponent(location.hash.slice(1));
if (form && secret) {
  history.replaceState(null, "", location.pathname);
  form.elements.secret.value = secret;
  // After a refusal the same secret would be refused again.
  if (!document.querySelector("[role='alert']")) form.requestSubmit();
}

// The wall: who needs help is first. Tiles move only while nobody points at one, and keep the focus.
const tiles = document.getElementById("tiles");
const SORT_EACH_MS = 1000;
const urgency = (tile) => tile.dataset.urgency.split(" ").map(Number);

function compare(one, other) {
  const [a, b] = [urgency(one), urgency(other)];
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

function sort() {
  if (tiles.matches(":hover") || tiles.contains(document.activeElement)) return;
  const now = [...tiles.children];
  const wanted = now.toSorted(compare);
  if (now.every((tile, place) => tile === wanted[place])) return;
  tiles.replaceChildren(...wanted);
}

if (tiles) setInterval(sort, SORT_EACH_MS);

// The presenter's view: a clicker sends Page Up and Page Down.
function turn(by) {
  const button = document.querySelector(`[data-presenter] [data-turn="${by}"]`);
  button?.click();
  return Boolean(button);
}

const goes = (to) => () => location.assign(to);
const keys = {
  "?": () => document.getElementById("keys")?.showModal(),
  t: toggleTheme,
  p: toggleProjector,
  w: goes("/room/wall/"),
  c: goes("/room/conduct/"),
  v: goes("/room/votes/"),
  d: goes("/room/demo/"),
  n: () => document.querySelector("[data-names-toggle]")?.click(),
};

const typed = "input:not([type='radio'], [type='checkbox']), select, textarea";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest(typed) || document.querySelector("dialog:modal")) return;
  const by = { PageUp: -1, PageDown: 1 }[event.key];
  if (by && turn(by)) event.preventDefault();
  else if (Object.hasOwn(keys, event.key) && (document.getElementById("keys") || "tp".includes(event.key))) {
    keys[event.key]();
    event.preventDefault();
  }
});

// What was done at the presenter's view is seen at once, and not at its next look.
document.addEventListener("htmx:after:request", (event) => {
  const place = document.querySelector("[data-presenter]");
  if (place && event.target.matches?.("form")) htmx.ajax("GET", "/room/demo/now", { target: place, swap: "innerMorph" });
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});

// A numbers field is for one choice only, and choosing it leads there.
document.addEventListener("change", (event) => {
  if (event.target.matches("select[name='who']") && event.target.value === "numbers") {
    event.target.closest("form").elements.numbers.focus();
  }
});
document.addEventListener("input", (event) => {
  if (!event.target.matches("input[name='numbers']")) return;
  const who = event.target.closest("form").elements.who;
  if (event.target.value.trim()) who.value = "numbers";
});

// The form of a message is empty again once it was sent.
document.addEventListener("htmx:after:request", (event) => {
  const sent = event.target.closest?.("form");
  const status = event.detail?.ctx?.response?.status ?? event.detail?.ctx?.response?.raw?.status ?? 0;
  if (sent?.elements.text?.tagName === "TEXTAREA" && status && status < 400) sent.reset();
});
document.addEventListener("htmx:error", (event) => {
  if (event.target.closest?.("form")) say("No answer came: the front desk is away. Benches go on. Try again in a moment.");
});
