// The one line that screen readers announce. It fades after a while, and stays for screen readers until the next.
const READ_MS = 7000;
const WHISPERS = 3;
const CALM_MS = 700;
const AT_LEAST_MS = 2500;
const LATEST_MS = 5000;
const line = document.getElementById("status");
let fading = 0;

export function say(text) {
  const words = document.createElement("p");
  words.textContent = text;
  line.replaceChildren(words);
  return words;
}

// A message about a lost connection goes when the page hears from the app again, but stays long enough to be read.
export function sayUntilHeard(text) {
  const words = say(text);
  const since = Date.now();
  const hear = () => {
    if (Date.now() - since < AT_LEAST_MS && words.isConnected) return;
    words.remove();
    document.removeEventListener("htmx:sse:after:message", hear);
  };
  document.addEventListener("htmx:sse:after:message", hear);
}

// Announced but not shown: sighted users see the change in its place.
export function whisper(text) {
  const before = line.querySelectorAll(".unseen");
  if (before.length >= WHISPERS) before[0].remove();
  const aside = document.createElement("span");
  aside.className = "unseen";
  aside.textContent = ` ${text}`;
  line.append(aside);
}

// Returns a function to call at every change. It calls `tell` once no change has come for a while, and from time to
// time during a long burst, so that a burst is announced once and not change by change.
export function whenCalm(tell) {
  let timer = 0;
  let since = 0;
  return () => {
    const now = Date.now();
    since ||= now;
    clearTimeout(timer);
    timer = setTimeout(() => {
      since = 0;
      tell();
    }, Math.min(CALM_MS, Math.max(0, since + LATEST_MS - now)));
  };
}

new MutationObserver(() => {
  line.classList.remove("is-read");
  clearTimeout(fading);
  fading = setTimeout(() => line.classList.add("is-read"), READ_MS);
}).observe(line, { childList: true, characterData: true, subtree: true });

line.addEventListener("click", () => line.classList.add("is-read"));
