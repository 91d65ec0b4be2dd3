"""Every lab in a real browser, from its start to the debrief, by mouse; and lab 1 by keys alone."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from labs import LABS
from studylab.lab import Do, Explain, Lab, Predict, Step
from tests.browser.hands import Keys
from tests.browser.learner import Learner
from tests.few import A_FEW_LABS

LAB_1 = LABS[0]
MOST_PRESSES = 60


def trap(lab: Lab) -> str:
    """Return the id of the do step that springs the trap: the last before the first explanation."""
    end = next((index for index, step in enumerate(lab.steps) if isinstance(step, Explain)), 1)
    return [step.id for step in lab.steps[:end] if isinstance(step, Do)][-1]


def cure(lab: Lab) -> str:
    """Return the id of the do step that proves the cure: the last."""
    return [step.id for step in lab.steps if isinstance(step, Do)][-1]


@A_FEW_LABS
def test_a_lab_is_played_through_its_page_by_mouse(by_mouse: Learner, lab: Lab, picture: Callable[[str], None]) -> None:
    def after(step: Step) -> None:
        # One step may be both.
        for name, at in (("trap", trap(lab)), ("cure", cure(lab))):
            if step.id == at:
                picture(f"labs/{lab.slug}-{name}")

    by_mouse.plays(lab, after=after)
    expect(by_mouse.page.locator("#panel-guide .about").first).to_contain_text(
        f"{len(lab.steps)} of {len(lab.steps)} steps"
    )
    assert by_mouse.witness.attempt(lab.slug).marks == {}


def test_lab_1_is_played_by_keys_alone(by_keys: Learner) -> None:
    by_keys.plays(LAB_1)
    assert isinstance(by_keys.hands, Keys)
    print(f"{LAB_1.slug} by keys alone: {by_keys.hands.presses} presses")
    assert by_keys.hands.presses <= MOST_PRESSES
    assert by_keys.witness.attempt(LAB_1.slug).marks == {}


def test_on_a_phone_the_stage_says_which_step_is_due_and_leads_to_it(by_mouse: Learner) -> None:
    page = by_mouse.page
    page.set_viewport_size({"width": 390, "height": 844})
    by_mouse.opens(f"/labs/{LAB_1.slug}")
    by_mouse.hands.press(page.locator("#panel-guide .begin button"))
    by_mouse.is_at(LAB_1.steps[0])
    by_mouse.passes(LAB_1, LAB_1.steps[0])
    by_mouse.is_at(LAB_1.steps[1])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#panel-journal").scroll_into_view_if_needed()
    due = page.locator(".to-guide")
    expect(due).to_contain_text(LAB_1.steps[1].title)
    due.click()
    expect(page.get_by_role("heading", name=LAB_1.steps[1].title)).to_be_in_viewport()
    expect(due).not_to_be_visible()


def test_a_step_stays_with_what_was_seen_beside_the_prediction(by_mouse: Learner) -> None:
    page, (watch, predict, phantom) = by_mouse.page, LAB_1.steps[:3]
    begins(by_mouse)
    by_mouse.passes(LAB_1, watch)
    assert isinstance(predict, Predict)
    by_mouse.predicts(predict.options[0], "certain")
    assert isinstance(phantom, Do)
    label = phantom.checks[2].label
    expect(page.locator("li.is-now")).to_have_attribute("id", "step-phantom")
    expect(page.locator("li.is-now .checks")).not_to_contain_text(label)
    by_mouse.hands.press(page.locator(".move.is-next button").first)
    expect(page.locator(".saw .said")).to_contain_text("Nothing: the change was refused.")
    expect(page.locator(".saw .measured")).to_contain_text("serve shop → alloc-d")
    expect(page.locator("li.is-now .checks")).to_contain_text(label)
    expect(page.locator("li.is-now")).to_have_attribute("id", "step-phantom")


def test_the_address_is_that_of_the_step_and_one_of_another_step_offers_to_catch_up(by_mouse: Learner) -> None:
    page = by_mouse.page
    begins(by_mouse)
    expect(page).to_have_url(re.compile(r"\?step=1$"))
    page.goto(f"/labs/{LAB_1.slug}?step=4")
    by_mouse.is_at(LAB_1.steps[0])
    by_mouse.hands.press(page.get_by_role("button", name="Catch me up to step 4").first)
    by_mouse.is_at(LAB_1.steps[3])
    expect(page.locator(".asked")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?step=4$"))


def test_a_move_is_ticked_when_it_was_made_with_the_control_of_the_stage(by_mouse: Learner) -> None:
    page, lab = by_mouse.page, next(lab for lab in LABS if lab.slug == "acks")
    by_mouse.opens(f"/labs/{lab.slug}?step=2")
    by_mouse.hands.press(page.get_by_role("button", name="Catch me up to step 2").first)
    by_mouse.is_at(lab.steps[1])
    page.request.post(
        "/bench/verbs/crash_edge",
        data={"edge": "iad", "at": "after ack, before apply"},
        headers={"Accept": "application/json", "Sec-Fetch-Site": "same-origin"},
    )
    expect(page.locator(".move.is-made")).to_contain_text("Arm iad")
    expect(page.locator(".move.is-next")).to_contain_text("Promote shop")


def begins(learner: Learner) -> None:
    learner.opens(f"/labs/{LAB_1.slug}")
    learner.hands.press(learner.page.locator("#panel-guide .begin button"))
    learner.is_at(LAB_1.steps[0])
