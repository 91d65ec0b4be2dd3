// A refresh never moves the reading position: a list that stood at its end stays there, any other stays where it was.
// Where it stands is noted as it is scrolled and used right before the next frame: to ask in between would lay out the
// whole page once for every panel.
const NEAR_PX = 24;
const left = new WeakSet();
let due = false;

const lists = () => document.querySelectorAll("[data-keep-end]");

function toEnd() {
  due = false;
  for (const list of lists()) if (!left.has(list) && !list.querySelector("details[open]")) list.scrollTop = list.scrollHeight;
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
