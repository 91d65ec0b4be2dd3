"""The pages to read, in a real browser: a search that follows the typing, the same without script, and on paper."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

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


def test_a_word_in_a_lab_s_prose_leads_to_its_page(page: Page) -> None:
    has_bench(page)
    page.goto("/labs/commit-first")
    expect(page.locator("#age")).to_have_attribute("data-age", "live")
    page.locator("#panel-guide .begin button").click()
    page.locator("li.is-now .prose a.term", has_text="stream").click()
    expect(page.locator("h1")).to_have_text("Stream")


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
