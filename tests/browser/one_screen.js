// What a window shows of a page with a stage: what lies outside, what covers what, what is cut, how much there is to read.
(must) => {
  const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const name = (element) => element.id || element.className.baseVal || element.className || element.tagName;
  const box = (element) => element.getBoundingClientRect();
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
  const inWindow = (b) => b.left >= -1 && b.top >= -1 && b.right <= innerWidth + 1 && b.bottom <= innerHeight + 1;

  // What an ancestor clips is not in sight, wherever it lies.
  const clipped = (element) => {
    let { left, top, right, bottom } = box(element);
    for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflow === "visible") continue;
      const b = box(up);
      [left, top, right, bottom] = [Math.max(left, b.left), Math.max(top, b.top), Math.min(right, b.right), Math.min(bottom, b.bottom)];
    }
    return { left, top, right, bottom, width: right - left, height: bottom - top };
  };
  const whole = (element) => {
    const [b, c] = [box(element), clipped(element)];
    return inWindow(b) && b.width - c.width < 2 && b.height - c.height < 2;
  };

  const parts = all("#panel-truth, #panel-relay, .stream, .scene .lane-words, .scene .track, .card.edge");
  const covers = (one, other) => {
    const [a, b] = [box(one), box(other)];
    return a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  };
  const overlaps = parts.flatMap((one, at) =>
    parts.slice(at + 1).filter((other) => covers(one, other)).map((other) => `${name(one)} and ${name(other)}`));

  const narrow = all(".claim strong, .scene .tiles li, [role='tab'], .scene h3, .lane-words, .verdict-word, .strip b");
  const cut = narrow.filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline")
    .map((e) => `${name(e)}: ${e.textContent.trim()}`);
  // Each of the two parts below scrolls: what stands out of their row could never be reached.
  const tall = all(".below").filter((e) => getComputedStyle(e).overflow === "hidden" && e.scrollHeight > e.clientHeight + 1);
  const hidden = all(".scene .part, .card.edge").filter((e) => e.scrollHeight > e.clientHeight + 1).concat(tall).map(name);

  // Steps that are done or to come are for the guide to fold.
  const counted = (element) => !element.closest(".steps > li:not(.is-now), [popover]:not(:popover-open)");
  const inSight = (element) => {
    const c = clipped(element);
    return c.width > 1 && c.height > 1 && c.bottom > 0 && c.top < innerHeight && c.right > 0 && c.left < innerWidth;
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let words = 0;
  while (texts.nextNode()) {
    const holder = texts.currentNode.parentElement;
    const said = texts.currentNode.textContent.trim();
    if (said && !holder.closest("script, style, title, .unseen") && seen(holder) && counted(holder) && inSight(holder)) {
      words += said.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
    }
  }
  const buttons = all("button, [role='tab']").filter((e) => counted(e) && inSight(e)).map((e) => e.textContent.trim());
  const page = document.documentElement;
  return {
    outside: must.filter((selector) => !all(selector).some(whole)),
    scrolls: [page.scrollHeight > innerHeight && "down", page.scrollWidth > innerWidth && "sideways"].filter(Boolean),
    overlaps, cut, hidden, words, buttons,
  };
}
