"""Row 1: from a click on Promote in a real browser until the last edge's panel has changed in the document.

Beside it stands the floor (`floor_app`): one click, one fragment of the same size, and nothing in between but Flask, the
same server and htmx. Both are measured in every round, in the same browser.

Within the span: the browser's handling of the click, htmx's request, the verb and its commit, the relay, the broker,
three edges, the drawing of the panels, the event stream, and the morph of the document. Not within it: the opening of
the dialog, and the painting, which comes with the browser's next frame.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from benchmarks import machine
from benchmarks.report import Row, Target, percentile
from benchmarks.rounds import Scale
from benchmarks.served import Served
from vango.actors.errors import Unavailable

CLICKS = Path(__file__).with_name("clicks.js").read_text(encoding="utf-8")
PATIENCE_MS = 10_000
QUIET_MS = 250
OWNERS = ("alloc-b", "alloc-c")
PEER = "Flask and htmx alone, a fragment of the same size"
CONNECTED = "document.addEventListener('htmx:sse:after:message', () => { window.connected = true; });"
FLOOR = """() => {
  let clicked = null;
  document.addEventListener("click", (event) => { clicked = event.timeStamp; }, { capture: true, once: true });
  window.seen = new Promise((resolve) => {
    const observer = new MutationObserver(() => { observer.disconnect(); resolve(performance.now() - clicked); });
    observer.observe(document.getElementById("panel"), { subtree: true, childList: true, characterData: true });
  });
}"""


def click_ms(page: Page, to: str) -> float:
    """Promote shop by mouse and return the milliseconds from the click to the last edge's panel."""
    page.locator("#controls-truth").get_by_role("button", name="Promote").click()
    dialog = page.locator("dialog:modal")
    dialog.locator("select[name=route]").select_option("shop")
    dialog.locator("select[name=to]").select_option(to)
    page.evaluate("clicks.arm('shop')")
    dialog.get_by_role("button", name="Promote").click()
    seen: dict[str, float] = page.evaluate("clicks.seen")
    page.evaluate(f"clicks.quiet({QUIET_MS})")
    return max(seen.values())


@contextmanager
def served(what: str) -> Iterator[tuple[Browser, str]]:
    """Start the app and a browser; give the browser and the app's address. Raises `Unavailable` for what goes wrong there."""
    path = machine.browser()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            Served(Path(folder)) as app,
            sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as browser,
        ):
            yield browser, app.address
    except (PlaywrightError, AssertionError) as error:
        raise Unavailable(f"{what} in {path} could not be measured: {error}") from error


@contextmanager
def entered(browser: Browser, address: str) -> Iterator[Page]:
    """Open the sandbox on a new bench, as a visitor who was never here before."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=address)
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto("/sandbox")
        page.get_by_role("button", name="Start").click()
        expect(page.locator("#age")).to_have_attribute("data-age", "live", timeout=PATIENCE_MS)
        yield page
    finally:
        context.close()


def _round(browser: Browser, address: str, clicks: int) -> tuple[list[float], int]:
    """Return the milliseconds of each click, and the size of the message that brings the edges' panels."""
    with entered(browser, address) as page:
        page.evaluate(CLICKS)
        page.evaluate(f"clicks.quiet({QUIET_MS})")
        times = [click_ms(page, OWNERS[number % 2]) for number in range(clicks)]
        size: int = page.evaluate("clicks.size()")
        return times, size


def floor_ms(page: Page) -> float:
    """Press the button of the floor and return the milliseconds until its fragment has changed."""
    page.evaluate(f"({FLOOR})()")
    page.get_by_role("button", name="Press").click()
    seen: float = page.evaluate("window.seen")
    page.wait_for_timeout(QUIET_MS)
    return seen


def _floor_round(browser: Browser, address: str, clicks: int) -> list[float]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=address)
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(CONNECTED)
        page.goto("/")
        page.wait_for_function("window.connected")
        return [floor_ms(page) for _ in range(clicks)]
    finally:
        context.close()


def _rounds(browser: Browser, address: str, scale: Scale) -> Iterator[tuple[list[float], list[float]]]:
    """Yield the clicks of each round and those of the floor, whose fragment is as large as the first round's."""
    first, size = _round(browser, address, scale.clicks)
    with (
        tempfile.TemporaryDirectory() as folder,
        Served(Path(folder), "--size", str(size), program=("-m", "benchmarks.floor_app")) as floor,
    ):
        yield first, _floor_round(browser, floor.address, scale.clicks)
        for number in range(1, scale.rounds):
            before = _floor_round(browser, floor.address, scale.clicks) if number % 2 else None
            ours, _ = _round(browser, address, scale.clicks)
            yield ours, before or _floor_round(browser, floor.address, scale.clicks)


def measure(scale: Scale) -> list[Row]:
    """Return the rows of the click. Raises `Unavailable` without a browser, or when a panel does not change in time."""
    with served("The clicks") as (browser, address):
        ours, floor = zip(*_rounds(browser, address, scale), strict=True)
    rows = []
    for name, share, limit in (("p50", 0.5, 60), ("p95", 0.95, 120)):
        what = f"click to the last edge's panel changed, {name}"
        mine, bare = (tuple(percentile(times, share) for times in rounds) for rounds in (ours, floor))
        rows.append(Row(f"click-{name}", what, "ms", mine, Target(limit)))
        beside = Row(
            f"click-floor-{name}", f"{what}, against the floor", "ms", mine, Target(2, of_peer=True), PEER, bare
        )
        rows.append(beside)
    return rows
