// Watches, frame by frame, for the focus to fall to the page's ground, and remembers what had it before.
window.lostFocus = [];
let before = "";

function look() {
  const here = document.activeElement;
  if (here && here !== document.body) before = here.outerHTML.slice(0, 200);
  else if (before) {
    window.lostFocus.push(before);
    before = "";
  }
  requestAnimationFrame(look);
}

requestAnimationFrame(look);
