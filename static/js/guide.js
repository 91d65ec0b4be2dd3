// The guide: what has just passed is read aloud, and a new step comes into view in a guide that scrolls by itself.
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

function look() {
  const news = passed().filter((label) => !known.has(label));
  known = new Set(passed());
  const item = current();
  const words = news.map((label) => `Passed: ${label}.`);
  if (item?.id !== step) {
    step = item?.id;
    words.push(item ? `Now: ${item.querySelector("h2").textContent}.` : "The lab is finished.");
    const shown = item ?? guide.querySelector(".debrief");
    if (shown) bringIntoView(shown);
  }
  if (words.length) whisper(words.join(" "));
}

if (guide) document.addEventListener("htmx:after:swap", look);
