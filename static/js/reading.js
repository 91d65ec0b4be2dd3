// A refresh never moves the reading position: a list that stood at its end stays there, any other stays where it was.
// Where it stands is noted as it is scrolled and used right before the next frame: to ask in between would lay out the
// whole page once for every panel. What comes into sight may prove taller than it was taken for: the end is then sought
// again before anything is painted.
const NEAR_PX = 24;
const left = new WeakSet();
let due = false;

const grown = new ResizeObserver((entries) => entries.forEach(({ target }) => keepEnd(target.parentElement)));

function keepEnd(list) {
  if (list && !left.has(list) && !list.querySelector("details[open]")) list.scrollTop = list.scrollHeight;
}

function toEnd() {
  due = false;
  for (const list of document.querySelectorAll("[data-keep-end]")) {
    grown.observe(list.firstElementChild);
    keepEnd(list);
  }
}

document.addEventListener("scroll", ({ target: list }) => {
  if (list.dataset?.keepEnd === undefined) return;
  if (list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX) left.delete(list);
  else left.add(list);
}, { capture: true, passive: true });
document.addEventListener("htmx:after:swap", () => {
  if (!due) requestAnimationFrame(toEnd);
  due = true;
});
toEnd();
