"""Every lab by routes that nobody foresaw: what passes has earned it, and each sentence of a check that passed is true."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from labs import LABS
from studylab.lab.model import Call, Do, Evidence, Lab, Script
from studylab.lab.moments import listed
from tests.conftest import Run
from tests.labs.conftest import Learner
from tests.labs.kept import Kept
from tests.labs.routes import HARMLESS, MEDDLING, Route, in_words, mixed, without_one
from tests.labs.sentences import Facts, untrue
from vango.actors.errors import Unavailable
from vango.broker.keeper import Keeper

SEEDS, FEW = range(1, 9), ("commit-first", "untold")
"""Each step is played by as many routes as there are seeds; in `make test` one step by one of them."""
OLDER = "the snapshot of the step before does as well"
BY_EPOCHS = "under the epoch check the replay itself makes iad right"
BY_ITSELF = "an edge with the proof rebuilds itself when the next event does not follow"
REBUILT = "iad has rebuilt itself, from a fresh snapshot that was taken for it"
AWAKE = "before a fresh snapshot only edges that were left down need it; the start after an accident cannot go"
SUPERFLUOUS = {
    ("subjects", "flood", "kill_edge(edge=fra)"): "a backlog may form while fra runs, and then the change did wait",
    ("subjects", "flood", "start_edge(edge=fra)"): "an edge that was not killed needs no start",
    ("streams", "size", "take_snapshot()"): "24 changes give every route a new owner, and so make syd right",
    ("streams", "size", "load_snapshot(edge=syd)"): "24 changes give every route a new owner, and so make syd right",
    ("replay", "cure", "take_snapshot()"): BY_EPOCHS,
    ("replay", "cure", "load_snapshot(edge=iad)"): BY_EPOCHS,
    ("snapshots", "old", "take_snapshot()"): OLDER,
    ("snapshots", "flip", "take_snapshot()"): OLDER,
    ("snapshots", "refuse", "take_snapshot()"): OLDER,
    **{("fail-closed", step, "take_snapshot()"): REBUILT for step in ("front", "end", "numbers", "cure")},
    ("fail-closed", "numbers", "load_snapshot(edge=iad)"): REBUILT,
    ("fail-closed", "cure", "load_snapshot(edge=iad)"): "this step judges fra alone",
    ("fail-closed", "cure", "load_snapshot(edge=syd)"): "this step judges fra alone",
    **{("fail-closed", step, "start_edges()"): AWAKE for step in ("front", "end", "numbers", "cure")},
    ("unknown-outcome", "retry", "take_snapshot()"): BY_ITSELF,
    ("unknown-outcome", "retry", "load_snapshot(edge=iad)"): BY_ITSELF,
    ("unknown-outcome", "retry", "load_snapshot(edge=syd)"): BY_ITSELF,
}
"""Calls that a solution has for the learner's sake: the step may pass without, and what it then says is so all the same."""

STEPS = [(lab, step) for lab in LABS for step in lab.steps if isinstance(step, Do)]
ROUTES = [
    pytest.param(lab, step, seed, id=f"{lab.slug}-{step.id}-{seed}",
                 marks=[] if (lab.slug, step.id, seed) == (*FEW, 1) else pytest.mark.slow)
    for lab, step in STEPS for seed in SEEDS
]  # fmt: skip
EVERY_STEP = pytest.mark.parametrize(
    ("lab", "step"), [pytest.param(lab, step, id=f"{lab.slug}-{step.id}") for lab, step in STEPS]
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The benches of every lab as they are at each step."""
    return Kept(tmp_path_factory.mktemp("kept"))


def solution(learner: Learner, step: Do) -> Script:
    """Return the script of a step's solution on the bench as it stands."""
    if not callable(step.solution):
        return step.solution
    with suppress(Unavailable):
        learner.does(learner.bench.settle())
    return step.solution(Evidence(learner.sees(), listed(), learner.lab_run.attempt.memory))


@pytest.mark.parametrize(("lab", "step", "seed"), ROUTES)
def test_what_a_check_says_when_it_passes_is_true_by_any_route(
    run: Run, keeper: Keeper, kept: Kept, tmp_path: Path, lab: Lab, step: Do, seed: int
) -> None:
    random = Random(f"{lab.slug} {step.id} {seed}")
    with kept.at(run, keeper, lab, step, tmp_path / "bench") as learner:
        script = mixed(solution(learner, step), random, learner.sees(), MEDDLING, times=random.randint(1, 4))
        print(f"seed {seed}: {in_words(script)}")
        route = Route(learner.lab_run, step)
        learner.does(route.play(script))
        learner.does(route.settles())
        assert route.untrue == []


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@EVERY_STEP
def test_no_step_passes_with_a_call_of_its_solution_left_out(
    run: Run, keeper: Keeper, kept: Kept, tmp_path: Path, lab: Lab, step: Do
) -> None:
    passed, place, left = [], 0, True
    while left:
        with kept.at(run, keeper, lab, step, tmp_path / f"bench-{place}") as learner:
            mutants = list(without_one(solution(learner, step)))
            omitted, script = mutants[place]
            route = Route(learner.lab_run, step)
            learner.does(route.play(script))
            if learner.does(route.settles()) and not is_superfluous(lab, step, omitted):
                passed.append(f"{place}: {in_words((omitted,))}")
        place, left = place + 1, place + 1 < len(mutants)
    assert passed == []


def is_superfluous(lab: Lab, step: Do, omitted: Call) -> bool:
    """Return whether a step is meant to pass without a call."""
    return (lab.slug, step.id, in_words((omitted,))) in SUPERFLUOUS


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
@EVERY_STEP
def test_a_step_passes_with_a_harmless_call_more(
    run: Run, keeper: Keeper, kept: Kept, tmp_path: Path, lab: Lab, step: Do, seed: int
) -> None:
    random = Random(f"{lab.slug} {step.id} {seed}")
    with kept.at(run, keeper, lab, step, tmp_path / "bench") as learner:
        script = mixed(solution(learner, step), random, learner.sees(), HARMLESS, times=1)
        print(f"seed {seed}: {in_words(script)}")
        route = Route(learner.lab_run, step)
        learner.does(route.play(script))
        assert learner.does(route.settles()), learner.lab_run.attempt.said[step.id]


def test_a_false_sentence_is_found(learner: Learner) -> None:
    learner.opens(LABS[0])
    learner.does(learner.lab_run.start())
    seen = learner.sees()
    facts = Facts(seen, learner.bench.journal)
    false = ("fra says current at 99.", "Event 99 was applied.", "2 rows wait.", "shop → alloc-c, epoch 7",
             "Ack Floor 99, Unprocessed 0, Outstanding Acks 0", "route-9-abcdef")  # fmt: skip
    assert [bool(untrue("", sentence, facts)) for sentence in false] == [True] * len(false)
    sequence = seen.truth.sequence
    true = f"fra is current at {sequence}. Event {sequence} came. Every row of every edge is the database's row."
    assert untrue("", true, facts) == []
