// What a reader stumbles over in the window: words that go on in the next line, and tables that are cut.
() => {
  const out = ".unseen, #journal-scroll:not(:focus-within), dialog, script, svg, [popover], pre, code, .travel";
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && element.getBoundingClientRect().width > 2 && !element.closest(out);
  const where = (element) => element.closest("[id]")?.id;
  // A compound such as “read-only” may break at its hyphen; a name such as alloc-c may not.
  const compound = /[-–—/]\p{L}{3,}/u;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const broken = [];
  while (texts.nextNode()) {
    const { currentNode: node } = texts;
    if (!node.data.trim() || !seen(node.parentElement)) continue;
    for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const lines = new Set([...range.getClientRects()].filter((box) => box.width > 0).map((box) => Math.round(box.top)));
      if (lines.size > 1 && !compound.test(word)) broken.push(`broken: ${word} in ${where(node.parentElement)}`);
    }
  }
  // A region with a name and a scrollbar of its own may be wider than its place.
  const cut = [...document.querySelectorAll("table:not(.scroll-x table)")].filter(seen).filter((table) => {
    let holder = table.parentElement;
    while (holder !== document.body && getComputedStyle(holder).overflowX === "visible") holder = holder.parentElement;
    return table.getBoundingClientRect().right > holder.getBoundingClientRect().right + 1;
  });
  return [...broken, ...cut.map((table) => `cut: a table in ${where(table)}`)];
}
