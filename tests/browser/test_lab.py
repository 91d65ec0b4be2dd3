"""Lab 1 in a real browser: its first step by mouse, and by keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

Press = Callable[[Locator], None]


def click(target: Locator) -> None:
    target.click()


def by_key(target: Locator) -> None:
    target.focus()
    target.page.keyboard.press("Space" if target.get_attribute("type") == "radio" else "Enter")


@pytest.mark.parametrize("press", [click, by_key], ids=["mouse", "keyboard"])
def test_the_first_step_is_done_by_hand_and_ticks(page: Page, press: Press) -> None:
    page.goto("/labs/commit-first")
    expect(page.locator("#age")).to_have_attribute("data-age", "live")
    press(page.locator("#panel-guide .begin button"))
    expect(page.locator("li.is-now h2")).to_have_text("Watch one promotion")
    press(page.locator("#panel-truth").get_by_role("button", name="Promote"))
    dialog = page.locator("dialog[open]")
    dialog.locator("select[name=route]").select_option("blog")
    dialog.locator("select[name=to]").select_option("alloc-c")
    press(dialog.get_by_role("button", name="Promote"))
    expect(page.locator("li.is-now h2")).to_have_text("The database will refuse: what do the edges do?")
