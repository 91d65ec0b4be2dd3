"""Benches kept as folders at each step of a lab, so that nobody plays the way to a step twice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studylab.lab.model import Do, Lab
from tests.labs.conftest import Learner
from vango.broker.keeper import Keeper

LOST_BY_A_RESTART = {
    ("acks", "term"): "an edge's counters are counted from zero",
    ("subjects", "cure"): "the broker moves a consumer whose filter matches nothing to the end of its stream",
}
"""Steps that a folder cannot hold, with what is lost of them: a test that needs one plays the whole way."""


class Kept:
    """One folder for each lab and step to do, made by playing on from the one before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def at(self, run: Any, keeper: Keeper, lab: Lab, step: Do, folder: Path) -> Iterator[Learner]:
        """Give a learner who has just come to a step, on a copy of its kept bench."""
        is_lost = (lab.slug, step.id) in LOST_BY_A_RESTART
        if not is_lost:
            shutil.copytree(self._kept(run, keeper, lab, lab.steps.index(step)), folder)
        with _opened(run, keeper, lab, folder) as learner:
            if is_lost:
                learner.does(learner.lab_run.catch_up(step.id))
            yield learner

    def _kept(self, run: Any, keeper: Keeper, lab: Lab, index: int) -> Path:
        folder = self._folder / lab.slug / str(index)
        if folder.exists():
            return folder
        before = max((i for i in range(index) if isinstance(lab.steps[i], Do)), default=None)
        draft = folder.with_name(f"draft-{index}")
        shutil.rmtree(draft, ignore_errors=True)
        draft.parent.mkdir(parents=True, exist_ok=True)
        if before is not None:
            shutil.copytree(self._kept(run, keeper, lab, before), draft)
        with _opened(run, keeper, lab, draft) as learner:
            if before is None:
                learner.does(learner.lab_run.start())
            for step in lab.steps[before or 0 : index]:
                learner.passes(step)
        return draft.rename(folder)


@contextmanager
def _opened(run: Any, keeper: Keeper, lab: Lab, folder: Path) -> Iterator[Learner]:
    learner = Learner(run, keeper, folder)
    try:
        learner.opens(lab)
        yield learner
    finally:
        learner.leaves()
