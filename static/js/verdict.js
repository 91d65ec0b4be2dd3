// Announces a new verdict through the status line, unseen. Sighted users see it above the stage.
import { whenCalm, whisper } from "./status.js";

const panel = document.getElementById("panel-verdict");
const settled = () => panel.querySelector(".verdict.is-ok, .verdict.is-lie, .verdict.is-hollow");
const words = () => (panel.querySelector(".verdict-head p")?.textContent ?? "").replace(/\s+/g, " ").trim();
const tone = (verdict) => {
  if (verdict.classList.contains("is-ok")) return "Sound again.";
  return `${verdict.querySelector(".verdict-word").textContent.trim()}.`;
};
let told = settled() ? tone(settled()) + words() : "";

function tell() {
  const verdict = settled();
  if (!verdict) return;
  const now = tone(verdict) + words();
  if (now === told) return;
  const first = told === "";
  told = now;
  if (first && !verdict.classList.contains("is-lie")) return;
  whisper(`${tone(verdict)} ${words()}`);
}

new MutationObserver(whenCalm(tell)).observe(panel, {
  subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["class"],
});
