// The small picture of the visitor's bench on the first page: asked for again while somebody looks, for some minutes.
const EVERY_MS = 2000;
const FOR_MS = 5 * 60_000;
const place = document.getElementById("miniature");
const until = Date.now() + FOR_MS;
const address = new URL("miniature", document.baseURI);

async function refresh() {
  if (Date.now() > until) return;
  if (!document.hidden) {
    const answer = await fetch(address).catch(() => null);
    if (answer?.status === 200) place.innerHTML = await answer.text();
  }
  setTimeout(refresh, EVERY_MS);
}

setTimeout(refresh, EVERY_MS);
