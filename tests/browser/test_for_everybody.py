"""From the last row, by ear, on paper, in the system's own colours: the same page, and nothing that a lab needs is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from labs import LABS
from studylab.lab import call
from tests.browser.inspect_page import DESK, Look, show
from tests.browser.learner import Learner, has_bench
from tests.browser.test_progress import play
from tests.few import SANDBOX_AND_LABS

FROM_AFAR = Look("projector", "light", DESK)
USABLE = """() => [...document.querySelectorAll(".stage :is(button, a, input, select), .guide li.is-now :is(button, a, input)")]
  .filter(e => !e.matches(".lanes a"))
  .filter(e => !e.disabled && !e.closest("[popover], details:not([open])") && e.getClientRects().length)
  .map(e => `${e.id} ${e.name} ${e.value} ${e.closest("form, [id]").id} ${e.textContent.trim()}`)"""
TYPE_PX = "element => parseFloat(getComputedStyle(element).fontSize)"
COUNT_WORDS = """() => {
  window.told = [];
  new MutationObserver(all => all.forEach(one => one.addedNodes.forEach(node => window.told.push(node.textContent))))
    .observe(document.getElementById("status"), {childList: true});
}"""


def test_projector_mode_is_kept_in_this_browser_and_switched_by_key_and_button(page: Page) -> None:
    has_bench(page)
    page.goto("/sandbox")
    switch = page.get_by_role("button", name="Projector mode")
    expect(switch).to_have_attribute("aria-pressed", "false")
    small = page.locator("#truth-shop td").first.evaluate(TYPE_PX)
    page.keyboard.press("p")
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#status")).to_contain_text("Projector mode")
    assert page.locator("#truth-shop td").first.evaluate(TYPE_PX) > 1.35 * small
    page.goto("/concepts")
    expect(page.locator("html")).to_have_attribute("data-view", "projector")
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    expect(page.locator("html")).to_have_attribute("data-view", "desk")


@SANDBOX_AND_LABS
def test_projector_mode_leaves_out_nothing_that_can_be_used(by_mouse: Learner, lab: object) -> None:
    page = by_mouse.page
    by_mouse.opens(f"/labs/{lab.slug}" if lab else "/sandbox")  # type: ignore[attr-defined]
    if lab:
        page.locator("#panel-guide .begin button").click()
        by_mouse.is_at(lab.steps[0])  # type: ignore[attr-defined]
    near = set(page.evaluate(USABLE))
    show(page, FROM_AFAR)
    by_mouse.selects("truth")
    assert len(near) > 3
    assert near - set(page.evaluate(USABLE)) == set()


@pytest.mark.slow
def test_a_lab_is_played_through_in_projector_mode(by_mouse: Learner) -> None:
    by_mouse.page.add_init_script("localStorage.setItem('view', 'projector')")
    by_mouse.plays(LABS[0])
    assert by_mouse.witness.attempt(LABS[0].slug).marks == {}


def test_in_step_who_waits_where_is_told(by_keys: Learner) -> None:
    page = by_keys.page
    by_keys.opens("/sandbox")
    by_keys.does(call("pace", tempo="step"))
    by_keys.promotes("blog", "alloc-c")
    status = page.locator("#status")
    expect(status).to_contain_text("Database truth: Waits before commit.")
    by_keys.does(call("go_on", actor="database"))
    expect(status).to_contain_text("Relay: Waits before publish.")


def test_a_burst_is_told_once_and_not_change_by_change(by_mouse: Learner) -> None:
    page = by_mouse.page
    by_mouse.opens("/sandbox")
    page.evaluate(COUNT_WORDS)
    by_mouse.does(call("burst", n=100))
    expect(page.locator("#panel-edge-syd")).to_contain_text("Current at 103", timeout=60_000)
    told = page.evaluate("window.told")
    assert len(told) <= 6, told


def test_on_paper_stage_and_guide_stand_whole_and_without_controls(by_mouse: Learner) -> None:
    page = by_mouse.page
    by_mouse.opens(f"/labs/{LABS[0].slug}")
    page.locator("#panel-guide .begin button").click()
    by_mouse.is_at(LABS[0].steps[0])
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(media="print")
    for gone in (".top", ".stage .foot", ".tempo", ".hint-foot", "#inspector form"):
        expect(page.locator(gone).first).to_be_hidden()
    for there in (
        "#panel-guide li.is-now .prose",
        "#truth-shop",
        "#panel-stream .tape",
        "#iad-shop",
        "#panel-journal .moments",
    ):
        expect(page.locator(there)).to_be_visible()
    for whole in ("#journal-scroll", "#panel-edge-iad .card", "#panel-truth .part"):
        assert page.locator(whole).evaluate("e => e.scrollHeight <= e.clientHeight + 1"), whole
    assert page.evaluate("getComputedStyle(document.querySelector('.scene')).backgroundColor") == "rgb(255, 255, 255)"
    assert len(page.pdf(format="A4")) > 10_000


@pytest.mark.parametrize("path", ["/", "/progress", "/matrix", "/recording"])
def test_on_paper_no_other_page_has_its_bar(page: Page, path: str) -> None:
    play(page)
    page.goto(path)
    page.emulate_media(media="print")
    expect(page.locator("header.top")).to_be_hidden()
    expect(page.locator("#main")).to_be_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_in_forced_colours_a_hole_is_told_from_a_message(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    by_mouse.does(call("delete_message", seq=2))
    page = by_mouse.page
    expect(page.locator(".cell.is-hole").first).to_be_attached()
    page.emulate_media(forced_colors="active")
    fill = "element => getComputedStyle(element).fill"
    hole = page.locator(".cell.is-hole rect").first.evaluate(fill)
    assert hole != page.locator(".cell.is-stored rect").first.evaluate(fill)


def test_in_forced_colours_what_is_pressed_is_still_told_apart(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    has_bench(page)
    page.goto("/sandbox")
    ground = "element => getComputedStyle(element).backgroundColor"
    pressed = page.locator(".tempo [aria-pressed='true']").evaluate(ground)
    assert pressed != page.locator(".tempo [aria-pressed='false']").first.evaluate(ground)


def test_pictures_for_the_tour(by_mouse: Learner, picture: Callable[[str], None], data: Path) -> None:
    """Light, dark, projector, phone and Step, of one bench on which something waits."""
    page = by_mouse.page
    page.emulate_media(reduced_motion="reduce")
    by_mouse.opens("/sandbox")
    picture("tour/light")
    by_mouse.does(call("pace", tempo="step"))
    by_mouse.promotes("blog", "alloc-c")
    by_mouse.does(call("go_on", actor="database"))
    expect(page.locator("#panel-relay .waits")).to_be_visible()
    picture("tour/step")
    by_mouse.does(call("go_on", actor="relay"))
    page.emulate_media(color_scheme="dark")
    picture("tour/dark")
    page.emulate_media(color_scheme="light")
    by_mouse.does(call("pace", tempo="live"))
    expect(page.locator("#panel-edge-fra")).to_contain_text("Current at 4")
    page.keyboard.press("p")
    picture("tour/projector")
    page.keyboard.press("p")
    page.set_viewport_size({"width": 390, "height": 844})
    by_mouse.opens(f"/labs/{LABS[0].slug}")
    picture("tour/phone")
