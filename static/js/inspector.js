// The inspector shows the place that is selected on the stage. A click or the focus on a place selects it. In projector
// mode the inspector comes with the first pick, and goes with Escape or its own button. In a recording the stage is
// replaced as a whole, so nothing of it is held here.
const stage = () => document.querySelector(".stage");
const inspector = () => document.getElementById("inspector");

function shut() {
  if (document.documentElement.dataset.view !== "projector" || !("inspecting" in stage().dataset)) return;
  if (inspector().contains(document.activeElement)) stage().querySelector("[data-picked]").focus();
  delete stage().dataset.inspecting;
}

function picked(name) {
  stage().dataset.inspecting = "";
  show(name);
}

let selected = "";

function show(name) {
  const place = stage().querySelector(`.scene [data-of="${CSS.escape(name)}"]`);
  if (!place) return;
  selected = stage().dataset.selected = name;
  for (const other of stage().querySelectorAll(".scene [data-of]")) other.toggleAttribute("data-picked", other === place);
  for (const sheet of inspector().querySelectorAll(".sheet-of")) sheet.hidden = sheet.dataset.of !== name;
  const title = document.getElementById("inspector-title");
  const words = place.querySelector("h3").textContent.trim();
  if (title.textContent !== words) title.textContent = words;
  document.getElementById("panel-code").dataset.part = name.startsWith("edge") ? "edge" : name;
}

// A place is picked by its ground or its words; its own links and buttons do what they say.
document.addEventListener("click", ({ target }) => {
  if (target.closest?.("#inspector-shut")) shut();
  const place = target.closest?.(".scene [data-of]");
  if (place && !target.closest("button, a, summary, input") && !getSelection().toString()) picked(place.dataset.of);
});
document.addEventListener("focusin", ({ target }) => {
  if (target.matches(".scene [data-of]")) picked(target.dataset.of);
});
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape" && stage() && !document.querySelector("dialog:modal")) shut();
});
if (inspector()) show(stage().dataset.selected);

// Lanes, or the same as a list. A box of the lanes opens its moment in the list.
const journal = () => document.getElementById("panel-journal");
let isList = false;

function asList(on) {
  isList = on;
  stage().toggleAttribute("data-list", on);
  const box = journal().querySelector("[data-as-list]");
  if (box) box.checked = on;
}

// Only the list scrolls: what is around it does not, and has no way back.
function bring(details) {
  const list = details.closest("[data-keep-end]");
  const [row, seen] = [details.getBoundingClientRect(), list.getBoundingClientRect()];
  if (row.top < seen.top || row.height > seen.height) list.scrollTop += row.top - seen.top;
  else if (row.bottom > seen.bottom) list.scrollTop += row.bottom - seen.bottom;
}

function open(id) {
  const details = document.querySelector(`#${CSS.escape(id)} > details`);
  if (!details) return;
  asList(true);
  details.open = true;
  bring(details);
  // Rows above it that are laid out only now may be taller than was thought.
  requestAnimationFrame(() => requestAnimationFrame(() => bring(details)));
  details.querySelector("summary").focus({ preventScroll: true });
}

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-as-list]")) asList(target.checked);
});
document.addEventListener("click", (event) => {
  const box = event.target.closest?.("a[href^='#moment-']");
  if (!box) return;
  event.preventDefault();
  open((box.getAttribute("href")).slice(1));
});

// The lanes stay at their right end, unless the reader has moved them.
let atEnd = true;
let moved = 0;
const lanes = () => journal()?.querySelector("[data-keep-right]");
function toRight() {
  const list = lanes();
  if (list && atEnd) list.scrollLeft = list.scrollWidth;
  moved = list?.scrollLeft ?? 0;
}
document.addEventListener("scroll", ({ target }) => {
  // New boxes make the picture wider, which is no wish to look back.
  if (target !== lanes()) return;
  if (target.scrollWidth - target.scrollLeft - target.clientWidth < 24) atEnd = true;
  else if (target.scrollLeft < moved) atEnd = false;
}, { capture: true, passive: true });
document.addEventListener("htmx:after:swap", () => {
  if (!journal()) return;
  if (selected && !stage().querySelector("[data-picked]")) show(selected);
  if (isList) asList(true);
  requestAnimationFrame(toRight);
});
if (journal()) new ResizeObserver(toRight).observe(journal());
