// A refresh never moves the reading position: a list that stood at its end stays there, any other stays where it was.
const NEAR_PX = 24;
const atEnd = new WeakMap();

const lists = () => document.querySelectorAll("[data-keep-end]");
const toEnd = (list) => {
  list.scrollTop = list.scrollHeight;
};

document.addEventListener("htmx:before:swap", () => {
  for (const list of lists()) {
    atEnd.set(list, list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX && !list.querySelector("details[open]"));
  }
});
document.addEventListener("htmx:after:swap", () => {
  for (const list of lists()) if (atEnd.get(list) ?? true) toEnd(list);
});
lists().forEach(toEnd);
