"""A step in which very much happens: what counts is seen, however much came before it, and a look costs no more for it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import count, islice
from types import FrameType
from typing import Any

import pytest

from labs import LABS
from studylab.lab.attempt import Attempt
from studylab.lab.model import Call, Do, Lab, Wait
from studylab.lab.runner import LabRun
from tests.few import A_FEW_FOR_THE_ENGINE
from tests.labs.conftest import Learner
from vango.actors.errors import Unavailable
from vango.bench.bench import Bench
from vango.journal import journal as journal_module
from vango.journal.journal import MAX_MOMENTS, MAX_OF_A_KIND
from vango.journal.moment import Moment, moment_of
from vango.observe.model import Observation

EDGES = ("fra", "iad", "syd")
BURST = 6_000
CHANGE = 15
"""How many moments a change makes that goes all the way. The counts below are multiples: a look later, as many are new."""
FEW, MANY, MORE = 7 * CHANGE, MAX_MOMENTS + 1_000, 2 * CHANGE


def lab_of(slug: str) -> Lab:
    return next(lab for lab in LABS if lab.slug == slug)


def do_of(lab: Lab, step_id: str) -> Do:
    step = lab.steps[lab.index(step_id)]
    assert isinstance(step, Do)
    return step


def busy() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield the moments of changes that go all the way, one after another, without end."""
    for n in count(1):
        event_id = f"route-{n:08d}"
        told = {"sequence": n, "event_id": event_id, "subject": "route.owner.updated.shop"}
        yield "database", "commit", f"commit r{n}", told
        yield "relay", "publish", f"publish {event_id}", {"subject": told["subject"], "message": {"id": event_id}}
        yield "relay", "mark", f"mark {event_id}: acked as seq {n}", {"stored": {event_id: n}}
        for edge in EDGES:
            got = {"stream_seqs": [n], "deliveries": [1], "count": 1, "foreign": 0, "bytes": 400, "headers": []}
            yield edge, "got", f"got {n}", got
            yield edge, "apply", f"apply {n}", {"before": n - 1, "position": n, "sequences": [n]}
            yield edge, "ack", f"ack {n}", {"stream_seqs": [n]}
            yield edge, "verdict", f"duplicate: {n}", {"stream_seq": n}


class Told:
    """Lets very much happen on a bench, as far as its journal knows."""

    def __init__(self, bench: Bench) -> None:
        self._bench, self._moments = bench, busy()

    def happens(self, times: int) -> None:
        """Write this many moments into the journal."""
        for actor, kind, text, detail in islice(self._moments, times):
            self._bench.journal.write(actor, kind, text, **detail)


@pytest.mark.parametrize(
    ("slug", "step_id"),
    [
        ("acks", "order"),
        pytest.param("durable-consumers", "watch", marks=pytest.mark.slow),
        pytest.param("streams", "outage", marks=pytest.mark.slow),
    ],
)
def test_a_step_that_began_with_a_long_burst_passes_when_it_is_done_right(
    learner: Learner, slug: str, step_id: str
) -> None:
    lab = lab_of(slug)
    run = learner.opens(lab)
    step = do_of(lab, step_id)
    learner.does(run.catch_up(step_id))
    learner.does(run.bench.perform("burst", {"n": BURST}))
    learner.does(run.bench.settle(60.0))
    does_right(learner, step, waits=slug != "streams")
    passes(learner, step)


def does_right(learner: Learner, step: Do, *, waits: bool) -> None:
    """Issue a step's solution. Without `waits` the bench settles after each verb: that no edge is left behind is not asked."""
    assert isinstance(step.solution, tuple)
    for item in step.solution:
        if isinstance(item, Call):
            learner.does(learner.bench.perform(item.verb, dict(item.arguments)))
        if isinstance(item, Wait) and waits:
            learner.does(learner.bench.wait_until(item.until, timeout_s=item.timeout_s))
        if not waits:
            learner.does(learner.bench.settle())


