"""Whatever order events, marks, silences, restarts, purges and lies come in: who says “current at n” heard a mark say n."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.core.model import Truth
from vango.core import claims
from vango.core.claims import Mark, Standing, Step, Word
from vango.core.events import Event, encode
from vango.core.intake import take_in
from vango.core.judge import Position, Row
from vango.core.modes import ANSWERS, Mode, Signal, after
from vango.core.recent_ids import RecentIds
from vango.core.routes import ROUTE_FACTS
from vango.core.rules import EdgeRules
from vango.edge.pull import Delivery

ROUTES = st.sampled_from(["shop", "blog"])
Stand = Callable[[Position, Word], Standing]
SIGNALS = {Step.CLAIM: Signal.REACHED, Step.BEHIND: Signal.BEHIND, Step.LOOK: Signal.BEHIND, Step.FAIL: Signal.SURPRISE}


class FalseClaim(AssertionError):
    """The edge says that it is current where the last mark does not."""


class Claimant:
    """An edge between its messages and its marks. What it decides by is the real thing."""

    def __init__(self, stand: Stand, *, withdraws: bool) -> None:
        self.stand, self.withdraws = stand, withdraws
        self.rows: dict[str, Row] = {}
        self.position, self.mode, self.word = Position(), Mode.DOWN, Word()
        self.heard: list[tuple[int, str]] = []

    def signal(self, signal: Signal) -> None:
        self.mode = after(self.mode, signal)

    def start(self) -> None:
        self.word, self.heard = Word(), []
        self.signal(Signal.START)
        self.signal(Signal.RESUMED)

    def receive(self, events: list[Event]) -> None:
        if self.mode not in ANSWERS:
            return
        deliveries = [Delivery(encode(event), "", event.sequence, 1, 0) for event in events]
        intake = take_in(ROUTE_FACTS, self.rows, self.position, deliveries, EdgeRules(), RecentIds())
        self.rows |= intake.rows
        if self.position != intake.position:
            self.move(intake.position, mark_follows=True)
        if intake.stopped:
            self.signal(Signal.SURPRISE)

    def move(self, position: Position, *, mark_follows: bool) -> None:
        self.position = position
        self.word = self.word.moved(position, mark_follows=mark_follows)
        self.withdraw()

    def note(self, word: Word, mark: Mark) -> None:
        self.word = word
        self.heard.append((mark.sequence, mark.event_id))
        self.withdraw()

    def withdraw(self) -> None:
        is_claimed = self.withdraws and self.mode is Mode.CURRENT
        if is_claimed and self.stand(self.position, self.word).step is not Step.CLAIM:
            self.signal(Signal.BEHIND)

    def consider(self, answer: Mark | None) -> None:
        """With nothing left to read, ask if that is needed (None: nobody answers), and claim."""
        if self.mode not in ANSWERS:
            return
        standing = self.stand(self.position, self.word)
        if standing.step is Step.ASK:
            if answer is None:
                self.word = self.word.silent()
            else:
                self.note(self.word.answered(answer), answer)
            standing = self.stand(self.position, self.word)
        assert standing.step is not Step.ASK, "a question that was put is not put again"
        if standing.step is not Step.WAIT:
            self.signal(SIGNALS[standing.step])

    def load(self, position: Position, rows: dict[str, Row]) -> None:
        self.signal(Signal.REBUILD)
        if self.mode is Mode.REBUILDING:
            self.rows = rows
            self.move(position, mark_follows=False)
            self.signal(Signal.LOADED)


class Claims(RuleBasedStateMachine):
    """One truth, a stream that is purged and lied into, one edge, and a relay that speaks, is silent or lies."""

    stand: Stand = staticmethod(claims.stand)
    withdraws = True

    def __init__(self) -> None:
        super().__init__()
        self.truth = Truth()
        self.stream: list[Event] = []
        self.edge = Claimant(self.stand, withdraws=self.withdraws)

    @initialize()
    def begin(self) -> None:
        self.edge.start()

    @rule(route=ROUTES)
    def commit_and_publish(self, route: str) -> None:
        self.stream.append(self.truth.commit(route))

    @rule(route=ROUTES)
    def commit_untold(self, route: str) -> None:
        self.truth.commit(route)

    @rule(route=ROUTES)
    def publish_what_is_never_committed(self, route: str) -> None:
        self.stream.append(self.truth.commit(route))
        self.truth.history.pop()

    @rule(most=st.integers(1, 5))
    def deliver(self, most: int) -> None:
        taken, self.stream = self.stream[:most], self.stream[most:]
        self.edge.receive(taken)

    @rule()
    def purge(self) -> None:
        self.stream.clear()

    @rule(back=st.integers(0, 2))
    def tell_mark(self, back: int) -> None:
        """Also one that was written some commits ago and is late."""
        if self.edge.mode is not Mode.DOWN:
            self.edge.note(self.edge.word.heard(self.truth.mark(back)), self.truth.mark(back))

    @rule(sequence=st.integers(0, 5), name=st.sampled_from(["e1", "e2", "e3", "", "lie"]))
    def lie(self, sequence: int, name: str) -> None:
        if self.edge.mode is not Mode.DOWN:
            mark = Mark(sequence, name, sequence)
            self.edge.note(self.edge.word.heard(mark), mark)

    @rule()
    def the_usual_time_passes(self) -> None:
        self.edge.word = self.edge.word.waited()

    @rule()
    def consider_and_be_answered(self) -> None:
        self.edge.consider(self.truth.mark())

    @rule()
    def consider_in_silence(self) -> None:
        self.edge.consider(None)

    @rule()
    def restart(self) -> None:
        self.edge.signal(Signal.STOP)
        self.edge.start()

    @rule(back=st.integers(0, 2))
    def load_snapshot(self, back: int) -> None:
        other = Claimant(self.stand, withdraws=True)
        other.start()
        other.receive(self.truth.history[: max(0, self.truth.latest - back)])
        self.edge.load(other.position, other.rows)

    @invariant()
    def who_is_current_heard_the_last_mark_say_so(self) -> None:
        edge = self.edge
        if edge.mode is Mode.CURRENT and edge.heard[-1:] != [(edge.position.sequence, edge.position.event_id)]:
            raise FalseClaim(f"current at {edge.position}, and the last mark said {edge.heard[-1:]}")


def test_current_at_n_never_outlives_the_mark_that_says_n() -> None:
    run_state_machine_as_test(Claims, settings=settings(max_examples=300, stateful_step_count=40, deadline=None))


def trusting_silence(position: Position, word: Word) -> Standing:
    """As it would be if a claim were left alone while nobody answers."""
    standing = claims.stand(position, word)
    return Standing(Step.CLAIM) if word.unanswered and word.mark is not None else standing


def trusting_the_way(position: Position, word: Word) -> Standing:
    """As it would be if a mark that is on its way were taken for one that has come."""
    return Standing(Step.CLAIM) if word.is_coming else claims.stand(position, word)


def trusting_numbers(position: Position, word: Word) -> Standing:
    """As it would be if the number of the mark were enough, whatever event it names."""
    is_reached = word.mark is not None and word.mark.sequence == position.sequence
    return Standing(Step.CLAIM) if is_reached else claims.stand(position, word)


@pytest.mark.parametrize(
    ("wrong", "withdrawing"),
    [(trusting_silence, True), (trusting_the_way, True), (trusting_numbers, True), (claims.stand, False)],
    ids=["silence", "on its way", "numbers", "not withdrawn"],
)
def test_the_same_machine_finds_each_way_to_claim_too_much(wrong: Stand, withdrawing: bool) -> None:
    class Wrong(Claims):
        stand = staticmethod(wrong)
        withdraws = withdrawing

    search = settings(
        max_examples=1000, stateful_step_count=40, derandomize=True, database=None, deadline=None,
        phases=[Phase.generate], report_multiple_bugs=False, print_blob=False, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    with pytest.raises(FalseClaim):
        run_state_machine_as_test(Wrong, settings=search)
