"""An attempt and a progress file that an earlier version kept: the lab goes on where it was left, and is finished."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labs.commit_first.lab import LAB
from studylab.lab import records
from tests.labs.conftest import Learner
from vango.broker.keeper import Keeper

# Made with version 0.1.0: lab 1 begun, and its first five steps done, with a prediction that did not come true.
KEPT = Path(__file__).with_name("kept")
DONE = [step.id for step in LAB.steps[:5]]


@pytest.fixture
def learner(run: Any, keeper: Keeper, tmp_path: Path) -> Iterator[Learner]:
    """The learner who left, come back."""
    with tarfile.open(KEPT / "lab-1-at-step-6-0.1.0.tar.gz") as packed:
        packed.extractall(tmp_path / "bench", filter="data")
    learner = Learner(run, keeper, tmp_path / "bench")
    try:
        yield learner
    finally:
        learner.leaves()


def test_an_attempt_goes_on_where_it_was_left_and_is_finished(learner: Learner) -> None:
    attempt = learner.opens(LAB).attempt
    assert attempt.step == len(DONE)
    assert attempt.predictions["predict-phantom"].measured == "route"
    for step in LAB.steps[len(DONE) :]:
        learner.passes(step)
    assert learner.lab_run.guide().finished


def test_a_file_of_progress_is_read_with_everything_in_it(tmp_path: Path) -> None:
    found = records.unseal((KEPT / "progress-0.1.0.json").read_bytes())
    assert [(record.slug, [*record.done]) for record in found] == [(LAB.slug, DONE)]
    assert records.bring_in(tmp_path, found, at=1.0) == 1
    kept, unreadable = records.load_all(tmp_path)
    assert (kept, unreadable) == ({LAB.slug: found[0]}, [])
