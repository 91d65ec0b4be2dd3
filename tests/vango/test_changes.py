"""Changes: one look covers many, and no look is repeated that would show the same."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from tests.conftest import Run
from tests.vango.conftest import Hands
from vango.bench import looking
from vango.bench.changes import LOOK_AGAIN_S, Changes
from vango.observe.model import Observation

LONG_S = 4 * LOOK_AGAIN_S


async def looks(*, early: bool = False, rest_found_after: int | None = None) -> int:
    """Return how many looks one change asks for, after a look that knew of this many and found everything at rest."""
    changes, twice = Changes(), asyncio.Event()
    told: list[None] = []

    def tell() -> None:
        told.append(None)
        if len(told) > 1:
            twice.set()

    changes.watched, changes.on_change = True, tell
    changes.note(early=early)
    if rest_found_after is not None:
        changes.found_at_rest(rest_found_after)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(twice.wait(), LONG_S)
    await changes.end()
    return len(told)


def test_a_second_look_follows_unless_the_first_found_everything_at_rest(run: Run) -> None:
    assert run(looks()) == 2
    assert run(looks(rest_found_after=1)) == 1


def test_a_look_that_began_before_the_change_or_may_be_too_early_for_it_spares_none(run: Run) -> None:
    assert run(looks(rest_found_after=0)) == 2
    assert run(looks(early=True, rest_found_after=1)) == 2


def test_the_less_is_known_to_move_the_more_seldom_somebody_looks(hands: Hands) -> None:
    hands.settle()
    observer = hands.bench.observer
    still = observer.patience_s()
    for edge in hands.bench.edges.values():
        edge.heard_at -= 10
    silent = observer.patience_s()
    hands.do("kill_edge", edge="fra")
    hands.until(lambda seen: seen.edge("fra").probes[-1].outcome == "refused")
    assert observer.patience_s() < silent < still


def test_what_the_relay_publishes_needs_no_second_look_and_what_anybody_else_does_gets_one(hands: Hands) -> None:
    changes = hands.bench.changes
    heard: list[bool] = []
    note = changes.note

    def hear(*, early: bool = False) -> None:
        heard.append(early)
        note(early=early)

    changes.note = hear  # type: ignore[method-assign]
    hands.do("promote", route="shop", to="alloc-c")
    hands.settle()
    assert heard
    assert not any(heard)
    heard.clear()
    hands._run(hands.bench.wire().store("telemetry.sampled.host", b"{}", message_id="somebody's"))
    hands.until(lambda seen: seen.stream("TELEMETRY").messages == 1 and any(heard))


@pytest.mark.parametrize(("is_a_moment", "is_seen"), [(False, True), (True, False)])
def test_a_look_at_rest_has_seen_what_was_noted_meanwhile_unless_it_is_a_moment(
    hands: Hands, is_a_moment: bool, is_seen: bool
) -> None:
    hands.settle()
    bench = hands.bench
    observe = bench.observer.observe

    async def look_while_something_happens() -> Observation:
        if is_a_moment:
            bench.journal.write("learner", "note", "something happened")
        else:
            bench.changes.note()
        return await observe()

    bench.observer.observe = look_while_something_happens  # type: ignore[method-assign]
    hands._run(bench.observe())
    assert (bench.changes.looked_as_of == bench.changes.noted) is is_seen


def test_a_look_at_rest_is_fresh_for_a_moment_and_until_something_is_noted(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "FRESH_S", 30.0)
    bench = hands.bench
    seen = hands.settle()
    assert bench.fresh() is seen
    bench.changes.note()
    assert bench.fresh() is None
    hands.settle()
    monkeypatch.setattr(looking, "FRESH_S", 0.0)
    assert bench.fresh() is None


def test_a_look_at_a_bench_that_is_not_at_rest_is_never_fresh(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "FRESH_S", 30.0)
    hands.settle()
    hands.do("kill_relay")
    hands.do("promote", route="shop", to="alloc-c")
    seen = hands.until(lambda seen: seen.outbox.waiting == 1)
    assert (seen.outbox.waiting, hands.bench.fresh()) == (1, None)
