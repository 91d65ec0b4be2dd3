// A word with an explanation says it in place: on hover, on focus and on tap. The link to its page stays for a new tab, and
// for a browser without script. One card serves all words; each sentence is fetched when it is first asked for.
const OPEN_MS = 250;
const CLOSE_MS = 350;
const SHOWN_MS = 2000;
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
  const above = at.bottom + GAP + height > innerHeight && at.top - GAP - height > 0;
  card.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - width - 8))}px`;
  card.style.top = `${above ? at.top - GAP - height : at.bottom + GAP}px`;
}

async function open(link) {
  clearTimeout(timer);
  if (word === link && card.matches(":popover-open")) return;
  word = link;
  const html = await fetched(addressOf(link));
  if (word !== link || !html || !link.isConnected) return;
  card.innerHTML = html;
  // Nothing to show where there is no stage.
  const show = card.querySelector("[data-show]");
  if (show && !document.getElementById(show.dataset.show)) show.remove();
  card.showPopover({ source: link });
  link.setAttribute("aria-describedby", card.id);
  place();
}

function close() {
  clearTimeout(timer);
  word?.removeAttribute("aria-describedby");
  word = null;
  if (card.matches(":popover-open")) card.hidePopover();
}

const later = (act, after) => {
  clearTimeout(timer);
  timer = setTimeout(act, after);
};
const termOf = (target) => target.closest?.("a.term");
const leads = (event) => event.ctrlKey || event.metaKey || event.shiftKey || event.button === 1;

document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return;
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
  quiet = null;
});
document.addEventListener("click", (event) => {
  const link = termOf(event.target);
  if (!link || leads(event)) return;
  event.preventDefault();
  open(link);
});
card.addEventListener("toggle", ({ newState }) => {
  if (newState === "closed") close();
});

// The outline lasts two seconds. Focus goes back to the word, quietly.
card.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-show]");
  if (!button) return;
  const panel = document.getElementById(button.dataset.show);
  const link = word;
  close();
  quiet = link;
  link?.focus({ preventScroll: true });
  point(panel);
});

export function point(panel) {
  panel.scrollIntoView({ block: "nearest", behavior: "smooth" });
  panel.dataset.pointed = "";
  setTimeout(() => delete panel.dataset.pointed, SHOWN_MS);
}
