"""The pages to read, in a real browser: a search that follows the typing, the same without script, and on paper."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.learner import has_bench


def test_the_search_follows_the_typing_and_back_comes_back_to_it(page: Page) -> None:
    page.goto("/concepts")
    page.locator("#q").press_sequentially("duplicate wind")
    expect(page.locator("#found-count")).to_contain_text("for “duplicate wind”")
    expect(page.locator("#q")).to_be_focused()
    expect(page).to_have_url("/concepts?q=duplicate+wind")
    page.locator(".finds a[href^='/concepts/deduplication']").first.click()
    expect(page.locator("h1")).to_have_text("Deduplication")
    page.go_back()
    expect(page.locator("#found-count")).to_contain_text("for “duplicate wind”")


def test_what_was_found_is_reached_by_keys_and_its_anchor_is_in_sight(page: Page) -> None:
    page.goto("/concepts")
    page.locator("#q").fill("10065")
    expect(page.locator(".finds li")).to_have_count(1)
    page.locator("#q").focus()
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/concepts/subject#overlap")
    expect(page.locator("#overlap-title")).to_be_in_viewport()


def test_without_script_the_search_is_a_form_and_the_pages_read_as_well(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/concepts")
    page.locator("#q").fill('"ack floor')
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".finds mark").first).to_be_visible()
    page.goto("/concepts/ack")
    page.locator("summary").first.click()
    expect(page.locator(".exchanges pre").first).to_be_visible()
    context.close()


def in_a_lab(page: Page) -> Locator:
    """Start the first lab, and return a word of its first step."""
    has_bench(page)
    page.goto("/labs/commit-first")
    expect(page.locator("#age")).to_have_attribute("data-age", "live")
    page.locator("#panel-guide .begin button").click()
    return page.locator("li.is-now .prose a.term", has_text="stream").first


def test_the_mouse_over_a_word_opens_its_sentence_and_shows_the_place_on_the_stage(page: Page) -> None:
    word = in_a_lab(page)
    word.hover()
    card = page.locator("#term-card")
    expect(card).to_contain_text("numbered sequence of messages")
    expect(card.get_by_role("link")).to_have_attribute("href", "/concepts/stream")
    card.get_by_role("button", name="Show me on the stage").click()
    expect(page.locator("#panel-stream")).to_have_attribute("data-pointed", "")
    expect(card).to_be_hidden()
    expect(page.locator("#panel-stream")).not_to_have_attribute("data-pointed", "")
    expect(page).to_have_url(re.compile("/labs/commit-first"))


def test_by_keys_a_word_is_said_on_focus_and_escape_shuts_it(page: Page) -> None:
    word = in_a_lab(page)
    expect(page.locator("li.is-now > h2")).to_be_visible()
    page.keyboard.press("g")
    for _ in range(10):
        page.keyboard.press("Tab")
        if word.evaluate("word => word === document.activeElement"):
            break
    card = page.locator("#term-card")
    expect(card).to_be_visible()
    page.keyboard.press("Enter")
    expect(card.get_by_role("link")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(word).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#panel-guide') !== null")


def test_a_tap_on_a_word_opens_its_sentence_and_a_tap_elsewhere_shuts_it(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, has_touch=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    word = in_a_lab(page)
    word.tap()
    expect(page.locator("#term-card")).to_be_visible()
    box = page.locator("#term-card").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    page.locator(".checks-title").tap()
    expect(page.locator("#term-card")).to_be_hidden()
    expect(page).to_have_url(re.compile("/labs/commit-first"))
    context.close()


def test_on_paper_a_page_is_dark_on_white_and_without_its_controls(page: Page) -> None:
    page.goto("/concepts/ack")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(media="print")
    colours = "e => [getComputedStyle(e).color, getComputedStyle(document.body).backgroundColor]"
    assert page.locator("h1").evaluate(colours) == ["rgb(29, 36, 51)", "rgb(255, 255, 255)"]
    for control in (".top", ".turn", ".exchanges details"):
        expect(page.locator(control).first).to_be_hidden()
    expect(page.locator(".deciding").first).to_be_visible()
    assert page.pdf().startswith(b"%PDF")
