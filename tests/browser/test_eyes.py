"""For the eye: whole words and tables, nothing that jumps or covers the news, and signs that need no colour."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from labs import LABS
from studylab.lab import call
from studylab.web.drawing import strip
from tests.browser.learner import Learner

BROKEN = (Path(__file__).parent / "broken.js").read_text(encoding="utf-8")
SIZES = (
    ("desk", 1440, 900),
    ("desk", 1280, 720),
    ("desk", 390, 844),
    ("projector", 1280, 720),
    ("projector", 1920, 1080),
)
LONG_ROUTE, LONG_ALLOCATION = "averylongroutenamewithoutanyhyphenatall", "a-very-long-allocation-name-of-letters"
SHIFTED = """() => new Promise(done => new PerformanceObserver(list => done(
  list.getEntries().filter(shift => !shift.hadRecentInput).reduce((all, shift) => all + shift.value, 0)
)).observe({ type: "layout-shift", buffered: true }) ?? setTimeout(done, 1500, 0))"""
HALF_OF_IT = """() => {
  const above = () => document.querySelector(".guide").getBoundingClientRect().height;
  const whole = above();
  for (const part of document.querySelector(".stage").children) part.style.display = "none";
  return [whole, above()];
}"""
"""The height of what stands above the stage, with the stage there and while it is still to come."""
FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
BOX = "element => { const { top, bottom } = element.getBoundingClientRect(); return [top, bottom]; }"


def stumbles(page: Page) -> list[str]:
    """Return the broken words and cut tables at every size, with each kind of place in the inspector."""
    found = []
    for place in ("truth", "stream", "edge-fra"):
        page.locator(f".scene [data-of='{place}'] h3").first.evaluate("heading => heading.click()")
        for view, width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate("view => { document.documentElement.dataset.view = view; }", view)
            page.evaluate(FRAMES)
            found += [f"{view} {width}, {place}: {fault}" for fault in page.evaluate(BROKEN)]
    return found


def test_no_word_is_broken_and_no_table_is_cut_at_any_size(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    assert stumbles(by_mouse.page) == []


def test_no_word_is_broken_and_no_table_is_cut_with_long_names(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    by_mouse.does(call("add_allocation", allocation=LONG_ALLOCATION))
    by_mouse.does(call("add_route", route=LONG_ROUTE, owner="alloc-a"))
    by_mouse.does(call("promote", route="blog", to="alloc-c"))
    expect(by_mouse.page.locator("#panel-edge-syd .claim")).to_contain_text("Current at 5")
    assert stumbles(by_mouse.page) == []


@pytest.mark.parametrize("path", [f"/labs/{LABS[0].slug}", "/sandbox"])
def test_on_a_phone_nothing_jumps_while_the_page_comes(by_mouse: Learner, path: str) -> None:
    page = by_mouse.page
    page.set_viewport_size({"width": 390, "height": 844})
    by_mouse.opens(path)
    if path != "/sandbox":
        by_mouse.hands.press(page.locator("#panel-guide .begin button"))
        by_mouse.is_at(LABS[0].steps[0])
    page.reload()
    expect(page.locator("#age")).to_have_attribute("data-age", "live")
    assert page.evaluate(SHIFTED) < 0.05
    whole, half = page.evaluate(HALF_OF_IT)
    assert half == whole


def test_in_greyscale_each_outcome_of_a_request_has_a_shape_of_its_own() -> None:
    words = ("right", "late", "wrong", "refused")
    shapes = {re.sub(r"M\d+ ", "", path) for path in strip(words).values()}
    tops = {re.search(r"M\d+ (\d+)", path)[1] for path in strip(words).values()}  # type: ignore[index]
    assert len(shapes) == len(tops) == len(words)


def test_what_an_act_is_answered_covers_nothing_of_the_stage(by_mouse: Learner) -> None:
    page = by_mouse.page
    for width, height in ((1440, 900), (1280, 720)):
        page.set_viewport_size({"width": width, "height": height})
        by_mouse.opens("/sandbox")
        by_mouse.promotes("blog", "alloc-c")
        expect(page.locator("#status p")).to_be_visible()
        assert page.locator("#status").evaluate(BOX)[1] <= page.locator(".stage").evaluate(BOX)[0] + 1
        right = page.locator("#status").evaluate("line => line.getBoundingClientRect().right")
        assert right <= page.locator(".top-tools").evaluate("tools => tools.getBoundingClientRect().left")
        by_mouse.does(call("reset"))


def test_the_place_of_a_move_is_ringed_when_its_check_ticks(by_mouse: Learner) -> None:
    page = by_mouse.page
    page.set_viewport_size({"width": 390, "height": 844})
    by_mouse.opens(f"/labs/{LABS[0].slug}")
    by_mouse.hands.press(page.locator("#panel-guide .begin button"))
    by_mouse.is_at(LABS[0].steps[0])
    page.evaluate("""() => { window.ringed = []; new MutationObserver(() =>
      window.ringed.push(document.querySelector(".stage").dataset.lookAt)).observe(
      document.querySelector(".stage"), { attributes: true, attributeFilter: ["data-look-at"] }); }""")
    # No pointer comes near the move: that rings its place too.
    headers = {"Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
    page.request.post("/bench/verbs/promote", data={"route": "blog", "to": "alloc-c"}, headers=headers)
    page.wait_for_function("() => window.ringed.some(place => place.startsWith('panel-'))")
    expect(page.locator("#panel-truth")).to_be_in_viewport()


def test_the_place_of_a_move_is_ringed_for_each_check_that_fails(by_mouse: Learner) -> None:
    """Also when another that failed holds again at once: as many have failed then as before."""
    page = by_mouse.page
    by_mouse.opens(f"/labs/{LABS[0].slug}")
    by_mouse.hands.press(page.locator("#panel-guide .begin button"))
    by_mouse.is_at(LABS[0].steps[0])
    page.mouse.move(0, 0)
    ring = "() => document.querySelector('.stage').dataset.lookAt"
    page.wait_for_function(f"() => ({ring})() === ''")
    for failed in ("first", "second"):
        page.evaluate(
            """failed => {
              const list = document.querySelector("li.is-now .checks");
              if (list.children.length < 2) list.append(list.children[0].cloneNode(true));
              [...list.children].forEach((item, at) => {
                item.querySelector("p").textContent = ["first", "second"][at];
                item.className = ["first", "second"][at] === failed ? "is-broken" : "is-open";
              });
              document.dispatchEvent(new Event("htmx:after:swap"));
            }""",
            failed,
        )
        page.wait_for_function(f"() => ({ring})().startsWith('panel-')")
        page.wait_for_function(f"() => ({ring})() === ''")


def test_an_explanation_is_whole_and_no_strip_of_words(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    by_mouse.makes_iad_lie()
    page = by_mouse.page
    for place in ("#panel-verdict", "#panel-edge-iad"):
        by_mouse.hands.press(page.locator(f"{place} .why-opens").first)
        shown = page.locator(f"{place} :popover-open")
        box = shown.bounding_box()
        assert box is not None
        assert box["width"] >= 240
        assert 0 <= box["x"] <= 1440 - box["width"]
        assert shown.evaluate("all => all.scrollWidth <= all.clientWidth")
        page.keyboard.press("Escape")
