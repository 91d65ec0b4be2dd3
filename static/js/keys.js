// Keys: ? lists them; digits go to an edge; r resets. None fires while something is being typed or a dialog is open.
import { say } from "./status.js";
import { toggleTheme } from "./theme.js";

function goTo(id) {
  const place = document.getElementById(id);
  if (!place) return;
  place.scrollIntoView({ block: "nearest" });
  place.focus({ preventScroll: true });
}

const keys = {
  "?": () => document.getElementById("keys").showModal(),
  t: toggleTheme,
  g: () => goTo("panel-guide"),
  r: () => {
    const button = document.querySelector("#panel-verdict form[action='/bench/verbs/reset'] button");
    if (button) button.click();
    else say(document.querySelector("#panel-verdict .is-locked")?.title ?? "There is nothing to reset here.");
  },
  0: () => goTo("panel-truth"),
  " ": () => document.querySelector("#panel-verdict form[action='/bench/verbs/go_on'] button")?.click(),
};

function edge(digit) {
  const place = document.querySelector(`[data-edge="${digit}"]`);
  if (place) goTo(place.id);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest("input, select, textarea, [contenteditable]") || (event.key === " " && event.target.closest("button, a, summary")) || document.querySelector("dialog[open]")) return;
  if (/^[1-9]$/.test(event.key)) edge(event.key);
  else if (Object.hasOwn(keys, event.key)) keys[event.key]();
  else return;
  event.preventDefault();
});
