"""Every page for everybody: no axe violation of any impact, nothing wider than the window, nothing from outside.

Each page is loaded once and looked at in every theme, width and view.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from labs import LABS
from studylab.concepts.pages import concepts
from studylab.lab import Lab, call
from tests.browser.evidence import Witness
from tests.browser.hands import Mouse
from tests.browser.inspect_page import DESK_LOOKS, MOST_LOOKS, faults
from tests.browser.learner import Learner
from tests.browser.test_progress import play
from tests.few import THE_FIRST_LAB

FIRST, *MORE = (concept.address for concept in concepts())
# One page of a kind is looked at in every run, the others in `make test-all`: they differ in their words. Without a
# bench, the sandbox and a lab say what they are about.
READ = ("/", "/labs/commit-first", "/tour", "/concepts", "/matrix", "/nowhere", FIRST)
SELDOM = ("/sandbox", "/concepts?q=ack", "/concepts/glossary", "/labs/none", *MORE)
PAGES = (*READ, *(pytest.param(address, marks=pytest.mark.slow) for address in SELDOM))
SHOW_ALL = """() => {
  document.querySelector("main").hidden = true;
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.show();
    Object.assign(dialog.style, {position: "static", margin: "8px auto"});
  }
  return document.querySelectorAll("dialog[open]").length;
}"""


class Outside(list[str]):
    """The addresses that were asked for and are not the app's own. None is reached: the cable is out."""

    def watch(self, page: Page, address: str) -> None:
        def route(request: Route) -> None:
            if request.request.url.startswith((address, "data:", "blob:")):
                request.continue_()
            else:
                self.append(request.request.url)
                request.abort()

        page.route("**/*", route)


@pytest.fixture
def offline(page: Page, address: str) -> Iterator[Page]:
    """A page that reaches nothing but the app, and whose test fails if it tries."""
    outside = Outside()
    outside.watch(page, address)
    yield page
    assert outside == []


@pytest.fixture
def learner(offline: Page, data: Path) -> Learner:
    """A learner at such a page."""
    return Learner(Mouse(offline), Witness(offline, data))


def opens_some(page: Page) -> None:
    """Open the last of what is folded in each place: all of it is thousands of lines of the same kinds."""
    for place in page.locator(".stage .place, #panel-verdict").all():
        place.locator("details").evaluate_all("all => { if (all.length) all.at(-1).open = true; }")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_to_read(offline: Page, path: str) -> None:
    offline.goto(path)
    offline.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    assert faults(offline, MOST_LOOKS) == []


@pytest.mark.parametrize(
    "played", [pytest.param(False, marks=pytest.mark.slow), True], ids=["at first", "after some steps"]
)
def test_the_pages_of_progress(offline: Page, played: bool) -> None:
    if played:
        play(offline)
    found = []
    for path in ("/progress", "/progress/notebook", "/"):
        offline.goto(path)
        found += faults(offline, DESK_LOOKS)
    assert found == []


@THE_FIRST_LAB
def test_a_lab(learner: Learner, lab: Lab) -> None:
    learner.opens(f"/labs/{lab.slug}")
    learner.page.locator("#panel-guide .begin button").click()
    learner.is_at(lab.steps[0])
    assert faults(learner.page, MOST_LOOKS) == []


@pytest.mark.slow
def test_a_lab_before_its_start(learner: Learner) -> None:
    learner.opens(f"/labs/{LABS[0].slug}")
    assert faults(learner.page, DESK_LOOKS) == []


@pytest.mark.parametrize(
    "tempo", [*(pytest.param(tempo, marks=pytest.mark.slow) for tempo in ("live", "slow")), "step"]
)
def test_the_sandbox_in_every_tempo(learner: Learner, tempo: str) -> None:
    learner.opens("/sandbox")
    if tempo != "live":
        learner.does(call("pace", tempo=tempo))
    learner.promotes("blog", "alloc-c")
    if tempo == "step":
        expect(learner.page.locator(".waits").first).to_be_visible()
    opens_some(learner.page)
    assert faults(learner.page, DESK_LOOKS) == []


def test_the_sandbox_when_much_is_wrong(learner: Learner) -> None:
    learner.opens("/sandbox")
    for item in (
        call("edge_rules", edge="iad", prove_continuity=False, ask_high_water_mark=False),
        call("kill_edge", edge="iad"),
        call("burst", n=6),
        call("take_snapshot"),
        call("purge"),
        call("promote", route="blog", to="alloc-a"),
        call("start_edge", edge="iad"),
        call("kill_edge", edge="syd"),
        call("crash_edge", edge="fra", at="after receive"),
        call("freeze_broker"),
    ):
        learner.does(item)
    page = learner.page
    expect(page.locator("#panel-verdict .verdict.is-lie")).to_be_visible()
    opens_some(page)
    page.locator("#panel-broker button").first.click()
    assert faults(page) == []


def test_a_recording(learner: Learner) -> None:
    learner.opens("/sandbox")
    learner.promotes("blog", "alloc-c")
    expect(learner.page.locator("#panel-edge-fra")).to_contain_text("Current at 4")
    learner.page.goto("/recording")
    assert faults(learner.page, DESK_LOOKS) == []


def test_every_dialog(learner: Learner) -> None:
    """All of them at once, one below the other, in place of the page."""
    learner.opens("/sandbox")
    assert learner.page.evaluate(SHOW_ALL) > 20
    assert faults(learner.page, MOST_LOOKS) == []


def test_a_dialog_over_the_page(learner: Learner) -> None:
    learner.opens("/sandbox")
    learner.page.keyboard.press("?")
    expect(learner.page.locator("#keys")).to_be_visible()
    assert faults(learner.page, DESK_LOOKS) == []
