// The focus never falls back to the body. If the focused control is removed or locked, the focus goes to the same
// control drawn again, otherwise to the next step in the guide, otherwise to the control's panel. A dialog gives the
// focus back in the same way: to what opened it, or to its twin.
const GUIDE = "panel-guide";
let last = null;

const carried = (form) => (form ? `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}` : "");
const usable = (element) => element?.isConnected && !element.disabled && element.getClientRects().length > 0;

function remember(element) {
  // What has the focus in a dialog is no place to come back to: what opened the dialog stays remembered.
  if (element.closest("dialog")) return;
  const form = element.closest("form.act");
  last = { element, id: element.id, act: carried(form), form: element.closest("form[id]")?.id,
    panel: element.closest("[id^='panel-']:not(#panel-code, #panel-trials), #inspector")?.id, sheet: element.closest("[popover]")?.id };
}

function sameAct(panel) {
  if (!last.act) return null;
  const forms = [...panel.querySelectorAll("form.act")];
  return forms.find((form) => carried(form) === last.act)?.querySelector("button");
}

function* places() {
  const panel = document.getElementById(last.panel);
  if (last.id) yield document.getElementById(last.id);
  if (panel) yield sameAct(panel);
  // A sheet closes when a dialog opens: what opens the sheet is next.
  if (last.sheet) yield document.querySelector(`[popovertarget="${CSS.escape(last.sheet)}"]`);
  if (last.panel === GUIDE) {
    if (last.form) yield panel.querySelector(`li.is-now #${CSS.escape(last.form)}`);
    // After a move the next one has the focus, so that Enter and Enter again play a step.
    if (last.form?.startsWith("move-")) yield panel.querySelector("li.is-now .move.is-next button");
    yield panel.querySelector("li.is-now > h2, #debrief-title");
  }
  yield panel;
  yield document.getElementById("main");
}

// After the start of a lab the focus is on the heading of its first step: the button that started it is drawn elsewhere,
// or not at all. Setting up the bench takes a while. A focus that is moved elsewhere meanwhile stays there, and so does
// that of a learner who has gone on to something else.
const STARTED_MS = 30_000;
let startedUntil = 0;

function begin(here) {
  const heading = document.querySelector(`#${GUIDE} li.is-now > h2`);
  const free = here === document.body || here?.id === GUIDE || here?.closest("form[action$='/start']");
  if (!heading || !free || Date.now() > startedUntil) return false;
  heading.focus();
  return document.activeElement === heading;
}

document.addEventListener("submit", ({ target }) => {
  // Enter at a choice sends its form, as its button does: from there the focus finds its way.
  if (target.matches(".predict") && document.activeElement?.type === "radio") target.querySelector("button.verb")?.focus();
  if (target.matches(`#${GUIDE} form[action$='/start']`)) startedUntil = Date.now() + STARTED_MS;
}, true);

for (const act of ["keydown", "pointerdown"]) document.addEventListener(act, () => { startedUntil = 0; }, true);

// Only the guide may scroll, to the next step. The stage keeps its scroll position.
function keep(closing = false) {
  const here = document.activeElement;
  if (startedUntil && begin(here)) return;
  // Keep the focus if an element has it. Otherwise ask what is drawn, which forces a layout of the page.
  if (!last || (here === last.element && !here.disabled && here.isConnected)) return;
  if (document.querySelector("dialog:modal") || (usable(last.element) && !closing)) return;
  // In a dialog that has just closed, a button keeps the focus for a moment more.
  if (here !== last.element && here !== document.body && usable(here)) return;
  for (const place of [last.element, ...places()]) {
    if (!usable(place)) continue;
    place.focus({ preventScroll: place.tagName !== "H2" });
    if (document.activeElement === place) return;
  }
}

document.addEventListener("focusin", ({ target }) => {
  remember(target);
  if (!target.closest(`#${GUIDE}`)) startedUntil = 0;
});
// A click on the background gives up the focus.
document.addEventListener("click", () => {
  if (document.activeElement === document.body && usable(last?.element)) last = null;
});
// A dialog returns the focus to the button that opened it, which may be gone. A frame may come before `close` does.
new MutationObserver((changes) => keep(changes.some((change) => change.attributeName === "open"))).observe(document.body, {
  subtree: true, childList: true, attributes: true, attributeFilter: ["disabled", "open"],
});
// The sheet that closes is a popover, and has no attribute that tells.
document.addEventListener("toggle", () => keep(), true);
