// In step mode, announces which actor waits where, once it has changed and nothing moves any more.
import { whenCalm, whisper } from "./status.js";

function waiting() {
  return [...document.querySelectorAll(".stage .waits")].map((waits) => {
    const place = waits.closest(".place").querySelector("h3").textContent.trim();
    return `${place}: ${waits.querySelector("span").textContent.trim()}`;
  });
}

const inStep = () => document.querySelector("#panel-verdict .tempo [aria-pressed='true']")?.textContent.includes("Step");
let told = waiting().join(" ");

document.addEventListener("htmx:after:swap", whenCalm(() => {
  const now = waiting().join(" ");
  if (now === told) return;
  told = now;
  if (now) whisper(now);
  else if (inStep()) whisper("Nobody waits.");
}));
