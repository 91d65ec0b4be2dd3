// Dialogs for verbs: set the fields that the opening button knows, offer the existing names, close when done.
import { sayUntilHeard } from "./status.js";

const living = {
  edges: () => [...document.querySelectorAll("[id^='panel-edge-']")].map((place) => place.id.slice("panel-edge-".length)),
  routes: () => [...document.querySelectorAll("#panel-truth [data-route]")].map((row) => row.dataset.route),
  consumers: () => [...document.querySelectorAll("#now-stream [id^='consumer-']")].map((row) => row.id.slice("consumer-".length)),
  allocations: () => [...document.querySelectorAll("#panel-truth [data-allocation]")].map((item) => item.dataset.allocation),
};

function offer(select) {
  const names = living[select.dataset.names]?.();
  if (!names?.length) return;
  const chosen = select.value;
  select.replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
}

function showNow(dialog, button) {
  const now = button.dataset.now ? JSON.parse(button.dataset.now) : {};
  for (const place of dialog.querySelectorAll("[data-now-of]")) {
    const value = now[place.dataset.nowOf];
    place.textContent = value === undefined ? "" : `now: ${value}`;
  }
}

// Propose a real change: a ready allocation that does not own the route now.
function proposeOwner(dialog) {
  const route = dialog.querySelector("[name='route']")?.value;
  const owner = document.getElementById(`truth-${route}`)?.dataset.mark?.split(" ")[0];
  const ready = [...document.querySelectorAll("#panel-truth .is-ready[data-allocation]")].map((item) => item.dataset.allocation);
  const to = dialog.querySelector("[name='to']");
  if (to?.value === owner) to.value = ready.find((name) => name !== owner) ?? to.value;
}

document.getElementById("dialog-promote")?.addEventListener("change", (event) => {
  if (event.target.name === "route") proposeOwner(event.currentTarget);
});

// Reset the fields for each use. Only after a refusal the typed values stay, to be corrected.
function prepare(dialog, button) {
  if (!("refused" in dialog.dataset)) dialog.querySelector("form")?.reset();
  dialog.querySelectorAll("select[data-names]").forEach(offer);
  for (const [key, value] of Object.entries(button.dataset)) {
    if (!key.startsWith("set")) continue;
    const field = dialog.querySelector(`[name="${key.slice(3).toLowerCase()}"]`);
    if (field) field.value = value;
  }
  if (dialog.id === "dialog-promote" && !("refused" in dialog.dataset) && !("setTo" in button.dataset)) proposeOwner(dialog);
  showNow(dialog, button);
  const complaint = dialog.querySelector(".complaint");
  if (complaint) complaint.textContent = "";
}

// The browser opens and closes the dialogs itself (`command`); for an older one, here is the same in two lines.
const older = !("commandForElement" in HTMLButtonElement.prototype);

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[commandfor]");
  if (!button || button.disabled) return;
  const dialog = document.getElementById(button.getAttribute("commandfor"));
  const opens = button.getAttribute("command") === "show-modal";
  if (opens) prepare(dialog, button);
  if (older && opens) dialog.showModal();
  else if (older) dialog.close();
});

// Tab never leaves an open dialog: after its last field comes its first. Without this the browser's own bar is next.
document.addEventListener("keydown", (event) => {
  const dialog = document.querySelector("dialog:modal");
  if (event.key !== "Tab" || !dialog) return;
  const stops = [...dialog.querySelectorAll("input, select, textarea, button, a[href]")].filter((one) => !one.disabled);
  const here = stops.indexOf(document.activeElement);
  const next = event.shiftKey ? (here <= 0 ? stops.at(-1) : null) : here === stops.length - 1 ? stops[0] : null;
  if (!next) return;
  next.focus();
  event.preventDefault();
});

function sentence(html) {
  return new DOMParser().parseFromString(html, "text/html").body.textContent.trim();
}

// A refusal by the database, the broker or the lab: other input would not help.
const REFUSED = 409;
const DOWN = 500;

// An answer closes the dialog, so that its effect is visible. Invalid input keeps it open, with the typed values and
// the reason, because an open dialog covers the status line.
document.addEventListener("htmx:after:request", (event) => {
  const dialog = event.target.closest?.("dialog");
  if (!dialog) return;
  const context = event.detail?.ctx;
  const status = context?.response?.status ?? context?.response?.raw?.status ?? 0;
  dialog.toggleAttribute("data-refused", status >= 400);
  if (status < 400 || status === REFUSED || status >= DOWN) dialog.close();
  else dialog.querySelector(".complaint").textContent = sentence(context.text);
});

// No answer came: the app or the connection is down. The typed values stay in the dialog.
document.addEventListener("htmx:error", (event) => {
  const form = event.target.closest?.("form");
  if (!form || !event.detail?.ctx) return;
  const dialog = form.closest("dialog");
  dialog?.toggleAttribute("data-refused", true);
  dialog?.close();
  sayUntilHeard("No answer came: the connection to the app is lost. The page shows any effect once it is back.");
});
