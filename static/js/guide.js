// The guide: announces the checks that have just passed, and scrolls a new step into view.
import { whisper } from "./status.js";

const guide = document.getElementById("panel-guide");
const passed = () => [...guide.querySelectorAll(".checks .is-passed p:first-child")].map((label) => label.textContent);
const current = () => guide.querySelector("li.is-now");

let known = new Set(guide ? passed() : []);
let step = guide ? current()?.id : undefined;

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
function point() {
  const { dataset } = document.querySelector(".stage");
  const at = guide.querySelector("[data-look-at]")?.dataset.lookAt ?? "";
  if (dataset.lookAt !== at) dataset.lookAt = at;
}

function look() {
  point();
  const news = passed().filter((label) => !known.has(label));
  known = new Set(passed());
  const item = current();
  const words = news.map((label) => `Passed: ${label}.`);
  if (item?.id !== step) {
    // Correct use and trap were read before the start. From now on the step needs the space.
    if (!step && item) document.getElementById("guide-pair").open = false;
    step = item?.id;
    words.push(item ? `Now: ${item.querySelector("h2").textContent}.` : "The lab is finished.");
    const shown = item ?? guide.querySelector(".debrief");
    if (shown) bringIntoView(shown);
    watch();
  }
  if (words.length) whisper(words.join(" "));
}

if (guide) {
  document.addEventListener("htmx:after:swap", look);
  point();
  watch();
}
