// The guide: announces what has just passed, keeps the address at the current step, and shows where a move acts.
import { whisper } from "./status.js";

const RING_MS = 2000;
const guide = document.getElementById("panel-guide");
const checks = (state) => [...guide.querySelectorAll(`li.is-now .checks .${state} p:first-child`)].map((label) => label.textContent);
const current = () => guide.querySelector("li.is-now");
const number = () => guide.querySelector("[data-step]")?.dataset.step;

const known = { "is-passed": new Set(), "is-broken": new Set() };
let step = guide ? current()?.id : undefined;
let stays = guide ? Boolean(current()?.classList.contains("is-passed")) : false;
let ringing = 0;
let lastAt = guide?.querySelector("li.is-now .move.is-next[data-at]")?.dataset.at ?? "";

function bringIntoView(item) {
  const scrolls = guide.scrollHeight > guide.clientHeight && getComputedStyle(guide).overflowY === "auto";
  if (!scrolls) return;
  const { top, bottom } = item.getBoundingClientRect();
  const box = guide.getBoundingClientRect();
  if (top < box.top || bottom > box.bottom) guide.scrollTop += top - box.top - 70;
}

// If guide and stage share one column, show the way back to the step once it is out of view.
const sight = new IntersectionObserver((seen) => {
  const { isIntersecting, boundingClientRect } = seen.at(-1);
  guide.classList.toggle("is-away", !isIntersecting && boundingClientRect.bottom < innerHeight / 2);
});

function watch() {
  sight.disconnect();
  const due = current() ?? guide.querySelector(".debrief");
  if (due) sight.observe(due);
}

// The outline of a hinted panel is set on the stage. A style rule that looked for it in the guide (`:has`) would be
// evaluated at every change of the page.
function point(at = guide.querySelector("[data-look-at]")?.dataset.lookAt ?? "") {
  const { dataset } = document.querySelector(".stage");
  if (dataset.lookAt !== at) dataset.lookAt = at;
}

function pointAt(event) {
  if (ringing) return;
  const move = event.target.closest?.(".move[data-at]");
  if (move?.dataset.at) point(move.dataset.at);
  else point();
}

function show(panel) {
  document.getElementById(panel)?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  point(panel);
  clearTimeout(ringing);
  ringing = setTimeout(() => {
    ringing = 0;
    point();
  }, RING_MS);
}

// What has just ticked or failed is to be seen at its place: that of the move which was made last.
function showWhere() {
  const made = [...guide.querySelectorAll("li.is-now .move.is-made[data-at], li.is-now .move.is-next[data-at]")].map((move) => move.dataset.at);
  const at = made.findLast(Boolean) ?? lastAt;
  if (at) show(at);
}

// The address is that of the current step. An address that asks for another step stays until that step has come.
function address() {
  const asked = guide.querySelector("[data-asked]");
  const at = number();
  if (asked && asked.dataset.asked !== at) return;
  asked?.remove();
  const url = new URL(location.href);
  if (at) url.searchParams.set("step", at);
  else url.searchParams.delete("step");
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}

// The checks that have come to a state since it was last asked.
function come(state) {
  const before = known[state];
  known[state] = new Set(checks(state));
  return [...known[state]].filter((label) => !before.has(label));
}

function look() {
  if (!ringing && !guide.matches(":hover")) point();
  const news = come("is-passed");
  const failed = come("is-broken");
  const item = current();
  const words = news.map((label) => `Passed: ${label}.`);
  const has = Boolean(item?.classList.contains("is-passed"));
  const before = step;
  if (item?.id !== step) {
    step = item?.id;
    if (item) words.push(`Now: ${item.querySelector("h2").textContent}.`);
    else if (guide.querySelector(".debrief")) words.push("The lab is finished.");
    if (before) guide.querySelector("[data-asked]")?.remove();
    const shown = item ?? guide.querySelector(".debrief");
    if (shown) bringIntoView(shown);
    watch();
  } else if (has && !stays) {
    words.push("This step is done. Go on when you have read what you saw.");
    guide.scrollTop = 0;
  }
  if ((news.length && item?.id === before) || failed.length) showWhere();
  lastAt = guide.querySelector("li.is-now .move.is-next[data-at]")?.dataset.at || (item?.id === before ? lastAt : "");
  stays = has;
  address();
  if (words.length) whisper(words.join(" "));
}

if (guide) {
  document.addEventListener("htmx:after:swap", look);
  for (const kind of ["pointerover", "focusin"]) guide.addEventListener(kind, pointAt);
  guide.addEventListener("pointerleave", () => ringing || point());
  guide.addEventListener("click", (event) => {
    const button = event.target.closest("[data-show]");
    if (button) show(button.dataset.show);
  });
  for (const state in known) come(state);
  point();
  watch();
  address();
}
