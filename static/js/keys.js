// Keys: ? lists them; digits go to an edge, letters to the other places; r resets, t and p change the look. None fires while something is being typed or a dialog is open.
import { say } from "./status.js";
import { toggleProjector, toggleTheme } from "./theme.js";

function goTo(id) {
  const place = document.getElementById(id);
  if (!place) return;
  place.scrollIntoView({ block: "nearest" });
  place.focus({ preventScroll: true });
}

// The current step in the guide.
function toGuide() {
  const here = document.querySelector("#panel-guide li.is-now > h2, #debrief-title");
  if (here) here.focus();
  else goTo("panel-guide");
}

const typed = "input:not([type='radio'], [type='checkbox']), select, textarea, [contenteditable]";

const keys = {
  "?": () => document.getElementById("keys").showModal(),
  t: toggleTheme,
  p: toggleProjector,
  g: toGuide,
  r: () => {
    const button = document.querySelector("#panel-verdict form[action='/bench/verbs/reset'] button");
    if (button) button.click();
    else say(document.querySelector("#panel-verdict .is-locked")?.title ?? "There is nothing to reset here.");
  },
  0: () => goTo("panel-truth"),
  y: () => goTo("panel-relay"),
  s: () => goTo("panel-stream"),
  j: () => goTo("panel-journal"),
  b: () => document.querySelector("#panel-broker button")?.focus(),
};

function edge(digit) {
  const place = document.querySelector(`[data-edge="${digit}"]`);
  if (place) goTo(place.id);
}

// In step mode the space bar releases the actor that has waited longest. If none waits, it scrolls as usual.
const waiting = () => document.querySelector("#panel-verdict form[action='/bench/verbs/go_on'] button");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest(typed) || document.querySelector("dialog:modal")) return;
  // The space bar keeps its own meaning on controls that use it.
  if (event.key === " " && event.target.closest("button, a, summary, input")) return;
  if (/^[1-9]$/.test(event.key)) edge(event.key);
  else if (event.key === " " && waiting()) waiting().click();
  else if (Object.hasOwn(keys, event.key)) keys[event.key]();
  else return;
  event.preventDefault();
});
