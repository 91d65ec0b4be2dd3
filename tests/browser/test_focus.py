"""The focus of the keyboard is never lost, whatever is drawn again, and what was refused is seen where it matters."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from labs import LABS
from studylab.lab import Call, Explain, Predict, call
from tests.browser.learner import Learner

LAB = LABS[0]
FOCUSED = "document.activeElement.id || document.activeElement.closest('[id]').id"


def post(page: Page, verb: str, **arguments: str) -> None:
    """Do something on the bench from elsewhere, as a program or a second tab would."""
    answer = page.request.post(
        f"/bench/verbs/{verb}", data=arguments, headers={"Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
    )
    assert answer.ok, answer.text()


def begins(learner: Learner) -> None:
    learner.opens(f"/labs/{LAB.slug}")
    learner.hands.press(learner.page.locator("#panel-guide .begin button"))
    learner.is_at(LAB.steps[0])


def catches_up(learner: Learner, step: str) -> None:
    begins(learner)
    learner.hands.press(learner.page.locator("#all-steps > summary"))
    learner.hands.press(learner.page.locator(f"#step-{step}").get_by_role("button", name="catch me up"))
    expect(learner.page.locator("#panel-guide li.is-now")).to_have_attribute("id", f"step-{step}")


def test_the_focus_stays_on_a_button_whose_panel_is_drawn_again(by_keys: Learner) -> None:
    by_keys.opens("/sandbox")
    rules = by_keys.selects("edge-iad", "rules").locator("#rules-edge-iad").get_by_role("button", name="Rules")
    by_keys.hands.reach(rules)
    post(by_keys.page, "promote", route="blog", to="alloc-c")
    expect(by_keys.page.locator("#panel-edge-iad .claim")).to_contain_text("Current at 4")
    expect(rules).to_be_focused()


def test_when_the_focused_button_is_drawn_away_its_panel_has_the_focus(by_keys: Learner) -> None:
    by_keys.opens("/sandbox")
    by_keys.does(call("crash_edge", edge="iad", at="after receive"))
    disarm = by_keys.page.locator("#controls-edge-iad").get_by_role("button", name="Disarm")
    by_keys.hands.press(disarm)
    expect(disarm).to_have_count(0)
    assert by_keys.page.evaluate("document.activeElement.closest('#inspector') !== null")


def test_after_the_start_and_after_going_on_the_heading_of_the_step_has_the_focus(by_keys: Learner) -> None:
    begins(by_keys)
    expect(by_keys.page.get_by_role("heading", name=LAB.steps[0].title)).to_be_focused()
    by_keys.promotes("blog", "alloc-c")
    expect(by_keys.page.get_by_role("heading", name="What you saw")).to_be_visible()
    by_keys.goes_on()
    by_keys.is_at(LAB.steps[1])
    expect(by_keys.page.get_by_role("heading", name=LAB.steps[1].title)).to_be_focused()


def test_a_prediction_leads_to_the_heading_of_the_next_step(by_keys: Learner) -> None:
    catches_up(by_keys, "predict-phantom")
    step = LAB.steps[1]
    assert isinstance(step, Predict)
    by_keys.predicts(step.options[1], "certain")
    expect(by_keys.page.get_by_role("heading", name="Let the database refuse")).to_be_focused()


def test_a_refusal_closes_the_dialog_and_stands_in_the_status_line(by_keys: Learner) -> None:
    by_keys.opens("/sandbox")
    assert by_keys.promotes("shop", "alloc-d", refused=True).status == 409
    page = by_keys.page
    expect(page.locator("dialog:modal")).to_have_count(0)
    expect(page.locator("#status .is-error")).to_be_visible()
    expect(page.locator("#status .is-error")).to_contain_text("must be ready")
    expect(page.locator("#controls-truth").get_by_role("button", name="Promote")).to_be_focused()


def test_input_that_cannot_be_used_keeps_the_dialog_open_with_the_reason(by_keys: Learner) -> None:
    by_keys.opens("/sandbox")
    assert by_keys.does(Call("republish", {"sequence": 999}, refusal=True)).status == 404
    dialog = by_keys.page.locator("#dialog-republish:modal")
    expect(dialog.locator(".complaint")).to_contain_text("999")
    expect(dialog.locator("[name=sequence]")).to_have_value("999")


def test_what_was_chosen_for_one_edge_is_not_still_there_for_the_next(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    by_mouse.does(call("edge_rules", edge="fra", check_epochs=False))
    by_mouse.selects("edge-iad", "rules").get_by_role("button", name="Rules…").click()
    dialog = by_mouse.page.locator("#dialog-edge_rules")
    expect(dialog.locator("[name=edge]")).to_have_value("iad")
    expect(dialog.locator("[name=check_epochs]")).to_have_value("")


def test_while_a_dialog_is_open_the_stage_lives_on_and_escape_gives_the_focus_back(by_keys: Learner) -> None:
    by_keys.opens("/sandbox")
    page = by_keys.page
    opener = page.locator("#controls-truth").get_by_role("button", name="Promote")
    by_keys.hands.press(opener)
    expect(page.locator("#dialog-promote [name=route]")).to_be_focused()
    post(page, "promote", route="blog", to="alloc-c")
    expect(page.locator("#panel-edge-iad .claim")).to_contain_text("Current at 4")
    expect(page.locator("#dialog-promote [name=route]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#dialog-promote")).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_click_beside_a_dialog_closes_it_and_does_nothing_else(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    page = by_mouse.page
    page.locator("#controls-truth").get_by_role("button", name="Promote").click()
    expect(page.locator("#dialog-promote:modal")).to_be_visible()
    page.mouse.click(5, 400)
    expect(page.locator("#dialog-promote")).to_be_hidden()
    expect(page.locator("#controls-truth").get_by_role("button", name="Promote")).to_be_focused()


def test_tab_stays_in_a_dialog_in_both_directions(by_keys: Learner) -> None:
    by_keys.opens("/sandbox")
    page = by_keys.page
    by_keys.hands.press(page.locator("#controls-truth").get_by_role("button", name="Promote"))
    expect(page.locator("#dialog-promote [name=route]")).to_be_focused()
    for key in ("Tab", "Shift+Tab"):
        seen = []
        for _ in range(9):
            page.keyboard.press(key)
            seen.append(page.evaluate("document.activeElement.closest('dialog:modal')?.id"))
        assert seen == ["dialog-promote"] * 9


def test_cancel_gives_the_focus_to_the_twin_of_an_opener_that_is_drawn_again(by_keys: Learner) -> None:
    by_keys.opens("/sandbox")
    page = by_keys.page
    by_keys.hands.press(page.locator("#controls-truth").get_by_role("button", name="Promote"))
    # As a redraw does that cannot keep the element: another one stands in its place, under the same id.
    page.evaluate(
        "() => { const was = document.getElementById('open-promote'); was.replaceWith(was.cloneNode(true)); }"
    )
    by_keys.hands.press(page.locator("#dialog-promote").get_by_role("button", name="Cancel"))
    expect(page.locator("#dialog-promote")).to_be_hidden()
    expect(page.locator("#open-promote")).to_be_focused()


def test_a_dialog_whose_opener_was_drawn_away_leaves_the_focus_at_its_panel(by_keys: Learner) -> None:
    by_keys.opens("/sandbox")
    page = by_keys.page
    inspector = by_keys.selects("edge-iad")
    by_keys.hands.press(inspector.locator("#controls-edge-iad").get_by_role("button", name="Crash at"))
    page.evaluate("() => document.querySelector(\"#controls-edge-iad [commandfor='dialog-crash_edge']\").remove()")
    by_keys.hands.press(page.locator("#dialog-crash_edge").get_by_role("button", name="Cancel"))
    expect(page.locator("#dialog-crash_edge")).to_be_hidden()
    expect(inspector).to_be_focused()


def test_help_outlines_the_panel_to_look_at(by_mouse: Learner) -> None:
    begins(by_mouse)
    page = by_mouse.page
    outlined = "card => getComputedStyle(card).outlineStyle"
    for shown in (1, 2):
        assert page.locator("#panel-truth").evaluate(outlined) == "none"
        page.locator(".hint-foot").get_by_role("button", name="Hint").click()
        page.wait_for_function("n => document.querySelectorAll('.hints li').length === n", arg=shown)
    page.wait_for_function("() => getComputedStyle(document.querySelector('#panel-truth')).outlineStyle === 'solid'")


def test_while_the_guide_explains_every_control_waits(by_mouse: Learner) -> None:
    step = next(step for step in LAB.steps if isinstance(step, Explain))
    catches_up(by_mouse, step.id)
    page = by_mouse.page
    # What led here can be undone as a whole; nothing else can be done.
    expect(page.locator(".stage form.act:not([action$='/undo'])")).to_have_count(0)
    expect(page.locator("#controls-truth .in-step")).to_contain_text("read the explanation")
    by_mouse.goes_on()
    sheet = by_mouse.selects("stream")
    by_mouse.hands.press(page.locator("#in-step-stream > summary"))
    expect(sheet.get_by_role("button", name=re.compile("Purge"))).to_be_enabled()


def test_a_wrong_answer_says_why_and_may_be_changed(by_keys: Learner) -> None:
    catches_up(by_keys, "quiz")
    quiz = LAB.steps[-1]
    question = quiz.questions[0]  # type: ignore[union-attr]
    by_keys.answers(question, "1")
    form = by_keys.page.locator(f"#question-{question.id}")
    expect(form.locator(".answer")).to_contain_text("choose again")
    by_keys.answers(question, "0")
    expect(form.locator(".answer")).to_contain_text("Right")
    assert by_keys.page.evaluate(FOCUSED) == f"question-{question.id}"
