"""What single keys do, wherever the focus is: start, let go, undo, and a presenter's two keys."""

from __future__ import annotations

from playwright.sync_api import expect

from labs import LABS
from studylab.lab import Explain, call
from tests.browser.learner import Learner
from tests.browser.test_focus import LAB, begins, catches_up


def test_after_start_by_enter_the_focus_is_on_the_first_step_s_heading(by_keys: Learner) -> None:
    begins(by_keys)
    expect(by_keys.page.locator("#panel-guide li.is-now > h2")).to_be_focused()


def test_after_starting_again_the_focus_is_on_the_first_step_s_heading(by_keys: Learner) -> None:
    begins(by_keys)
    by_keys.hands.press(by_keys.page.locator("#all-steps > summary"))
    by_keys.hands.press(by_keys.page.get_by_role("button", name="Start again"))
    expect(by_keys.page.locator("#panel-guide li.is-now > h2")).to_be_focused()


def test_in_step_space_lets_go_though_a_button_has_the_focus(by_keys: Learner) -> None:
    page = by_keys.page
    by_keys.opens("/sandbox")
    by_keys.does(call("pace", tempo="step"))
    by_keys.promotes("blog", "alloc-c")
    expect(page.locator("#status")).to_contain_text("Database truth: Waits before commit.")
    expect(page.locator("#open-promote")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#status")).to_contain_text("Relay: Waits before publish.")
    expect(page.locator("dialog:modal")).to_have_count(0)


def test_in_step_e_goes_on_to_the_end(by_keys: Learner) -> None:
    page = by_keys.page
    by_keys.opens("/sandbox")
    by_keys.does(call("pace", tempo="step"))
    by_keys.promotes("blog", "alloc-c")
    expect(page.locator("#status")).to_contain_text("Database truth: Waits before commit.")
    page.keyboard.press("e")
    for name in ("fra", "iad", "syd"):
        expect(page.locator(f"#panel-edge-{name} .claim")).to_contain_text("Current at 4")
    expect(page.locator(".bench-controls [aria-pressed='true']")).to_have_text("Step")


def test_space_presses_the_focused_button_while_nobody_waits(by_keys: Learner) -> None:
    by_keys.opens("/sandbox")
    by_keys.hands.reach(by_keys.page.locator("#open-promote"))
    by_keys.page.keyboard.press("Space")
    expect(by_keys.page.locator("#dialog-promote:modal")).to_be_visible()


def test_u_takes_back_the_last_verb(by_keys: Learner) -> None:
    by_keys.opens("/sandbox")
    by_keys.promotes("blog", "alloc-c")
    expect(by_keys.page.locator("#panel-edge-iad .claim")).to_contain_text("4", ignore_case=True)
    by_keys.page.keyboard.press("u")
    expect(by_keys.page.locator("#panel-edge-iad .claim")).to_contain_text("3", ignore_case=True)


def test_page_up_opens_the_step_before_and_page_down_comes_back_and_goes_on(by_keys: Learner) -> None:
    step = next(step for step in LAB.steps if isinstance(step, Explain))
    before, after = LAB.steps[LAB.index(step.id) - 1], LAB.steps[LAB.index(step.id) + 1]
    page = by_keys.page
    catches_up(by_keys, step.id)
    page.keyboard.press("p")
    page.keyboard.press("PageUp")
    expect(page.locator(f"#step-{before.id}")).to_be_visible()
    expect(page.locator(f"#step-{step.id}")).to_be_hidden()
    page.keyboard.press("PageDown")
    expect(page.locator(f"#now-{step.id}")).to_be_focused()
    page.keyboard.press("PageDown")
    expect(page.locator(f"#now-{after.id}")).to_be_visible()


def test_the_page_keys_scroll_as_usual_on_a_desk(by_keys: Learner) -> None:
    by_keys.opens(f"/labs/{LABS[0].slug}")
    by_keys.page.keyboard.press("PageDown")
    expect(by_keys.page.locator("#status p")).to_have_count(0)
