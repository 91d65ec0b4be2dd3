"""Motion on the stage: what travels is what happened, and a still page says the same."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from studylab.lab import call
from tests.browser.learner import Learner


@pytest.fixture(scope="module")
def motion() -> str:
    return "no-preference"


WATCH = """() => {
  window.flown = [];
  window.most = 0;
  new MutationObserver((records) => {
    for (const { addedNodes } of records)
      for (const node of addedNodes) if (node.tagName === "I") window.flown.push([node.className, node.textContent]);
    window.most = Math.max(window.most, document.querySelectorAll(".travel i").length);
  }).observe(document.querySelector(".stage"), { childList: true, subtree: true });
}"""
COME_TO_REST = "() => document.querySelectorAll('.travel i').length === 0"


def flown(page: Page) -> list[str]:
    """Return the looks of all dots that have travelled, once they have arrived."""
    page.wait_for_function(COME_TO_REST)
    found: list[str] = page.evaluate("() => window.flown.map(([look]) => look)")
    return found


def test_an_event_travels_from_the_truth_to_every_edge_and_its_acks_come_back(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    by_mouse.page.evaluate(WATCH)
    by_mouse.promotes("shop", "alloc-c")
    expect(by_mouse.page.locator(".box[data-kind='ack'][data-actor='syd']").last).to_be_attached()
    by_mouse.page.wait_for_function("() => window.flown.filter(([look]) => look === 'is-ack').length >= 3")
    dots = flown(by_mouse.page)
    assert (dots.count("is-truth"), dots.count("is-relay"), dots.count("is-stream")) == (1, 1, 3)


def test_what_the_database_refuses_breaks_off(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    by_mouse.page.evaluate(WATCH)
    by_mouse.promotes("shop", "alloc-d", refused=True)
    by_mouse.page.wait_for_function("() => window.flown.some(([look]) => look === 'is-refused')")
    assert "is-stream" not in flown(by_mouse.page)


def test_a_burst_travels_in_bundles_that_say_how_many(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    by_mouse.page.evaluate(WATCH)
    by_mouse.does(call("burst", n=500))
    expect(by_mouse.page.locator("#panel-edge-syd")).to_contain_text("Current at 503")
    by_mouse.page.wait_for_function("() => window.flown.some(([, text]) => text.startsWith('×'))")
    flown(by_mouse.page)
    assert by_mouse.page.evaluate("() => window.most") <= 60


def test_nothing_travels_where_motion_is_to_be_reduced(by_mouse: Learner) -> None:
    by_mouse.page.emulate_media(reduced_motion="reduce")
    by_mouse.opens("/sandbox")
    by_mouse.page.evaluate(WATCH)
    by_mouse.promotes("shop", "alloc-c")
    expect(by_mouse.page.locator("#panel-edge-syd")).to_contain_text("Current at 4")
    expect(by_mouse.page.locator(".box[data-kind='ack'][data-actor='syd']").last).to_be_attached()
    assert flown(by_mouse.page) == []
