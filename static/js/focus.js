// The focus never falls back to the body. If the focused control is removed or locked, the focus goes to the same
// control drawn again, otherwise to the next step in the guide, otherwise to the control's panel.
const GUIDE = "panel-guide";
let last = null;

const carried = (form) => (form ? `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}` : "");
const usable = (element) => element?.isConnected && !element.disabled && element.getClientRects().length > 0;

function remember(element) {
  // What has the focus in a dialog is no place to come back to: what opened the dialog stays remembered.
  if (element.closest("dialog")) return;
  const form = element.closest("form.act");
  last = { element, id: element.id, act: carried(form), form: element.closest("form[id]")?.id, panel: element.closest("[id^='panel-']")?.id };
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
  if (last.panel === GUIDE) {
    if (last.form) yield panel.querySelector(`li.is-now #${CSS.escape(last.form)}`);
    yield panel.querySelector("li.is-now > h2, #debrief-title");
  }
  yield panel;
  yield document.getElementById("main");
}

// Only the guide may scroll, to the next step. The stage keeps its scroll position.
function keep() {
  const here = document.activeElement;
  // Keep the focus if an element has it. Otherwise ask what is drawn, which forces a layout of the page.
  if (!last || (here === last.element && !here.disabled && here.isConnected)) return;
  if (usable(last.element) || document.querySelector("dialog:popover-open")) return;
  // In a dialog that has just closed, a button keeps the focus for a moment more.
  if (here !== last.element && here !== document.body && usable(here)) return;
  for (const place of places()) {
    if (!usable(place)) continue;
    place.focus({ preventScroll: place.tagName !== "H2" });
    if (document.activeElement === place) return;
  }
}

document.addEventListener("focusin", (event) => remember(event.target));
// A click on the background gives up the focus.
document.addEventListener("click", () => {
  if (document.activeElement === document.body && usable(last?.element)) last = null;
});
// A dialog returns the focus to the button that opened it, which may be gone. A frame may come before `toggle` does.
document.addEventListener("beforetoggle", () => queueMicrotask(keep), true);
document.addEventListener("toggle", keep, true);
new MutationObserver(keep).observe(document.body, {
  subtree: true, childList: true, attributes: true, attributeFilter: ["disabled"],
});
