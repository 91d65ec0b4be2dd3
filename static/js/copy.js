// Copy buttons. Where the clipboard is closed to us (plain HTTP on a LAN name), the text is selected instead.
import { say } from "./status.js";

function select(button) {
  const shown = button.parentElement.querySelector("pre, code");
  if (!shown) return false;
  getSelection().selectAllChildren(shown);
  return true;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    say("Copied.");
  } catch {
    say(select(button) ? "Selected: copy it with Ctrl+C or Cmd+C." : button.dataset.copy);
  }
});
