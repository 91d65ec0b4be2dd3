"""Starting a lab, starting it again and catching up can be undone: bench and attempt are as they were before."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from studylab.lab.model import call
from studylab.lab.runner import LabRun
from tests.labs import test_tries
from tests.labs.conftest import Learner
from tests.labs.small import LAB
from vango.actors.errors import Refused

WITH_SETUP = replace(LAB, setup=(call("promote", route="blog", to="alloc-c"),))


def state(learner: Learner) -> Any:
    seen = learner.does(learner.bench.settle())
    owners = [(route.name, route.owner, route.epoch) for route in seen.truth.routes]
    return owners, seen.stream("ROUTES").last_seq, [edge.claim for edge in seen.edges]


def undo(learner: Learner) -> str:
    return str(learner.does(learner.bench.perform("undo")))


def at_the_quiz(learner: Learner) -> LabRun:
    run = learner.opens(WITH_SETUP)
    learner.does(run.start())
    for step in WITH_SETUP.steps[:3]:
        learner.passes(step)
    learner.does(learner.bench.settle())
    assert learner.here() == "quiz"
    return run


def test_start_again_is_undone_with_the_attempt(learner: Learner) -> None:
    run = at_the_quiz(learner)
    before, attempt = state(learner), run.attempt
    learner.does(run.start())
    learner.does(run.predict("predict", "no", "certain"))
    assert state(learner) != before
    assert learner.sees().undo == "start again"
    assert undo(learner) == "Start again was undone: the bench is as it was before."
    assert state(learner) == before
    assert run.attempt == attempt
    learner.sees()
    assert run.attempt == attempt, "moments of the other life are not evidence in this one"
    learner.passes(WITH_SETUP.steps[3])
    assert run.guide().finished


def test_a_lab_that_begins_on_a_bench_that_nobody_has_seen_needs_no_reset_and_has_nothing_to_undo(
    learner: Learner,
) -> None:
    broker = learner.bench.broker.pid
    run = learner.opens(WITH_SETUP)
    learner.does(run.start())
    assert learner.bench.broker.pid == broker
    assert learner.sees().undo == ""
    with pytest.raises(Refused, match="There is nothing to undo: nothing was done since the bench was made"):
        undo(learner)
    learner.does(run.start())
    assert learner.bench.broker.pid != broker
    assert learner.sees().undo == "start again"
    undo(learner)
    assert run.attempt.begun
    assert learner.sees().undo == "", "what a lab did to begin is no verb of the learner"


def test_catch_me_up_is_undone_with_the_attempt(learner: Learner) -> None:
    run = learner.opens(WITH_SETUP)
    learner.does(run.start())
    learner.does(run.predict("predict", "no", "certain"))
    before, attempt = state(learner), run.attempt
    learner.does(run.catch_up("quiz"))
    assert learner.here() == "quiz"
    assert learner.sees().undo == "catch me up"
    undo(learner)
    assert (learner.here(), run.attempt) == ("do", attempt)
    assert state(learner) == before
    learner.passes(WITH_SETUP.steps[1])
    assert learner.here() == "explain"


def test_a_catch_up_that_was_tried_again_is_undone_to_before_the_first_try(
    learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studylab.lab.runner.STEP_TIMEOUT_S", 0.3)
    learner.does(learner.bench.perform("promote", {"route": "api", "to": "alloc-c"}))
    before = state(learner)
    run = learner.opens(test_tries.lab_that_misses(2))
    learner.does(run.catch_up("quiz"))
    undo(learner)
    assert state(learner) == before
    assert not run.attempt.begun


def test_nobody_undoes_what_a_lab_is_half_way_through(learner: Learner) -> None:
    run = learner.opens(WITH_SETUP)
    learner.sees()

    async def undo_meanwhile() -> None:
        catching_up = asyncio.create_task(run.catch_up("quiz"))
        while not any(row.cause for row in learner.bench.journal.lives.current.rows):
            await learner.bench.changes.wait(0.001)
        assert not learner.bench.history.undoes_a_beginning
        for verb, arguments in (("undo", {}), ("fork", {"moment": 1})):
            with pytest.raises(Refused, match="“catch me up” is still running"):
                await learner.bench.perform(verb, arguments)
        await catching_up

    learner.does(undo_meanwhile())
    assert learner.here() == "quiz"
    assert undo(learner).startswith("Catch me up was undone")


def test_a_reset_in_a_lab_is_undone_with_the_attempt(learner: Learner) -> None:
    run = at_the_quiz(learner)
    before, attempt = state(learner), run.attempt
    learner.does(learner.bench.perform("reset"))
    learner.sees()
    assert "reset outside of this lab" in run.attempt.trouble
    undo(learner)
    learner.sees()
    assert (state(learner), run.attempt) == (before, attempt)


def test_another_lab_that_was_started_is_undone_and_has_no_attempt_then(learner: Learner) -> None:
    first = at_the_quiz(learner)
    attempt = first.attempt
    second = learner.opens(replace(WITH_SETUP, id="other", slug="other"))
    learner.does(second.start())
    first.look(learner.does(learner.bench.observe()))
    assert not first.attempt.begun
    assert undo(learner).startswith("Start of the lab was undone")
    assert (first.attempt, second.attempt.begun) == (attempt, False)
    learner.leaves_and_comes_back()
    assert not learner.lab_run.attempt.begun
    assert learner.opens(WITH_SETUP).attempt == attempt


def test_an_undo_that_was_refused_leaves_the_attempt_as_it_was(learner: Learner) -> None:
    run = at_the_quiz(learner)
    attempt = run.attempt
    row = learner.bench.journal.lives.current.rows[0]
    row.revision = 99

    seen = learner.sees()

    def look() -> None:
        run.look(seen)

    async def refused_while_the_page_looks() -> None:
        learner.bench.changes.on_change = look
        with pytest.raises(Refused, match="nothing was changed"):
            await learner.bench.history.undo()
        learner.bench.changes.on_change = None

    learner.does(refused_while_the_page_looks())
    learner.sees()
    assert run.attempt == attempt
