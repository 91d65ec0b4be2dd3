// Measures inside the page: from a click, by the click event's own time stamp, until each edge's panel shows the new
// epoch of a route. A MutationObserver runs right after the change of the document, before it is painted.
() => {
  const PATIENCE_MS = 10_000;
  const panels = () => [...document.querySelectorAll("[id^='panel-edge-']")];
  const named = (panel) => panel.id.slice("panel-edge-".length);
  // The row's data-mark is "owner epoch drains".
  const epoch = (panel, route) =>
    Number(document.getElementById(`${named(panel)}-${route}`)?.dataset.mark.split(" ")[1] ?? 0);
  const watch = { subtree: true, childList: true, characterData: true, attributes: true };

  // Begin to watch. `clicks.seen` is then a promise of the milliseconds by edge.
  function arm(route) {
    const before = new Map(panels().map((panel) => [panel, epoch(panel, route)]));
    const seen = {};
    let clicked = null;
    document.addEventListener("click", (event) => { clicked = event.timeStamp; }, { capture: true, once: true });
    clicks.seen = new Promise((resolve, reject) => {
      const observer = new MutationObserver(() => {
        const now = performance.now();
        for (const [panel, was] of before) {
          if (clicked !== null && !(named(panel) in seen) && epoch(panel, route) === was + 1) seen[named(panel)] = now - clicked;
        }
        if (Object.keys(seen).length === before.size) finish(resolve, seen);
      });
      const late = setTimeout(() => {
        const what = clicked === null ? "no click came" : `changed: ${Object.keys(seen).join(", ") || "none"}`;
        finish(reject, new Error(`not every edge's panel changed within ${PATIENCE_MS / 1000} s of the click: ${what}`));
      }, PATIENCE_MS);
      const finish = (how, what) => { observer.disconnect(); clearTimeout(late); how(what); };
      for (const panel of before.keys()) observer.observe(panel, watch);
    });
    // It is asked for later; until then nobody minds when it fails.
    clicks.seen.catch(() => {});
  }

  // How long a message of the stream was that brought the edges' panels, the longest so far.
  let longest = 0;
  document.addEventListener("htmx:sse:after:message", ({ detail }) => {
    const { data } = detail.message;
    if (data?.includes("#panel-edge-")) longest = Math.max(longest, data.length);
  });

  // Wait until nothing on the stage has changed for so long: the next click must not pay for the last one.
  function quiet(ms) {
    return new Promise((resolve, reject) => {
      const observer = new MutationObserver(() => { clearTimeout(calm); calm = setTimeout(done, ms, resolve); });
      const done = (how, what) => { observer.disconnect(); clearTimeout(late); how(what); };
      let calm = setTimeout(done, ms, resolve);
      const late = setTimeout(done, PATIENCE_MS, reject, new Error(`the stage was not still for ${ms} ms in ${PATIENCE_MS / 1000} s`));
      observer.observe(document.querySelector(".stage"), watch);
    });
  }

  window.clicks = { arm, quiet, size: () => longest };
}
