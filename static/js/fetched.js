// Fetches a folded part when it is opened, once: past moments and running code do not change.
const show = (details) => {
  const list = details.closest("[data-keep-end]");
  if (!list) return;
  const [box, seen] = [details.getBoundingClientRect(), list.getBoundingClientRect()];
  list.scrollTop += Math.max(0, Math.min(box.bottom - seen.bottom, box.top - seen.top));
};

async function fill(place) {
  const from = place.dataset.fetched;
  delete place.dataset.fetched;
  try {
    const answer = await fetch(from, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(`the app answered ${answer.status}`);
    place.innerHTML = await answer.text();
    show(place.closest("details"));
  } catch (error) {
    place.textContent = `This part could not be fetched: ${error.message}. Close it and open it again.`;
    place.dataset.fetched = from;
  }
}

document.addEventListener("toggle", (event) => {
  const place = event.target.open ? event.target.querySelector("[data-fetched]") : null;
  if (place) fill(place);
}, true);
// Fetch the lines again when no actor waits there any more, under a summary that may be open.
document.addEventListener("htmx:after:swap", () => {
  document.querySelectorAll(".listings details[open] > [data-fetched]").forEach(fill);
});
