"""Long verbs: they count, they can be stopped between two steps, and however they end, the bench is whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.vango.conftest import Hands
from vango.actors.errors import Refused


def stopped(hands: Hands, verb: str, when: Callable[[Any], bool] = lambda work: work.done > 0, **arguments: Any) -> str:
    """Carry out a verb, and stop it as soon as its progress is so."""

    async def begin_and_stop() -> str:
        bench = hands.bench
        verb_at_work = asyncio.create_task(bench.perform(verb, arguments))
        while not ((work := bench.progress.see()) and when(work)):
            await bench.changes.wait(0.001)
        bench.progress.stop()
        return await verb_at_work

    return str(hands._run(begin_and_stop()))


def test_a_burst_that_is_stopped_says_what_stays(hands: Hands) -> None:
    said = stopped(hands, "burst", lambda work: work.done >= 50, n=10_000)
    made = hands.settle().truth.sequence - 3
    assert said == f"The burst was stopped: {made} of 10,000 changes were committed, and they stay."
    assert hands.settle().audit.soundness == "sound"
    assert hands.bench.progress.see() is None


def test_what_a_stopped_burst_did_is_what_is_done_again(hands: Hands) -> None:
    stopped(hands, "burst", lambda work: work.done >= 50, n=5_000)
    latest, shop = hands.settle().truth.sequence, hands.bench.truth.owners()["shop"]
    hands.do("promote", route="shop", to="alloc-b" if shop == "alloc-c" else "alloc-c")
    hands.do("undo")
    assert hands.settle().truth.sequence == latest


def test_telemetry_stops_with_what_was_sent(hands: Hands) -> None:
    said = stopped(hands, "telemetry", n=10_000)
    sent = hands.settle().stream("TELEMETRY").messages
    assert said.startswith(f"{sent} samples were sent")
    assert "stopped, 10,000 were asked for" in said


def test_a_rebuild_that_is_stopped_leaves_the_database_as_it_was(hands: Hands) -> None:
    hands.do("burst", n=300)
    hands.settle()
    hands.do("destroy_database")
    assert stopped(hands, "rebuild_database").startswith("Stopped: nothing was rebuilt")
    assert hands.bench.truth.owners() == {}
    assert not list(hands.bench.folder.glob("truth-rebuilt*"))
    assert "stored events were written" in hands.do("rebuild_database")
    assert len(hands.bench.truth.owners()) == 3


def test_a_storm_that_is_stopped_gives_no_verdict_and_all_runs_again(hands: Hands) -> None:
    assert "no verdict" in stopped(hands, "storm", seed=3, length=8)
    seen = hands.until(lambda seen: (seen.broker.state, seen.relay.state) == ("up", "up"))
    assert seen.storm is None


def test_an_undo_that_is_stopped_leaves_the_bench_as_it_was(hands: Hands) -> None:
    for to in ("alloc-c", "alloc-b", "alloc-a", "alloc-c"):
        hands.do("promote", route="shop", to=to)
    before = hands.settle()
    assert stopped(hands, "undo") == "Stopped: the bench is unchanged."
    after = hands.settle()
    assert after.truth.routes == before.truth.routes
    assert after.stream("ROUTES").last_seq == before.stream("ROUTES").last_seq == 7
    assert after.audit.soundness == "sound"
    assert hands.do("undo").startswith("promote was undone: 3 verbs")
    hands.do("promote", route="blog", to="alloc-b")


def test_who_gives_up_waiting_leaves_no_verb_half_done(hands: Hands) -> None:
    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await hands.bench.perform("reset", {})

    hands._run(give_up())
    hands.do("promote", route="shop", to="alloc-c")
    assert hands.settle().edge("fra").claim == "current at 4"


def test_a_bench_that_is_closed_in_the_middle_of_a_burst_opens_whole(hands: Hands) -> None:
    async def close_meanwhile() -> str:
        verb_at_work = asyncio.create_task(hands.bench.perform("burst", {"n": 10_000}))
        await hands.bench.wait_until(lambda seen: seen.work is not None)
        await hands.bench.close()
        return await verb_at_work

    assert "was stopped" in hands._run(close_meanwhile())


def test_a_short_verb_cannot_be_stopped(hands: Hands) -> None:
    with pytest.raises(Refused, match="nothing to stop"):
        hands.bench.progress.stop()
    with hands.bench.progress.of("promote"), pytest.raises(Refused, match="promote is short"):
        hands.bench.progress.stop()
