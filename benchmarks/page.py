"""Row 9: what a lab's page weighs, how soon there is a page, and how long the browser is busy while 1,000 changes pass.

The weight is what the wire carries for a step of a lab: the encoded bytes of every response with its headers, of fonts
too, and what the event stream has brought by then. The first view is the browser's first paint of content, from the
moment when the app says its address. The stretch is the longest task of
the page's main thread in the browser's own trace, from the first change until the stage is still: above 50 ms a
browser calls it long, because a key or a click may have to wait for it.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.browser import CLICKS, QUIET_MS, entered, served
from benchmarks.report import Row, Target
from benchmarks.rounds import Scale
from benchmarks.served import Served
from vango.actors.errors import Unavailable

LAB = "/labs/commit-first"
CHANGES = 1_000
BURSTS = 5
ARRIVED_MS = 60_000
AFTERWARDS_MS = 1_000
KB = 1000


def weight_kb(page: Page) -> float:
    """Reload the page without a cache, and return the kilobytes that came over the wire, all requests together."""
    whole: dict[str, float] = {}
    so_far: Counter[str] = Counter()
    session = page.context.new_cdp_session(page)
    session.on("Network.dataReceived", lambda told: so_far.update({told["requestId"]: _came(told)}))
    session.on("Network.loadingFinished", lambda told: whole.update({told["requestId"]: told["encodedDataLength"]}))
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.reload(wait_until="load")
    page.wait_for_timeout(AFTERWARDS_MS)
    session.detach()
    return sum({**so_far, **whole}.values()) / KB


def _came(told: dict[str, Any]) -> int:
    # Of a part of an answer that is not compressed some browsers give the length only.
    return int(told["encodedDataLength"] or told["dataLength"])


def first_view_ms(browser: Browser) -> float:
    """Start the app on an empty data folder, and return the milliseconds from its address to a page that is painted."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        with tempfile.TemporaryDirectory() as folder, Served(Path(folder)) as app:
            page.goto(app.address, wait_until="load")
            painted: float = page.evaluate(_PAINTED)
            return painted - app.said_at * 1000
    finally:
        context.close()


_PAINTED = """() => new Promise((resolve) => new PerformanceObserver((list) => {
  const found = list.getEntriesByName("first-contentful-paint")[0];
  if (found) resolve(performance.timeOrigin + found.startTime);
}).observe({ type: "paint", buffered: true }))"""


def longest_task_ms(browser: Browser, page: Page, changes: int) -> float:
    """Commit this many changes and return the milliseconds of the main thread's longest task meanwhile."""
    page.evaluate(CLICKS)
    page.evaluate(f"clicks.quiet({QUIET_MS})")
    before = page.evaluate(f"({_SEQUENCE})()")
    browser.start_tracing(page=page, categories=["toplevel"])
    try:
        for _ in range(BURSTS):
            page.evaluate(_BURST, changes // BURSTS)
        page.evaluate(_ARRIVED, [before + changes // BURSTS * BURSTS, ARRIVED_MS])
        page.wait_for_timeout(AFTERWARDS_MS)
    finally:
        trace = json.loads(browser.stop_tracing())
    return _longest_ms(trace["traceEvents"], page)


_SEQUENCE = "() => Number(document.querySelector('#panel-truth header small').textContent.match(/event (\\d+)/)[1])"
_ARRIVED = f"""([aim, patience]) => new Promise((resolve, reject) => {{
  const sequence = {_SEQUENCE};
  const observer = new MutationObserver(() => {{ if (sequence() >= aim) finish(resolve); }});
  const late = setTimeout(() => finish(reject, new Error(`the page shows event ${{sequence()}}, not ${{aim}}`)), patience);
  const finish = (how, what) => {{ observer.disconnect(); clearTimeout(late); how(what); }};
  observer.observe(document.getElementById("panel-truth"), {{ subtree: true, childList: true, characterData: true }});
  if (sequence() >= aim) finish(resolve);
}})"""
_BURST = """async (n) => {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const answer = await fetch("/bench/verbs/burst", { method: "POST", headers, body: JSON.stringify({ n }) });
  if (!answer.ok) throw new Error(await answer.text());
}"""


def _longest_ms(events: list[dict[str, Any]], page: Page) -> float:
    """Return the longest task of the threads that are a page's main one; the one with a stage on it is the busiest."""
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks: list[float] = [
        event["dur"] / 1000
        for event in events
        if (event["pid"], event["tid"]) in mains and event["name"].endswith("RunTask") and "dur" in event
    ]
    if not tasks:
        raise Unavailable(f"The browser's trace of {page.url} names no task of a page's main thread.")
    return max(tasks)


def _round(browser: Browser, address: str, changes: int) -> tuple[float, float, float]:
    with entered(browser, address) as page:
        longest = longest_task_ms(browser, page, changes)
    with entered(browser, address) as page:
        page.goto(LAB)
        page.locator("#panel-guide .begin button").click()
        page.locator("li.is-now").wait_for()
        page.wait_for_timeout(AFTERWARDS_MS)
        return longest, weight_kb(page), first_view_ms(browser)


def measure(scale: Scale) -> list[Row]:
    """Return the rows of the page. Raises `Unavailable` without a browser."""
    changes = min(CHANGES, scale.events // 2)
    with served("The page") as (browser, address):
        rounds = [_round(browser, address, changes) for _ in range(scale.rounds)]
    longest, weight, view = zip(*rounds, strict=True)
    return [
        Row("page-task", f"longest task in the browser while {changes:,} changes pass", "ms", longest, Target(50)),
        Row("page-weight", "a step of a lab over the wire, all requests", "kB", weight, Target(80)),
        Row("page-first", "from the app's address to the first page painted", "ms", view, Target(300)),
    ]
