// A word with an explanation says it in place: on hover, on focus and on tap. The link to its page stays for a new tab, and
// for a browser without script. One card serves all words; each sentence is fetched when it is first asked for. Tab passes
// the card by, Enter goes into it, Esc and Tab come back.
const OPEN_MS = 250;
const CLOSE_MS = 350;
const SHOWN_MS = 2000;
const HUSH_MS = 80;
const GAP = 6;
const said = new Map();
const card = document.createElement("div");
card.className = "term-card";
card.id = "term-card";
card.popover = "auto";
card.setAttribute("role", "group");
card.setAttribute("aria-label", "Explanation");
document.body.append(card);

let word = null;
let timer = 0;
let quiet = null;

// /concepts/glossary#epoch and /concepts/stream are both asked for below the glossary.
function addressOf(link) {
  const { pathname, hash } = new URL(link.href);
  const folder = pathname.slice(0, pathname.indexOf("/concepts/") + "/concepts/".length);
  return `${folder}glossary/${hash ? hash.slice(1) : pathname.slice(folder.length)}`;
}

function fetched(address) {
  if (!said.has(address)) {
    const answer = fetch(address).then((found) => (found.ok ? found.text() : Promise.reject(new Error(found.statusText))));
    said.set(address, answer.catch(() => said.delete(address) && ""));
  }
  return said.get(address);
}

function place() {
  const at = word.getClientRects()[0];
  if (!at) return;
  const { width, height } = card.getBoundingClientRect();
  // Above the word: below it is what it was read for, often the button of the next move.
  const above = at.top - GAP - height > 0;
  card.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - width - 8))}px`;
  card.style.top = `${above ? at.top - GAP - height : at.bottom + GAP}px`;
}

async function open(link) {
  clearTimeout(timer);
  if (word === link && card.matches(":popover-open")) return;
  if (word !== link) close();
  word = link;
  const html = await fetched(addressOf(link));
  if (word !== link || !html || !link.isConnected) return;
  card.innerHTML = html;
  // Nothing to show where there is no stage.
  const show = card.querySelector("[data-show]");
  if (show && !document.getElementById(show.dataset.show)) show.remove();
  card.showPopover();
  link.setAttribute("aria-describedby", card.id);
  place();
}

// The focus that comes back to a word while its card closes is no wish to open it again.
function hush(link) {
  if (!link) return;
  quiet = link;
  setTimeout(() => (quiet = null), HUSH_MS);
}

function close() {
  clearTimeout(timer);
  word?.removeAttribute("aria-describedby");
  hush(word);
  word = null;
  if (card.matches(":popover-open")) card.hidePopover();
}

const later = (act, after) => {
  clearTimeout(timer);
  timer = setTimeout(act, after);
};
const termOf = (target) => target.closest?.("a.term");
const leads = (event) => event.ctrlKey || event.metaKey || event.shiftKey || event.button === 1;

// A word that a new step has drawn under a resting pointer was not asked for.
let pressed = null;
document.addEventListener("click", ({ clientX, clientY }) => (pressed = [clientX, clientY]), true);
const rests = ({ clientX, clientY }) => pressed?.[0] === clientX && pressed[1] === clientY;
document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch" || rests(event)) return;
  const link = termOf(event.target);
  if (link) later(() => open(link), OPEN_MS);
  else if (card.contains(event.target)) clearTimeout(timer);
});
document.addEventListener("pointerout", ({ target, relatedTarget, pointerType }) => {
  if (pointerType === "touch" || card.contains(relatedTarget) || card.contains(document.activeElement)) return;
  if (termOf(target) || card.contains(target)) later(() => document.activeElement !== word && close(), CLOSE_MS);
});
document.addEventListener("focusin", ({ target }) => {
  const link = termOf(target);
  if (link && link !== quiet && link.matches(":focus-visible")) open(link);
  else if (word && target !== word && !card.contains(target)) close();
});
document.addEventListener("click", async (event) => {
  const link = termOf(event.target);
  if (!link || leads(event)) return;
  event.preventDefault();
  await open(link);
  // Enter is a click without a pointer.
  if (event.detail === 0) card.querySelector("a, button")?.focus();
});
card.addEventListener("keydown", (event) => {
  if (event.key !== "Tab") return;
  const stops = [...card.querySelectorAll("a, button")];
  const to = stops[stops.indexOf(document.activeElement) + (event.shiftKey ? -1 : 1)];
  event.preventDefault();
  if (to) to.focus();
  else comeBack();
});
card.addEventListener("beforetoggle", ({ newState }) => {
  if (newState === "closed") hush(word);
});
card.addEventListener("toggle", ({ newState }) => {
  if (newState === "closed") close();
});

// The outline lasts two seconds. Focus goes back to the word, quietly.
card.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-show]");
  if (!button) return;
  comeBack();
  point(document.getElementById(button.dataset.show));
});

function comeBack() {
  const link = word;
  close();
  link?.focus({ preventScroll: true });
}

export function point(panel) {
  panel.scrollIntoView({ block: "nearest", behavior: "smooth" });
  panel.dataset.pointed = "";
  setTimeout(() => delete panel.dataset.pointed, SHOWN_MS);
}
