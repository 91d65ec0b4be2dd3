"""Every lab in a real browser, from its start to the debrief, by mouse; and lab 1 by keys alone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from labs import LABS
from studylab.lab import Do, Explain, Lab, Step
from tests.browser.learner import Learner
from tests.few import A_FEW_LABS

LAB_1 = LABS[0]


def trap(lab: Lab) -> str:
    """Return the id of the do step that springs the trap: the last before the first explanation."""
    end = next((index for index, step in enumerate(lab.steps) if isinstance(step, Explain)), 1)
    return [step.id for step in lab.steps[:end] if isinstance(step, Do)][-1]


def cure(lab: Lab) -> str:
    """Return the id of the do step that proves the cure: the last."""
    return [step.id for step in lab.steps if isinstance(step, Do)][-1]


@A_FEW_LABS
def test_a_lab_is_played_through_its_page_by_mouse(by_mouse: Learner, lab: Lab, picture: Callable[[str], None]) -> None:
    names = {trap(lab): "trap", cure(lab): "cure"}

    def after(step: Step) -> None:
        if step.id in names:
            picture(f"labs/{lab.slug}-{names[step.id]}")

    by_mouse.plays(lab, after=after)
    expect(by_mouse.page.locator("#panel-guide .about").first).to_contain_text(
        f"{len(lab.steps)} of {len(lab.steps)} steps"
    )
    assert by_mouse.witness.attempt(lab.slug).marks == {}


def test_lab_1_is_played_by_keys_alone(by_keys: Learner) -> None:
    by_keys.plays(LAB_1)
    assert by_keys.witness.attempt(LAB_1.slug).marks == {}


def test_on_a_phone_the_stage_says_which_step_is_due_and_leads_to_it(by_mouse: Learner) -> None:
    page = by_mouse.page
    page.set_viewport_size({"width": 390, "height": 844})
    by_mouse.opens(f"/labs/{LAB_1.slug}")
    by_mouse.hands.press(page.locator("#panel-guide .begin button"))
    by_mouse.promotes("blog", "alloc-c")
    by_mouse.is_at(LAB_1.steps[1])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    due = page.locator(".to-guide")
    expect(due).to_contain_text(LAB_1.steps[1].title)
    due.click()
    expect(page.get_by_role("heading", name=LAB_1.steps[1].title)).to_be_in_viewport()
    expect(due).not_to_be_visible()
