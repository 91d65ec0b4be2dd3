// The switches between light and dark and to projector mode, both remembered in this browser.
import { say } from "./status.js";

const root = document.documentElement;

function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Switched, but not remembered.
  }
}

export function toggleTheme() {
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  keep("theme", root.dataset.theme);
}

const isProjected = () => root.dataset.view === "projector";

function showProjector() {
  document.querySelector("[data-projector-toggle]")?.setAttribute("aria-pressed", isProjected());
}

// When all is of another size, the step that is due stays in sight.
function keepStep() {
  document.querySelector("#panel-guide li.is-now > h2")?.scrollIntoView({ block: "nearest" });
}

export function toggleProjector() {
  root.dataset.view = isProjected() ? "desk" : "projector";
  keep("view", root.dataset.view);
  showProjector();
  keepStep();
  say(isProjected() ? "Projector mode: larger text, the inspector when a place is picked, no finished steps." : "Projector mode is off.");
}

showProjector();
addEventListener("resize", () => {
  if (isProjected()) keepStep();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-toggle]")) toggleTheme();
  if (event.target.closest("[data-projector-toggle]")) toggleProjector();
});
