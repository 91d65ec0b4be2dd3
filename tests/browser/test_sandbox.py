"""The sandbox in a real browser: by mouse, by keyboard, on a phone, in two tabs, and after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

PICTURES = Path(__file__).resolve().parent.parent.parent / "docs" / "pictures"


def open_sandbox(page: Page) -> None:
    page.goto("/sandbox")
    expect(page.locator("#age")).to_have_attribute("data-age", "live")


def promote(page: Page, to: str) -> None:
    page.locator("#panel-truth").get_by_role("button", name="Promote").click()
    dialog = page.locator("dialog[open]")
    dialog.locator("select[name=to]").select_option(to)
    dialog.get_by_role("button", name="Promote").click()
    expect(page.locator("#status")).to_contain_text(to)


def test_a_promotion_is_seen_at_every_edge(page: Page) -> None:
    open_sandbox(page)
    promote(page, "alloc-c")
    for edge in ("fra", "iad", "syd"):
        expect(page.locator(f"#panel-edge-{edge}")).to_contain_text("Current at 4")
    expect(page.locator("#panel-truth")).to_contain_text("alloc-c")
    expect(page.locator("#panel-verdict")).to_contain_text("Sound")


def test_a_refusal_is_told_in_a_sentence(page: Page) -> None:
    open_sandbox(page)
    page.locator("#panel-truth").get_by_role("button", name="Promote").click()
    dialog = page.locator("dialog[open]")
    dialog.locator("select[name=to]").select_option("alloc-d")
    dialog.get_by_role("button", name="Promote").click()
    expect(page.locator("#status")).to_contain_text("must be ready")


def test_a_lie_is_named_and_a_picture_of_the_page_is_kept(page: Page) -> None:
    open_sandbox(page)
    page.evaluate(
        """async () => { for (const [verb, body] of [
            ['edge_rules', {edge: 'iad', prove_continuity: false, ask_high_water_mark: false}],
            ['kill_edge', {edge: 'iad'}], ['burst', {n: 6}], ['purge', {}],
            ['promote', {route: 'blog', to: 'alloc-c'}], ['start_edge', {edge: 'iad'}], ['kill_edge', {edge: 'syd'}]])
          await fetch('/bench/verbs/' + verb, {method: 'POST', body: JSON.stringify(body),
            headers: {'Content-Type': 'application/json', 'Accept': 'application/json'}}); }"""
    )
    expect(page.locator("#panel-verdict")).to_contain_text("iad claims current truth at 10 and is wrong about")
    expect(page.locator("#panel-edge-syd")).to_contain_text("killed")
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / "sandbox.png")


def test_an_edge_is_killed_and_started_by_keyboard_alone(page: Page) -> None:
    open_sandbox(page)
    page.keyboard.press("2")
    kill = page.locator("#panel-edge-iad").get_by_role("button", name="Kill")
    for _ in range(30):
        if kill.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    start = page.locator("#panel-edge-iad").get_by_role("button", name="Start", exact=True)
    expect(start).to_be_visible()
    start.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-edge-iad")).to_contain_text("Current at 3")


def test_a_second_tab_shows_the_same(page: Page) -> None:
    open_sandbox(page)
    other = page.context.new_page()
    open_sandbox(other)
    page.bring_to_front()
    promote(page, "alloc-b")
    other.bring_to_front()
    expect(other.locator("#panel-edge-fra")).to_contain_text("Current at 4")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("path", ["/", "/sandbox"])
def test_a_page_has_no_accessibility_violation_and_fits(
    browser: Browser, address: str, width: int, scheme: str, path: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, base_url=address, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    violations = Axe().run(page).response["violations"]
    context.close()
    assert [(found["id"], [node["html"] for node in found["nodes"]]) for found in violations] == []
