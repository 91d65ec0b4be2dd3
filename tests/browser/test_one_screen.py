"""The whole story of a move on one screen: verdict, tape, every edge and the step, at once, whole, and without a scroll."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from labs import LABS
from studylab.lab import Lab, Step, call
from tests.browser.learner import Learner

MEASURE = (Path(__file__).parent / "one_screen.js").read_text(encoding="utf-8")
EDGES = tuple(f"#panel-edge-{name} .card" for name in ("fra", "iad", "syd"))
SCENE = ("#panel-verdict .verdict-word", "#panel-stream .tape-picture", "#truth-shop", *EDGES)
STRIP = (".strip p", *(f".strip li:nth-child({n})" for n in (1, 2, 3)))
STEP = ("#panel-guide li.is-now > h2",)
DESKS = ((1440, 900), (1280, 720), (1181, 720))
BEAMERS = ((1280, 720), (1920, 1080))
PHONE = (390, 844)
MOST_WORDS, MOST_BUTTONS = 350, 15
TYPE = {
    "verdict": "#panel-verdict .verdict-word",
    "claim": "#panel-edge-fra .claim strong",
    "truth": "#truth-shop th",
    "tape": "#panel-stream .cell.is-newest text",
}
HEIGHT_OF_TEXT = """element => {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT, node => node.data.trim() ? 1 : 3);
  const range = document.createRange();
  range.selectNodeContents(texts.nextNode());
  return range.getBoundingClientRect().height;
}"""
BEGUN = pytest.mark.parametrize(
    "lab",
    [
        pytest.param(None, id="sandbox"),
        *(
            pytest.param(lab, id=lab.slug, marks=[] if lab.number in (1, 10) else pytest.mark.slow)
            for lab in LABS
            if lab.number in (1, 5, 10, 12)
        ),
    ],
)


@dataclass(frozen=True, slots=True)
class Screen:
    """What a window of one size shows of the page."""

    size: tuple[int, int]
    seen: dict[str, Any]

    def faults(self, *allowed: str) -> list[str]:
        """Return what is not whole, not in sight, or covers another."""
        kinds = ("outside", "scrolls", "overlaps", "cut", "hidden")
        found = [(kind, fault) for kind in kinds for fault in self.seen[kind] if fault not in allowed]
        return [f"{self.size}: {kind}: {fault}" for kind, fault in found]


def begins(learner: Learner, lab: Lab | None) -> tuple[str, ...]:
    """Open the sandbox or begin a lab, and return what must then be in sight beside the scene."""
    learner.opens(f"/labs/{lab.slug}" if lab else "/sandbox")
    if lab:
        learner.page.locator("#panel-guide .begin button").click()
        learner.is_at(lab.steps[0])
    expect(learner.page.locator("#panel-edge-syd .claim")).to_contain_text("Current at")
    return STEP if lab else ()


def look(page: Page, size: tuple[int, int], must: tuple[str, ...]) -> Screen:
    """Look at the page in a window of a size."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return Screen(size, page.evaluate(MEASURE, list(must)))


@BEGUN
def test_a_desk_has_all_of_it_whole_and_at_once(by_mouse: Learner, lab: Lab | None) -> None:
    step = begins(by_mouse, lab)
    screens = [look(by_mouse.page, size, (*SCENE, *step)) for size in DESKS]
    assert [fault for screen in screens for fault in screen.faults()] == []
    for screen in screens if lab else ():
        words, buttons = screen.seen["words"], screen.seen["buttons"]
        print(lab and lab.slug, screen.size, words, "words", len(buttons), "buttons")
        assert words <= MOST_WORDS
        assert len(buttons) <= MOST_BUTTONS, buttons


@BEGUN
def test_a_beamer_has_it_in_large_type(by_mouse: Learner, lab: Lab | None) -> None:
    step, page = begins(by_mouse, lab), by_mouse.page
    near = {name: page.locator(selector).evaluate(HEIGHT_OF_TEXT) for name, selector in TYPE.items()}
    page.keyboard.press("p")
    for size in BEAMERS:
        assert look(page, size, (*SCENE, *step)).faults() == []
        grown = {name: page.locator(at).evaluate(HEIGHT_OF_TEXT) / near[name] for name, at in TYPE.items()}
        assert {name: times for name, times in grown.items() if times < 1.6} == {}


