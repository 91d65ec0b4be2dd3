"""The tour and the first page in a real browser, by keyboard, and the debrief on paper."""

from __future__ import annotations

import time
from pathlib import Path

from playwright.sync_api import Page, expect

from labs import LABS
from studylab.lab import store
from studylab.lab.attempt import Attempt
from studylab.lab.tour import CAPTIONS
from tests.browser.inspect_page import DESK_LOOKS, faults
from tests.browser.learner import Learner

AT_MOST_S = 90


def finished(page: Page, data: Path, lab: int = 0) -> None:
    """Give the page's learner a finished attempt at a lab."""
    page.request.post("/bench", headers={"Sec-Fetch-Site": "same-origin"})
    (folder,) = sorted((data / "benches").iterdir(), key=lambda one: one.stat().st_mtime)[-1:]
    store.save(folder, LABS[lab].slug, Attempt(begun=True, step=len(LABS[lab].steps), finishes=1))


def test_the_tour_is_taken_by_enter_alone_within_a_minute_and_a_half(by_keys: Learner) -> None:
    page, began = by_keys.page, time.monotonic()
    page.goto("/")
    by_keys.hands.press(page.get_by_role("button", name="Start"))
    for at, caption in enumerate(CAPTIONS, 1):
        expect(page.locator("#tour h1")).to_have_text(caption.title)
        expect(page.locator("#tour h1")).to_be_focused()
        expect(page.locator(f"#{caption.place}")).to_have_attribute("data-pointed", "")
        if at < len(CAPTIONS):
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
    expect(page.locator("#panel-edge-iad .claim")).to_contain_text("4")
    expect(page.locator("[data-pointed]")).to_have_count(1)
    assert time.monotonic() - began < AT_MOST_S


def test_the_tour_for_everybody(page: Page) -> None:
    page.goto("/tour")
    page.get_by_role("button", name="Start the tour").click()
    expect(page.locator("#age")).to_have_attribute("data-age", "live")
    assert faults(page, DESK_LOOKS) == []


def test_the_debrief_for_everybody_and_on_paper(page: Page, data: Path) -> None:
    finished(page, data)
    page.goto(f"/labs/{LABS[0].slug}/debrief")
    expect(page.locator("h1")).to_contain_text("Debrief")
    found = faults(page, DESK_LOOKS)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"/labs/{LABS[0].slug}/debrief")
    page.emulate_media(media="print")
    expect(page.locator(".code-side pre").first).to_be_visible()
    assert page.locator(".code-side pre").evaluate_all("all => all.every(e => e.scrollWidth <= e.clientWidth + 1)")
    expect(page.locator(".tour-foot")).to_be_hidden()
    assert found == []


def test_the_small_picture_shows_what_just_happened_on_the_bench(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    page = by_mouse.page
    page.goto("/")
    expect(page.locator(".miniature figcaption")).to_contain_text("Your bench")
    answer = page.request.post(
        "/bench/verbs/promote", data={"route": "shop", "to": "alloc-c"},
        headers={"Accept": "application/json", "Sec-Fetch-Site": "same-origin"},
    )  # fmt: skip
    assert answer.ok
    expect(page.locator(".small.is-truth")).to_contain_text("alloc-c")
    expect(page.locator(".is-edges li").first).to_contain_text("Current at 4")
