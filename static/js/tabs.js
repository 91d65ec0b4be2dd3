// Tabs, by mouse and by arrow keys. A refresh redraws them as the server sends them, so select the chosen tab again.
const chosen = new Map();
const panelOf = (tab) => tab && document.getElementById(tab.getAttribute("aria-controls"));

function choose(tab, { focus = false } = {}) {
  for (const other of tab.parentElement.querySelectorAll("[role='tab']")) {
    other.setAttribute("aria-selected", String(other === tab));
    other.tabIndex = other === tab ? 0 : -1;
    const panel = panelOf(other);
    if (panel) panel.hidden = other !== tab;
  }
  chosen.set(tab.parentElement.id, tab.id);
  if (focus) tab.focus();
}

const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

document.addEventListener("click", (event) => {
  const tab = event.target.closest("[role='tab']");
  if (tab) choose(tab);
});
document.addEventListener("keydown", (event) => {
  const tab = event.target.closest("[role='tab']");
  if (!tab) return;
  const all = [...tab.parentElement.querySelectorAll("[role='tab']")];
  const ends = { Home: 0, End: all.length - 1 };
  const to = ends[event.key] ?? (all.indexOf(tab) + steps[event.key] + all.length) % all.length;
  if (!all[to]) return;
  event.preventDefault();
  choose(all[to], { focus: true });
});
document.addEventListener("htmx:after:swap", () => {
  for (const id of chosen.values()) {
    const tab = document.getElementById(id);
    if (tab?.getAttribute("aria-selected") === "false" || panelOf(tab)?.hidden) choose(tab);
  }
});