@BEGUN
def test_a_phone_keeps_the_verdict_and_the_edges_in_sight(by_mouse: Learner, lab: Lab | None) -> None:
    step = begins(by_mouse, lab)
    assert look(by_mouse.page, PHONE, (*STRIP, *step)).faults("down") == []


@pytest.mark.slow
@pytest.mark.parametrize("lab", [lab for lab in LABS if lab.number in (1, 5, 10, 12)], ids=lambda lab: lab.slug)
def test_at_every_step_of_a_lab_that_is_played_by_mouse_a_desk_has_all_at_once(by_mouse: Learner, lab: Lab) -> None:
    page, large, small = by_mouse.page, *DESKS[:2]
    page.set_viewport_size({"width": small[0], "height": small[1]})
    seen: list[tuple[str, Screen]] = []

    def after(step: Step) -> None:
        if not page.locator("li.is-now").count():
            return
        move = "li.is-now .move.is-next .move-verbs button"
        must = (*SCENE, *STEP, *((move,) if page.locator(move).count() else ()))
        seen.extend((step.id, look(page, size, must)) for size in (large, small))

    by_mouse.plays(lab, after=after)
    assert page.evaluate("scrollY") == 0
    for step_id, screen in seen:
        words, buttons = screen.seen["words"], screen.seen["buttons"]
        print(lab.slug, "after", step_id, screen.size, words, "words", len(buttons), "buttons")
    assert [(step_id, faults) for step_id, screen in seen if (faults := screen.faults())] == []
    assert max(screen.seen["words"] for _, screen in seen) <= MOST_WORDS
    assert max(len(screen.seen["buttons"]) for _, screen in seen) <= MOST_BUTTONS


def test_a_wrong_bench_still_fits(by_mouse: Learner) -> None:
    """The verdict has two lines then, an edge a cause, and the findings can be read without moving the scene."""
    begins(by_mouse, None)
    page = by_mouse.page
    by_mouse.makes_iad_lie()
    expect(page.locator("#panel-verdict .verdict.is-lie")).to_be_visible()
    by_mouse.is_as_new_as_the_bench()
    for size in ((1440, 900), (1280, 720)):
        assert look(page, size, SCENE).faults() == []
    before = page.locator(".scene").bounding_box()
    page.locator("#findings > summary").click()
    assert page.locator(".scene").bounding_box() == before


def test_actors_that_wait_in_step_hide_nothing(by_mouse: Learner) -> None:
    begins(by_mouse, LABS[0])
    by_mouse.does(call("pace", tempo="step"))
    page = by_mouse.page
    by_mouse.hands.press(page.locator(".move.is-next button").first)
    for edge in ("fra", "iad", "syd"):
        expect(page.locator(f"#panel-edge-{edge} .waits")).to_be_visible()
    expect(page.get_by_role("button", name="Step database")).to_be_visible()
    # The edges are drawn first: the guide may still offer the move.
    by_mouse.is_as_new_as_the_bench()
    for size in DESKS:
        screen = look(page, size, (*SCENE, *STEP))
        assert screen.faults() == []
        assert len(screen.seen["buttons"]) <= MOST_BUTTONS, screen.seen["buttons"]


def test_what_happened_stands_at_its_right_end(by_mouse: Learner) -> None:
    begins(by_mouse, None)
    page = by_mouse.page
    at_end = "e => e.scrollWidth - e.scrollLeft - e.clientWidth < 3"
    for size in ((1440, 900), (1200, 720), (1440, 900)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        expect(page.locator(".lanes-scroll")).to_be_visible()
        page.wait_for_function(f"({at_end})(document.querySelector('.lanes-scroll'))")


def test_a_beamer_has_the_inspector_when_a_place_is_picked(by_mouse: Learner) -> None:
    begins(by_mouse, None)
    page = by_mouse.page
    page.keyboard.press("p")
    expect(page.locator("#inspector")).to_be_hidden()
    page.locator("#panel-edge-iad h3").click()
    expect(page.locator("#controls-edge-iad button").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#inspector")).to_be_hidden()
    page.keyboard.press("i")
    expect(page.locator("#inspector")).to_be_focused()
