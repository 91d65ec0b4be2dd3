// A moment that is opened is asked for its evidence, once it is there it stays: what has been does not change.
async function fill(place) {
  try {
    const answer = await fetch(place.dataset.evidence, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(`the app answered ${answer.status}`);
    place.innerHTML = await answer.text();
  } catch (error) {
    place.textContent = `The evidence could not be fetched: ${error.message}. Close the moment and open it again.`;
    return;
  }
  delete place.dataset.evidence;
}

document.addEventListener("toggle", (event) => {
  const place = event.target.open ? event.target.querySelector("[data-evidence]") : null;
  if (place) fill(place);
}, true);
