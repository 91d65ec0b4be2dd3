"""Whatever happens to stream, consumer and edge: the view is truth as of its position, or the edge has failed closed."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.core.bench import SAMPLE, UNREADABLE, Bench, broken_promises, corrupted
from tests.core.model import Stream
from vango.actors.crash_points import Point
from vango.core.modes import Mode, Signal
from vango.core.rules import AckOrder, EdgeRules

T = TypeVar("T")
ROUTES = st.sampled_from(["shop", "blog"])
CRASHES = st.sampled_from([None, None, Point.AFTER_RECEIVE, Point.AFTER_APPLY, Point.AFTER_ACK])
WHICH = st.integers(0, 20)


class BrokenPromise(AssertionError):
    """The edge answered wrongly, or let go of what it had not applied."""


def one_of(things: list[T], which: int) -> T:
    """Pick the last for 0, the one before it for 1, and so on, round and round: small numbers stay near the end."""
    return things[-1 - which % len(things)]


class Deliveries(RuleBasedStateMachine):
    """All that commits, brokers and crashes do to an edge, in any order."""

    rules_of_the_edge = EdgeRules()
    snapshot_must_chain = True

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(self.rules_of_the_edge, snapshot_must_chain=self.snapshot_must_chain)
        self.snapshots: list[bytes] = []
        self.kept: Stream | None = None

    @rule(route=ROUTES)
    def commit(self, route: str) -> None:
        self.bench.commit(route)

    @rule()
    def publish(self) -> None:
        self.bench.publish()

    @rule(routes=st.lists(ROUTES, min_size=1, max_size=3))
    def commit_and_publish(self, routes: list[str]) -> None:
        self.bench.tell(*routes)

    @rule(payload=st.sampled_from([SAMPLE, UNREADABLE]))
    def publish_what_is_no_event(self, payload: bytes) -> None:
        self.bench.stream.store(payload)

    @precondition(lambda self: self.bench.truth.latest)
    @rule(which=WHICH)
    def republish(self, which: int) -> None:
        """Also events that still wait: then the stream has them out of order."""
        self.bench.republish(one_of(self.bench.truth.history, which).sequence)

    @precondition(lambda self: self.bench.stream.pending())
    @rule(crash=CRASHES, most=st.integers(1, 4))
    def deliver(self, crash: Point | None, most: int) -> None:
        self.bench.deliver(crash, most=most)

    @precondition(lambda self: self.bench.stream.pending())
    @rule()
    def deliver_all(self) -> None:
        self.bench.deliver_all()

    @precondition(lambda self: self.bench.stream.stored)
    @rule(which=WHICH, also=WHICH)
    def redeliver(self, which: int, also: int) -> None:
        """Two at a time, in any order, and perhaps the same one twice."""
        seqs = sorted(self.bench.stream.stored)
        self.bench.redeliver(one_of(seqs, which), one_of(seqs, also))

    @rule(back=st.integers(1, 5))
    def replay(self, back: int) -> None:
        self.bench.stream.consume_from(max(1, self.bench.stream.next_seq - back))

    @rule(keep=st.integers(0, 2))
    def evict(self, keep: int) -> None:
        self.bench.stream.evict(keep=keep)

    @precondition(lambda self: self.bench.stream.stored)
    @rule(which=WHICH)
    def delete_one(self, which: int) -> None:
        self.bench.stream.delete(one_of(sorted(self.bench.stream.stored), which))

    @rule()
    def recreate_stream(self) -> None:
        self.bench.recreate_stream()

    @rule()
    def keep_store(self) -> None:
        self.kept = self.bench.stream.copy()

    @precondition(lambda self: self.kept)
    @rule()
    def roll_store_back(self) -> None:
        """Messages, cursor and numbers are as they were; numbers are given to other events from now on."""
        assert self.kept
        self.bench.stream = self.kept.copy()

    @rule(corrupt=st.sampled_from([False, False, True]))
    def take_snapshot(self, corrupt: bool) -> None:
        stored = self.bench.snapshot()
        self.snapshots.append(corrupted(stored) if corrupt and self.bench.truth.latest else stored)

    @precondition(lambda self: self.snapshots and self.bench.edge.mode is not Mode.DOWN)
    @rule(which=WHICH, crash=st.sampled_from([False, False, True]))
    def load_snapshot(self, which: int, crash: bool) -> None:
        self.bench.load(one_of(self.snapshots, which), crash=crash)

    @rule()
    def crash(self) -> None:
        self.bench.edge.hear(Signal.STOP)

    @precondition(lambda self: self.bench.edge.mode is Mode.DOWN)
    @rule()
    def start(self) -> None:
        self.bench.edge.start()

    @rule()
    def ask(self) -> None:
        self.bench.ask()
        report = self.bench.audit()
        if report.findings:
            raise BrokenPromise(report.findings[0].sentence)

    @invariant()
    def every_promise_is_kept(self) -> None:
        if broken := broken_promises(self.bench):
            raise BrokenPromise(" And ".join(broken))

    @invariant()
    def current_is_said_only_where_truth_was(self) -> None:
        edge = self.bench.edge
        if edge.mode is Mode.CURRENT and edge.position.sequence > self.bench.truth.latest:
            raise BrokenPromise("the edge is ahead of truth")


def test_an_edge_with_correct_rules_keeps_every_promise_whatever_happens() -> None:
    run_state_machine_as_test(Deliveries, settings=settings(max_examples=150, stateful_step_count=40, deadline=None))


CORRECT = EdgeRules()
WITHOUT = {
    "deduplicate": replace(CORRECT, deduplicate=False),
    "check_epochs": replace(CORRECT, check_epochs=False),
    "prove_continuity": replace(CORRECT, prove_continuity=False),
    "ack after apply": replace(CORRECT, ack=AckOrder.BEFORE_APPLY),
    "ask_high_water_mark": replace(CORRECT, ask_high_water_mark=False),
    "verify_checksum": replace(CORRECT, verify_checksum=False),
    "the first event chains on to the snapshot": CORRECT,
}


# Stories so rare that the search for them takes longer than all the others together.
RARE = ("verify_checksum", "the first event chains on to the snapshot")


@pytest.mark.parametrize(
    "guard", [pytest.param(guard, marks=[pytest.mark.long] if guard in RARE else []) for guard in WITHOUT]
)
def test_the_same_machine_breaks_an_edge_that_lacks_one_guard(guard: str) -> None:
    class Unguarded(Deliveries):
        rules_of_the_edge = WITHOUT[guard]
        snapshot_must_chain = not guard.startswith("the first event")

    search = settings(
        max_examples=2000,
        stateful_step_count=40,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(BrokenPromise):
        run_state_machine_as_test(Unguarded, settings=search)
