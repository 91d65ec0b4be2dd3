"""A page whose live view the app has ended: it says why, and leaves the others their places until it is reloaded."""

from __future__ import annotations

from contextlib import ExitStack, closing
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from studylab.views import EACH
from tests.browser.learner import has_bench
from tests.browser.test_bad_days import HIDE
from tests.web.learner import Stream

LONG_MS = 60_000
OVER = f"This page is no longer updated: the bench is open in more than {EACH} tabs. Reload to update it."


def test_a_page_that_is_over_says_so_and_asks_for_no_other_stream(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/events" in request.url else None)
    page.clock.install()
    has_bench(page)
    page.goto("/sandbox")
    expect(page.locator("#age")).to_have_attribute("data-age", "live")
    cookie = "; ".join(f"{each['name']}={each['value']}" for each in page.context.cookies())
    port = urlsplit(address).port
    assert port is not None
    with ExitStack() as others:
        streams = [others.enter_context(closing(Stream(port, cookie))) for _ in range(EACH)]
        page.clock.resume()
        expect(page.locator("#stale")).to_have_text(OVER)
        expect(page.locator("#age")).to_have_attribute("data-age", "old")
        page.clock.run_for(LONG_MS)
        page.evaluate(HIDE, True)
        page.evaluate(HIDE, False)
        page.clock.run_for(LONG_MS)
        page.evaluate("fetch('/healthz').then(answer => answer.text())")
        assert len(asked) == 1
        expect(page.locator("#stale")).to_have_text(OVER)
        assert all(stream.next().event != "over" for stream in streams)
    page.reload()
    expect(page.locator("#age")).to_have_attribute("data-age", "live")
    expect(page.locator("#stale")).to_be_hidden()
