"""Row 1: from a click on Promote in a real browser until the last edge's panel has changed in the document.

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


def _round(browser: Browser, address: str, clicks: int) -> list[float]:
    with entered(browser, address) as page:
        page.evaluate(CLICKS)
        page.evaluate(f"clicks.quiet({QUIET_MS})")
        return [click_ms(page, OWNERS[number % 2]) for number in range(clicks)]


def measure(scale: Scale) -> list[Row]:
    """Return the rows of the click. Raises `Unavailable` without a browser, or when a panel does not change in time."""
    with served("The clicks") as (browser, address):
        rounds = [_round(browser, address, scale.clicks) for _ in range(scale.rounds)]
    p50, p95 = (tuple(percentile(times, share) for times in rounds) for share in (0.5, 0.95))
    return [
        Row("click-p50", "click to the last edge's panel changed, p50", "ms", p50, Target(60)),
        Row("click-p95", "click to the last edge's panel changed, p95", "ms", p95, Target(120)),
    ]
