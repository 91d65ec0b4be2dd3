// The focus is never lost to the page's ground. When the control that had it is drawn away or locked, it goes to the
// same control drawn anew, else in the guide to what comes next, else to the panel that the control stood in.
const GUIDE = "panel-guide";
let last = null;

const carried = (form) => (form ? `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}` : "");
const usable = (element) => element?.isConnected && !element.disabled && element.getClientRects().length > 0;

function remember(element) {
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

// Only the guide may scroll, to what comes next: what is looked at on the stage stays where it is.
function keep() {
  const here = document.activeElement;
  // What has the focus keeps it. Only for the rest is it worth asking what is drawn, which lays out the page.
  if (!last || (here === last.element && !here.disabled && here.isConnected)) return;
  if (usable(last.element) || document.querySelector("dialog:popover-open")) return;
  if (here && here !== document.body && here !== last.element) return;
  for (const place of places()) {
    if (!usable(place)) continue;
    place.focus({ preventScroll: place.tagName !== "H2" });
    if (document.activeElement === place) return;
  }
}

document.addEventListener("focusin", (event) => remember(event.target));
// Who points at the ground lets go of what had the focus.
document.addEventListener("click", () => {
  if (document.activeElement === document.body && usable(last?.element)) last = null;
});
// A dialog gives the focus back to what opened it, which may be gone by then. A frame may come before `toggle` does.
document.addEventListener("beforetoggle", () => queueMicrotask(keep), true);
document.addEventListener("toggle", keep, true);
new MutationObserver(keep).observe(document.body, {
  subtree: true, childList: true, attributes: true, attributeFilter: ["disabled"],
});
