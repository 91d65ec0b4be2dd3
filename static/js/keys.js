// Keys: ? lists them; digits go to an edge, letters to the other places; space, c and e let go in step, u undoes, r resets, t and
// p change the look. None fires while something is being typed or a dialog is open.
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

// What the current step wants next: a move, a choice, an answer, or to go on.
function toMove() {
  const due = ".move.is-next button, .predict:not(:has(.is-right)) input[type='radio'], .go-on button";
  const here = current()?.querySelector(due) ?? document.querySelector("#panel-guide .begin button");
  if (here) here.focus();
  else toGuide();
}

const typed = "input:not([type='radio'], [type='checkbox']), select, textarea, [contenteditable]";
const chosen = "input[type='radio'], input[type='checkbox']";

// The button of a verb that has one button on the page, wherever it is drawn.
const verb = (name, value) => {
  const has = value ? `:has(input[value='${value}'])` : "";
  return document.querySelector(`.stage form.act[action$='/bench/verbs/${name}']${has} button:not(:disabled)`);
};

function pressVerb(name, otherwise, value) {
  const button = verb(name, value);
  if (button) button.click();
  else say(otherwise);
}

const keys = {
  "?": () => document.getElementById("keys").showModal(),
  t: toggleTheme,
  p: toggleProjector,
  g: toGuide,
  m: toMove,
  r: () => pressVerb("reset", "There is nothing to reset here."),
  u: () => pressVerb("undo", "There is nothing to undo here."),
  c: () => pressVerb("run_on", "Nobody waits here.", "next commit"),
  e: () => pressVerb("run_on", "Nobody waits here.", "end"),
  0: () => goTo("panel-truth"),
  y: () => goTo("panel-relay"),
  s: () => goTo("panel-stream"),
  j: () => goTo("panel-journal"),
  i: () => {
    document.querySelector(".stage")?.setAttribute("data-inspecting", "");
    goTo("inspector");
  },
  b: () => document.querySelector("#panel-broker button")?.focus(),
};

function edge(digit) {
  const place = document.querySelector(`[data-edge="${digit}"]`);
  if (place) goTo(place.id);
}

// In step mode the space bar releases the actor that has waited longest, wherever the focus is. Enter presses a button.
// If none waits, it scrolls or presses as usual.
const waiting = () => document.querySelector(".bench-controls form[action$='/bench/verbs/go_on'] button");
const releases = (event) => event.key === " " && !event.target.closest(chosen) && waiting();

// Projector mode: a presenter's two keys go through the guide. A step that is done is shown while it is open.
const isProjected = () => document.documentElement.dataset.view === "projector";
const past = () => [...document.querySelectorAll("#all-steps li.is-done")];
const shown = () => past().find((item) => item.closest("#all-steps").open && item.querySelector(":scope > details").open);
const current = () => document.querySelector("#panel-guide li.is-now");

// Without an item: back to the current step, or to the debrief.
function turnTo(item) {
  for (const done of past()) done.querySelector(":scope > details").open = done === item;
  document.getElementById("all-steps").open = Boolean(item);
  (item?.querySelector("summary") ?? document.querySelector("#panel-guide li.is-now > h2, #debrief-title"))?.focus();
}

function back() {
  const done = past();
  const at = shown();
  const before = at ? done[done.indexOf(at) - 1] : done.at(-1);
  if (before) turnTo(before);
  else say("This is the first step.");
}

function on() {
  const done = past();
  const at = shown();
  if (at) return turnTo(done[done.indexOf(at) + 1]);
  const button = current()?.querySelector("[data-go-on] button, button[data-go-on], form[action$='/proceed'] button");
  if (button) return button.click();
  return say(current() ? "This step is not done yet." : "There is no further step.");
}

function turns(event) {
  if (!isProjected() || !document.getElementById("panel-guide")) return false;
  if (event.key === "PageUp") back();
  else if (event.key === "PageDown") on();
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest(typed) || document.querySelector("dialog:modal")) return;
  if (/^[1-9]$/.test(event.key)) edge(event.key);
  else if (releases(event)) waiting().click();
  else if (turns(event)) ;
  else if (Object.hasOwn(keys, event.key)) keys[event.key]();
  else return;
  event.preventDefault();
});
// A button is pressed when Space comes up again, unless that press has let somebody go.
let released = false;
document.addEventListener("keydown", (event) => {
  if (event.key === " ") released = event.defaultPrevented;
});
document.addEventListener("keyup", (event) => {
  if (event.key === " " && released) event.preventDefault();
});
