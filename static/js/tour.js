// The tour: outlines the place that the caption is about, and gives the focus to each new caption.
const tour = document.getElementById("tour");

function show() {
  const place = document.getElementById(tour.querySelector("[data-place]").dataset.place);
  for (const other of document.querySelectorAll("[data-pointed]")) delete other.dataset.pointed;
  if (!place) return;
  place.dataset.pointed = "";
  place.scrollIntoView({ block: "nearest" });
  tour.querySelector("h1").focus({ preventScroll: true });
}

new MutationObserver(show).observe(tour, { childList: true });
show();