def passes(learner: Learner, step: Do) -> None:
    """Look until the step is passed."""
    run = learner.lab_run

    def is_past(seen: Observation) -> bool:
        run.look(seen)
        return learner.here() != step.id

    try:
        learner.does(run.bench.wait_until(is_past))
    except Unavailable:
        pytest.fail(f"The checks say: {[said.text for said in run.attempt.said[step.id].values()]}")
    assert run.attempt.begun


class Cost:
    """What looks cost: how many moments are decoded, and how many lines of the program are run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.decoded = self.lines = 0
        self._decode = moment_of
        monkeypatch.setattr(journal_module, "moment_of", self._decoded)

    def of(self, look: Callable[[], object]) -> tuple[int, int]:
        """Look, and return what it cost."""
        self.decoded = self.lines = 0
        before = sys.gettrace()
        sys.settrace(self._ran)
        try:
            look()
        finally:
            sys.settrace(before)
        return self.decoded, self.lines

    def _decoded(self, row: tuple[Any, ...]) -> Moment:
        self.decoded += 1
        return self._decode(row)

    def _ran(self, frame: FrameType, event: str, argument: object) -> Any:
        self.lines += event == "line"
        return self._ran


@A_FEW_FOR_THE_ENGINE
def test_a_look_costs_as_much_late_in_a_step_as_early_in_it(
    learner: Learner, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, journal, cost = Told(learner.bench), learner.bench.journal, Cost(monkeypatch)
    seen = learner.does(learner.bench.settle())
    began_at = journal.last
    runs = {step.id: LabRun(lab, learner.bench, stays=True) for step in lab.steps if isinstance(step, Do)}

    def looks() -> dict[str, tuple[int, int]]:
        """Let the checks of every step look."""
        costs = {}
        for step_id, run in runs.items():
            run.attempt = Attempt(begun=True, step=lab.index(step_id), began_at=began_at)
            costs[step_id] = cost.of(partial(run.look, replace(seen, moment=journal.last)))
        return costs

    def looks_at_a_few_more() -> tuple[dict[str, tuple[int, int]], dict[str, tuple[int, int]]]:
        looks()
        told.happens(MORE)
        return looks(), looks()

    told.happens(FEW)
    few_new, nothing_new = looks_at_a_few_more()
    told.happens(MANY)
    few_new_late, nothing_new_late = looks_at_a_few_more()
    for step_id in runs:
        assert few_new_late[step_id][0] == few_new[step_id][0] <= MORE
        assert nothing_new_late[step_id][0] == nothing_new[step_id][0] == 0
        assert nothing_new_late[step_id][1] <= 1.1 * nothing_new[step_id][1]


def test_a_reset_from_outside_of_the_lab_is_noticed_however_much_happened_before(learner: Learner) -> None:
    run = learner.opens(LABS[0])
    learner.does(run.start())
    learner.sees()
    Told(learner.bench).happens(BURST)
    learner.does(learner.bench.perform("reset"))
    learner.sees()
    assert not run.attempt.begun
    assert "reset outside" in run.attempt.trouble


def test_what_a_step_needs_outlives_the_journal_s_trimming_and_a_restart(learner: Learner) -> None:
    lab = lab_of("streams")
    run = learner.opens(lab)
    step = do_of(lab, "outage")
    learner.does(run.catch_up(step.id))
    does_right(learner, step, waits=False)
    began_at = run.attempt.began_at
    told = (
        one for one in busy() if one[:2] in {("fra", "got"), ("fra", "apply"), ("fra", "ack"), ("relay", "publish")}
    )
    for actor, kind, text, detail in islice(told, MANY):
        run.bench.journal.write(actor, kind, text, **detail)
    learner.leaves_and_comes_back()
    assert learner.lab_run.attempt.began_at == began_at
    assert learner.bench.journal.since(began_at, 1)[0].n < learner.bench.journal.last - MAX_MOMENTS
    assert len(list(learner.bench.journal.of([("fra", "got")], 0, began_at + MANY))) > MAX_OF_A_KIND
    passes(learner, step)
