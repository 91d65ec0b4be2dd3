"""The sandbox in a real browser: every verb by mouse, by keys alone, and in two tabs."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from studylab.lab import call
from tests.browser.brought import brought_along
from tests.browser.hands import Mouse
from tests.browser.learner import Learner
from vango.verbs.registry import REGISTRY

# What is done before a verb whose control is there at certain times only, and not already where the verb stands.
BEFORE = {
    "take_snapshot": (call("reset"),),
    "storm": (call("reset"),),
    "shrink_storm": (
        *(call("take_away", protection=key) for key in ("event-ids", "epochs", "continuity", "mark")),
        call("storm", seed=2),
    ),
    "go_on": (call("pace", tempo="step"), call("promote", route="api", to="alloc-c")),
    "run_on": (call("pace", tempo="step"), call("promote", route="api", to="alloc-d")),
    "undo": (call("pace", tempo="live"),),
    # A stuck edge fills the journal faster than one can point at its newest moment.
    "fork": (call("reset"), call("promote", route="api", to="alloc-c")),
}


def test_every_verb_is_carried_out_by_mouse(by_mouse: Learner) -> None:
    """In the order of the registry, in which what ends something stands before what begins it again."""
    by_mouse.opens("/sandbox")
    # Somebody must be there to be removed.
    with brought_along(by_mouse.page, "mine"):
        for verb in REGISTRY:
            for item in BEFORE.get(verb, ()):
                by_mouse.does(item)
            answer = by_mouse.tries(verb)
            assert answer.status not in (400, 422, 500), f"{verb}: {answer.text()}"
            expect(by_mouse.page.locator("dialog:modal")).to_have_count(0)


def test_a_promotion_is_seen_at_every_edge(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    by_mouse.promotes("shop", "alloc-c")
    page = by_mouse.page
    for edge in ("fra", "iad", "syd"):
        expect(page.locator(f"#panel-edge-{edge}")).to_contain_text("Current at 4")
    expect(page.locator("#panel-truth")).to_contain_text("alloc-c")
    expect(page.locator("#panel-verdict")).to_contain_text("Sound")


def test_a_lie_is_named(by_mouse: Learner, picture: Callable[[str], None]) -> None:
    by_mouse.opens("/sandbox")
    for item in (
        call("edge_rules", edge="iad", prove_continuity=False, ask_high_water_mark=False),
        call("kill_edge", edge="iad"),
        call("burst", n=6),
        call("purge"),
        call("promote", route="blog", to="alloc-a"),
        call("start_edge", edge="iad"),
        call("kill_edge", edge="syd"),
    ):
        by_mouse.does(item)
    page = by_mouse.page
    expect(page.locator("#panel-verdict")).to_contain_text("iad says it is current at 10, but sends")
    expect(page.locator("#panel-edge-syd")).to_contain_text("killed")
    picture("sandbox")


def test_an_edge_is_killed_and_started_by_keys_alone(by_keys: Learner) -> None:
    by_keys.opens("/sandbox")
    by_keys.does(call("kill_edge", edge="iad"))
    by_keys.does(call("start_edge", edge="iad"))
    expect(by_keys.page.locator("#panel-edge-iad")).to_contain_text("Current at 3")


def test_a_second_tab_shows_the_same(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    other = by_mouse.page.context.new_page()
    Learner(Mouse(other), by_mouse.witness).opens("/sandbox")
    by_mouse.page.bring_to_front()
    by_mouse.promotes("shop", "alloc-b")
    other.bring_to_front()
    expect(other.locator("#panel-edge-fra")).to_contain_text("Current at 4")
