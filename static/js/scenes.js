// The sandbox's left column: a link of a script is copied as a whole address, and a phone begins with the lists folded.
import { say } from "./status.js";

document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-copy-link]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  try {
    await navigator.clipboard.writeText(link.href);
    say("Link copied.");
  } catch {
    // Plain HTTP on a LAN name has no clipboard.
    say(link.href);
  }
});

if (matchMedia("(max-width: 1180px)").matches && !document.getElementById("proposal")) {
  for (const list of document.querySelectorAll(".scenes > section > details")) list.open = false;
}
document.getElementById("scenes").classList.add("is-ready");
