"""Bad days: the page says what it knows and how old that is, and recovers without a reload."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from studylab.lab import call
from tests.browser.evidence import Witness
from tests.browser.hands import Mouse
from tests.browser.learner import Learner
from tests.browser.served import Served, lasting_port

AGED = re.compile("is-stale")
LOST = re.compile(r"As of \d+ s ago; connection lost, trying again\.")
COMES_BACK_MS = 30_000
LOOK_MS = 100
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""
HOLD = """() => {
  const held = new Promise(resolve => { window.letGo = resolve; });
  document.addEventListener("htmx:sse:before:message", event => event.detail.waitUntil(held));
}"""
STAYS = "window.sameDocument = true"


@pytest.fixture(scope="module")
def served(data: Path) -> Iterator[Served]:
    """The app of this file, on a port that it can have again."""
    with Served(data, lasting_port()) as served:
        yield served


@pytest.fixture
def learner(browser: Browser, address: str, data: Path) -> Iterator[Learner]:
    """A learner at the sandbox, whose page may not be loaded again. The console may complain of what is on purpose."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=address)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    learner = Learner(Mouse(page), Witness(page, data))
    learner.opens("/sandbox")
    page.evaluate(STAYS)
    yield learner
    assert page.evaluate("window.sameDocument"), "the page was loaded again"
    context.close()
    assert errors == []


def promote(page: Page, to: str) -> None:
    """Promote from elsewhere, as a second tab would."""
    answer = page.request.post(
        "/bench/verbs/promote", data={"route": "blog", "to": to},
        headers={"Accept": "application/json", "Sec-Fetch-Site": "same-origin"},
    )  # fmt: skip
    assert answer.ok, answer.text()


def is_as_of_now(page: Page) -> None:
    """Wait until the page is live again and says so no more loudly than that."""
    expect(page.locator("#age")).to_have_attribute("data-age", "live", timeout=COMES_BACK_MS)
    expect(page.locator("#age")).to_have_text("live")
    expect(page.locator("#stale")).to_be_hidden()
    expect(page.locator(".stage")).not_to_have_class(AGED)


def holds_one_stream(page: Page) -> None:
    """Wait until the app has seen off what the page let go: it notices with the next line that it sends there."""
    for _ in range(COMES_BACK_MS // LOOK_MS):
        if page.request.get("/healthz").json()["streams"] == 1:
            return
        page.wait_for_timeout(LOOK_MS)
    raise AssertionError(f"expected one open stream and saw {page.request.get('/healthz').text()}")


@pytest.mark.slow
def test_an_app_that_was_killed_is_missed_and_found_again(learner: Learner, served: Served) -> None:
    page = learner.page
    learner.promotes("blog", "alloc-c")
    served.kill()
    expect(page.locator("#stale")).to_have_text(LOST)
    expect(page.locator(".stage")).to_have_class(AGED)
    expect(page.locator("#age")).to_have_text(re.compile(r"as of \d+ s ago"))
    expect(page.locator("#status")).to_contain_text("Connection lost, trying again.")
    page.locator("#panel-edge-iad h3").click()
    page.locator("#controls-edge-iad").get_by_role("button", name="Restart").click()
    expect(page.locator("#status")).to_contain_text("No answer came: the connection to the app is lost.")
    served.start()
    is_as_of_now(page)
    expect(page.locator("#status")).to_contain_text("The app was restarted.")
    expect(page.locator("#status"), "what is over is no longer said").not_to_contain_text("No answer came")
    expect(page.locator("#panel-edge-iad")).to_contain_text("Current at 4", timeout=COMES_BACK_MS)
    learner.promotes("blog", "alloc-b")
    expect(page.locator("#panel-edge-iad")).to_contain_text("Current at 5")


@pytest.mark.slow
def test_a_frozen_broker_leaves_the_stream_unknown_and_the_page_says_since_when(learner: Learner) -> None:
    page = learner.page
    learner.does(call("freeze_broker"))
    stream = page.locator("#panel-stream .trouble")
    expect(stream).to_contain_text("The stream does not answer.")
    expect(stream).to_contain_text(
        re.compile(r"unknown\. As of \d\d:\d\d:\d\d, \d+ s ago, it held\s+3 messages, seq 1\s+to\s+3")
    )
    said = stream.locator("[data-since]").inner_text()
    expect(stream.locator("[data-since]")).not_to_have_text(said)
    learner.promotes("blog", "alloc-c")
    expect(page.locator("#panel-truth")).to_contain_text("event 4")
    expect(page.locator("#panel-relay")).to_contain_text("1 waiting")
    expect(page.locator("#panel-edge-fra .heard")).to_contain_text("nothing heard since", timeout=COMES_BACK_MS)
    learner.does(call("thaw_broker"))
    expect(stream).to_have_count(0, timeout=COMES_BACK_MS)
    expect(page.locator("#panel-edge-fra")).to_contain_text("Current at 4", timeout=COMES_BACK_MS)
    expect(page.locator("#panel-edge-fra .heard")).to_have_count(0)


def test_a_hidden_page_holds_no_stream_and_is_right_when_it_is_seen_again(learner: Learner) -> None:
    page = learner.page
    page.evaluate(HIDE, True)
    for to in ("alloc-c", "alloc-a", "alloc-b"):
        promote(page, to)
    page.evaluate(HIDE, False)
    expect(page.locator("#truth-blog")).to_contain_text("alloc-b")
    is_as_of_now(page)
    holds_one_stream(page)


@pytest.mark.slow
def test_a_page_too_slow_to_read_says_so_and_then_gets_the_newest_state(learner: Learner) -> None:
    page = learner.page
    page.evaluate(HOLD)
    for _ in range(4):
        promote(page, "alloc-c")
        promote(page, "alloc-b")
    expect(page.locator("#stale")).to_have_text(LOST, timeout=COMES_BACK_MS)
    assert "epoch 9" not in page.locator("#panel-edge-fra").inner_text()
    page.evaluate("letGo()")
    expect(page.locator("#truth-blog td.num").first).to_have_text("e9")
    is_as_of_now(page)
    holds_one_stream(page)
