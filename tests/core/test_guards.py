"""Each guard is needed: a short story that is safe with all of them and ends badly with exactly that one removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.core.bench import Bench, broken_promises, corrupted, events_in
from vango.actors.crash_points import Point
from vango.core.findings import Kind
from vango.core.modes import Mode
from vango.core.rules import AckOrder, EdgeRules, StartFrom

CORRECT = EdgeRules()


def crash_between_apply_and_ack(bench: Bench) -> None:
    bench.tell("shop", "shop")
    bench.deliver()
    bench.deliver(crash=Point.AFTER_APPLY)
    bench.edge.start()
    bench.redeliver(2)
    bench.ask()


def republish_an_old_owner(bench: Bench) -> None:
    bench.tell("shop", "shop")
    bench.deliver_all()
    bench.republish(1)
    bench.deliver()
    bench.ask()


def evict_what_the_edge_slept_through(bench: Bench) -> None:
    bench.tell("shop", "blog")
    bench.deliver_all()
    bench.tell("shop", "blog")
    bench.stream.evict(keep=1)
    bench.deliver_all()
    bench.ask()


def crash_between_the_two_steps(bench: Bench) -> None:
    """Ack and apply are the two steps, in whichever order the rules put them; the crash comes between."""
    bench.tell("shop")
    ack_first = bench.edge.rules.ack is AckOrder.BEFORE_APPLY
    bench.deliver(crash=Point.AFTER_ACK if ack_first else Point.AFTER_APPLY)
    bench.edge.start()
    for seq in sorted(bench.stream.outstanding):
        bench.redeliver(seq)


def purge_the_tail(bench: Bench) -> None:
    bench.tell("shop")
    bench.deliver_all()
    bench.tell("shop")
    bench.stream.evict(keep=0)
    bench.ask()


def load_a_corrupt_snapshot(bench: Bench) -> None:
    bench.tell("shop")
    bench.load(corrupted(bench.snapshot()))
    bench.ask()


def evict_what_follows_the_snapshot(bench: Bench) -> None:
    bench.tell("shop", "blog")
    stored = bench.snapshot()
    bench.tell("shop", "blog")
    bench.stream.evict(keep=1)
    bench.load(stored)
    bench.deliver_all()
    bench.ask()


Story = Callable[[Bench], None]

GUARDS: dict[str, tuple[Story, Bench, Kind]] = {
    "event ids": (
        crash_between_apply_and_ack,
        Bench(replace(CORRECT, deduplicate=False)),
        Kind.DOUBLE_EFFECT,
    ),
    "epochs": (
        republish_an_old_owner,
        Bench(replace(CORRECT, check_epochs=False)),
        Kind.RESURRECTED,
    ),
    "the chain": (
        evict_what_the_edge_slept_through,
        Bench(replace(CORRECT, prove_continuity=False)),
        Kind.FALSE_CONFIDENCE,
    ),
    "the high-water mark": (
        purge_the_tail,
        Bench(replace(CORRECT, ask_high_water_mark=False)),
        Kind.LOST,
    ),
    "the snapshot's checksum": (
        load_a_corrupt_snapshot,
        Bench(replace(CORRECT, verify_checksum=False)),
        Kind.FALSE_CONFIDENCE,
    ),
    "the first event chains on to the snapshot": (
        evict_what_follows_the_snapshot,
        Bench(snapshot_must_chain=False),
        Kind.FALSE_CONFIDENCE,
    ),
}


@pytest.mark.parametrize("guard", GUARDS)
def test_without_one_guard_the_edge_lies_and_the_audit_names_the_lie(guard: str) -> None:
    story, unguarded, kind = GUARDS[guard]
    bench = Bench(unguarded.edge.rules, snapshot_must_chain=unguarded.edge.snapshot_must_chain)
    story(bench)
    assert broken_promises(bench)
    assert kind in {finding.kind for finding in bench.audit().findings}


@pytest.mark.parametrize("guard", GUARDS)
def test_with_every_guard_the_same_story_ends_in_truth_or_failed_closed(guard: str) -> None:
    bench = Bench()
    GUARDS[guard][0](bench)
    assert broken_promises(bench) == []
    assert bench.audit().findings == ()


def test_a_crash_after_an_early_ack_loses_an_event_for_good() -> None:
    bench = Bench(replace(CORRECT, ack=AckOrder.BEFORE_APPLY))
    crash_between_the_two_steps(bench)
    assert broken_promises(bench) == ["it acked e1, which is not in its view at 0"]
    assert (bench.stream.pending(), bench.stream.outstanding) == ([], {})


def test_a_crash_before_a_late_ack_loses_nothing() -> None:
    bench = Bench()
    crash_between_the_two_steps(bench)
    bench.ask()
    assert broken_promises(bench) == []
    assert bench.edge.mode is Mode.CURRENT


def test_an_early_ack_and_trust_in_nothing_pending_make_an_edge_sure_of_what_it_never_applied() -> None:
    bench = Bench(replace(CORRECT, ack=AckOrder.BEFORE_APPLY, ask_high_water_mark=False))
    crash_between_the_two_steps(bench)
    bench.ask()
    assert Kind.LOST in {finding.kind for finding in bench.audit().findings}


def test_an_edge_that_starts_from_new_refuses_the_first_event_it_is_handed() -> None:
    bench = Bench(replace(CORRECT, start_from=StartFrom.NEW))
    bench.tell("shop")
    bench.stream.consume_from(2)
    bench.tell("shop")
    bench.deliver()
    assert bench.edge.mode is Mode.FAILED_CLOSED
    assert bench.edge.said() == {}


def test_stream_seqs_used_twice_after_a_rollback_deceive_nobody() -> None:
    bench = Bench()
    kept = bench.stream.copy()
    bench.tell("shop", "shop")
    bench.deliver_all()
    bench.stream = kept
    bench.tell("shop", "blog")
    assert [event.id for event in events_in([bench.stream.stored[1]])] == ["e3"]
    bench.deliver_all()
    bench.ask()
    assert broken_promises(bench) == []
    assert bench.edge.mode is Mode.CURRENT


def test_an_edge_that_failed_closed_becomes_current_again_only_by_way_of_a_snapshot() -> None:
    bench = Bench()
    evict_what_the_edge_slept_through(bench)
    bench.ask()
    before = bench.edge.mode
    bench.load(bench.snapshot())
    bench.ask()
    assert [before, bench.edge.mode] == [Mode.FAILED_CLOSED, Mode.CURRENT]
    assert bench.edge.said() == bench.truth.as_of(4)


def test_a_crash_half_way_through_a_snapshot_load_leaves_the_view_as_it_was() -> None:
    bench = Bench()
    bench.tell("shop")
    bench.deliver_all()
    bench.tell("shop")
    bench.load(bench.snapshot(), crash=True)
    bench.edge.start()
    assert bench.edge.said() == bench.truth.as_of(1)
