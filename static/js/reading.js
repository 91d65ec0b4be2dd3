// A refresh never moves the reading position: a list at its end stays at its end, any other list keeps its position.
// The position is noted on scroll and restored just before the next frame. Asking for it in between would lay out the
// whole page once per panel. A scroll caused by new content is not the reader's: revealed rows may be taller than
// estimated, and then the list scrolls to its end again.
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
