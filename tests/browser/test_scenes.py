"""The sandbox's left column in a real browser: cards, the own acts, links, and a recording opened from disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from studylab.lab import call
from studylab.scenes import links
from tests.browser.learner import Learner, has_bench
from vango.verbs.script import act

LINK = links.write((act("promote", route="shop", to="alloc-c"),))
SIZES = ((390, 844), *(pytest.param(size, marks=pytest.mark.slow) for size in ((1280, 720), (1440, 900))))


OVER_MS = 120_000


def is_over(page: Page, name: str) -> None:
    """Wait until a script has been played: undo then undoes all of it."""
    expect(page.get_by_role("button", name=f"Undo {name}")).to_be_visible(timeout=OVER_MS)


def test_a_card_is_played_and_the_acts_are_played_again(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    page = by_mouse.page
    page.get_by_role("button", name="tell nobody").click()
    is_over(page, "tell nobody")
    expect(page.locator("#panel-verdict")).to_contain_text("nothing will ever publish it")
    expect(page.locator("#panel-acts li").last).to_contain_text("Promote shop → alloc-b")
    page.get_by_role("button", name="Play again").click()
    is_over(page, "my last acts")
    page.get_by_role("button", name="Undo my last acts").click()
    expect(page.locator("#status")).to_contain_text("was undone")


@pytest.mark.slow
def test_a_card_is_played_and_a_script_is_named_by_keys_alone(by_keys: Learner) -> None:
    by_keys.opens("/sandbox")
    page = by_keys.page
    by_keys.hands.press(page.get_by_role("button", name="tell nobody"))
    is_over(page, "tell nobody")
    by_keys.hands.write(page.get_by_label("Name", exact=True), "untold")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-acts .named")).to_contain_text("untold")
    by_keys.hands.press(page.get_by_role("button", name="Delete untold"))
    expect(page.locator("#panel-acts .named")).to_have_count(0)


@pytest.mark.slow
def test_a_card_that_runs_slowly_shows_its_progress_and_is_stopped(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    by_mouse.does(call("pace", tempo="slow"))
    page = by_mouse.page
    page.get_by_role("button", name="lose an event").click()
    expect(page.locator("form.work")).to_contain_text("lose an event")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("#status")).to_contain_text("“lose an event” was stopped after")


def test_a_link_is_copied_whole_and_shows_its_script_before_it_is_played(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    page = by_mouse.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    by_mouse.promotes("shop", "alloc-c")
    page.get_by_role("link", name="Copy link").click()
    expect(page.locator("#status")).to_contain_text("Link copied")
    address = page.evaluate("navigator.clipboard.readText()")
    assert address.startswith("http://127.0.0.1:")
    page.goto(address)
    expect(page.locator("#proposal")).to_contain_text("Promote shop → alloc-c")
    page.get_by_role("button", name="Play this on my bench").click()
    is_over(page, "the script of a link")


def test_a_recording_opens_from_disk_and_its_slider_moves(by_mouse: Learner, tmp_path: Path) -> None:
    by_mouse.opens("/sandbox")
    page = by_mouse.page
    by_mouse.promotes("shop", "alloc-c")
    with page.expect_download() as download:
        page.get_by_role("link", name="recording", exact=True).click()
    kept = tmp_path / "kept.html"
    download.value.save_as(kept)
    page.goto(kept.as_uri())
    slider, caption = page.get_by_role("slider", name="Moment"), page.locator("#caption")
    expect(caption).not_to_be_empty()
    slider.focus()
    page.keyboard.press("End")
    expect(page.locator(".frame:visible")).to_have_count(1)
    expect(page.locator(".frame:visible")).to_contain_text("shop → alloc-c")
    page.keyboard.press("Home")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(slider).not_to_have_value("0")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_everything_of_the_column_can_be_reached_at_every_size(page: Page, size: tuple[int, int]) -> None:
    has_bench(page)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"/sandbox?script={LINK}")
    page.get_by_role("button", name="Play this on my bench").click()
    is_over(page, "the script of a link")
    for name in ("destroy the bus", "Play again", "Name it"):
        page.get_by_role("button", name=name).scroll_into_view_if_needed()
        expect(page.get_by_role("button", name=name)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
