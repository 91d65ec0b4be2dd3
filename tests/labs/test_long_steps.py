"""A step in which very much happens: what counts is seen, however much came before it, and a look costs no more for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from typing import Any

import pytest

from labs import LABS
from studylab.lab.attempt import Attempt
from studylab.lab.model import Call, Do, Lab
from studylab.lab.runner import LabRun
from tests.few import EVERY_LAB
from tests.labs.conftest import Learner
from vango import journal as journal_module
from vango.bench import Bench
from vango.journal import MAX_MOMENTS, MAX_OF_A_KIND
from vango.observation import Moment

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
        """Write so many moments into the journal."""
        for actor, kind, text, detail in islice(self._moments, times):
            self._bench.journal.write(actor, kind, text, **detail)


@pytest.mark.parametrize(
    ("slug", "step_id"), [("acks", "order"), ("durable-consumers", "watch"), ("streams", "outage")]
)
def test_a_step_that_began_with_a_long_burst_passes_when_it_is_done_right(
    learner: Learner, slug: str, step_id: str
) -> None:
    lab = lab_of(slug)
    run = learner.opens(lab)
    learner.does(run.catch_up(step_id))
    learner.does(run.bench.perform("burst", {"n": BURST}))
    learner.does(run.bench.settle(60.0))
    learner.does(run.do_it(step_id))
    assert run.attempt.step == lab.index(step_id) + 1
    assert all(said.passed for said in run.attempt.said[step_id].values())


def at_a_step(lab: Lab, index: int, began_at: int) -> Attempt:
    return Attempt(begun=True, step=index, began_at=began_at)


@EVERY_LAB
def test_a_look_decodes_as_much_late_in_a_step_as_early_in_it(
    learner: Learner, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, journal = Told(learner.bench), learner.bench.journal
    seen = learner.does(learner.bench.settle())
    began_at = journal.last
    runs = {step.id: LabRun(lab, learner.bench) for step in lab.steps if isinstance(step, Do)}
    decoded: list[int] = []
    decode = journal_module._moment

    def noted(row: tuple[Any, ...]) -> Moment:
        decoded.append(row[0])
        return decode(row)

    monkeypatch.setattr(journal_module, "_moment", noted)

    def look() -> dict[str, int]:
        """Let every step's checks look. Returns how many moments each look decoded."""
        counts = {}
        for step_id, run in runs.items():
            run.attempt = at_a_step(lab, lab.index(step_id), began_at)
            decoded.clear()
            run.look(replace(seen, moment=journal.last))
            counts[step_id] = len(decoded)
        return counts

    def look_after_a_few() -> tuple[dict[str, int], dict[str, int]]:
        look()
        told.happens(MORE)
        return look(), look()

    told.happens(FEW)
    early = look_after_a_few()
    told.happens(MANY)
    assert look_after_a_few() == early
    assert max(early[0].values()) <= MORE
    assert set(early[1].values()) == {0}


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
    assert isinstance(step.solution, tuple)
    for item in step.solution:
        if isinstance(item, Call):
            learner.does(run.bench.perform(item.verb, dict(item.arguments)))
    learner.does(run.bench.settle())
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
    learner.sees()
    said = learner.lab_run.attempt.said[step.id]
    assert learner.lab_run.attempt.step == lab.index(step.id) + 1, said
