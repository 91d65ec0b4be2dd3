// A refresh never moves the reading position: a list that stood at its end stays there, any other stays where it was.
// Where it stands is noted as it is scrolled and used right before the next frame: to ask in between would lay out the
// whole page once for every panel. A scroll that comes with other content is not the reader's: what comes into sight may
// prove taller than it was taken for, and the end is then sought again.
const NEAR_PX = 24;
const left = new WeakSet();
const heights = new WeakMap();
let due = false;

const grown = new ResizeObserver((entries) => entries.forEach(({ target }) => keepEnd(target.parentElement)));

function keepEnd(list) {
  if (!list || left.has(list) || list.querySelector("details[open]")) return;
  list.scrollTop = list.scrollHeight;
  heights.set(list, list.scrollHeight);
}

function toEnd() {
  due = false;
  for (const list of document.querySelectorAll("[data-keep-end]")) {
    grown.observe(list.firstElementChild);
    keepEnd(list);
  }
}

document.addEventListener("scroll", ({ target: list }) => {
  if (list.dataset?.keepEnd === undefined || due) return;
  const isAsItWas = heights.get(list) === list.scrollHeight;
  heights.set(list, list.scrollHeight);
  if (list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX) left.delete(list);
  else if (isAsItWas) left.add(list);
  else keepEnd(list);
}, { capture: true, passive: true });
document.addEventListener("htmx:after:swap", () => {
  if (!due) requestAnimationFrame(toEnd);
  due = true;
});
toEnd();
