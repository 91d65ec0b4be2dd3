// Motion only where something changed: an element with a new or changed data-mark glows briefly.
const GLOW_MS = 380;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const glow = [{ backgroundColor: "rgb(242 182 50 / 0.55)" }, { backgroundColor: "rgb(242 182 50 / 0)" }];
const rise = [{ opacity: 0.15, translate: "-6px 0" }, { opacity: 1, translate: "0 0" }];

function move(element) {
  const drawn = element instanceof SVGElement;
  element.animate(drawn ? rise : glow, { duration: GLOW_MS, easing: "steps(3, jump-none)" });
}

new MutationObserver((records) => {
  if (still.matches || document.hidden) return;
  const moved = new Set();
  for (const record of records) {
    if (record.type === "attributes") moved.add(record.target);
    for (const node of record.addedNodes) {
      if (node instanceof Element && node.dataset?.mark !== undefined) moved.add(node);
    }
  }
  if (moved.size <= 40) moved.forEach(move);
}).observe(document.querySelector(".stage"), {
  subtree: true, childList: true, attributes: true, attributeFilter: ["data-mark"],
});
