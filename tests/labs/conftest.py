"""A learner at a real bench: every lab is played through the same verbs that the page's buttons issue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studylab.author.new import begin
from studylab.lab.attempt import current
from studylab.lab.model import Do, Explain, Lab, Predict, Quiz, Step
from studylab.lab.runner import LabRun
from tests.labs.authored import CHANGES, as_one_file, change
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper

Write = Callable[..., Path]


class Learner:
    """One learner, one bench, one lab at a time."""

    def __init__(self, run: Any, keeper: Keeper, folder: Path) -> None:
        self._wait, self._keeper, self._folder = run, keeper, folder
        self.bench: Bench = run(Bench.open(folder, keeper))
        self._is_here = True
        self.lab_run: LabRun

    def opens(self, lab: Lab) -> LabRun:
        """Take up a lab where its attempt stands."""
        self.lab_run = LabRun(lab, self.bench)
        return self.lab_run

    def does(self, work: Any) -> Any:
        """Run a coroutine to its end."""
        return self._wait(work)

    def sees(self) -> Any:
        """Wait until nothing is under way, and let the checks look."""
        seen = self._wait(self.bench.wait_until(lambda seen: all(edge.mode != "loading" for edge in seen.edges)))
        self.lab_run.look(seen)
        return seen

    def passes(self, step: Step) -> None:
        """Pass one step as a learner would, with the first option of every prediction."""
        run = self.lab_run
        if isinstance(step, Predict):
            self.does(run.predict(step.id, step.options[0].key, "certain"))
        elif isinstance(step, Explain):
            self.does(run.proceed(step.id))
        elif isinstance(step, Do):
            self.does(run.do_it(step.id))
        elif isinstance(step, Quiz):
            for question in step.questions:
                self.does(run.answer(step.id, question.id, question.right(run.attempt.memory)))

    def here(self) -> str:
        """Return the id of the current step, empty when there is none."""
        step = current(self.lab_run.lab, self.lab_run.attempt)
        return step.id if step else ""

    def _enters(self) -> None:
        self.bench = self._wait(Bench.open(self._folder, self._keeper))
        self._is_here = True

    def leaves_and_comes_back(self) -> None:
        """Stop everything and open it again from its files."""
        self.leaves()
        self._enters()
        self.opens(self.lab_run.lab)

    def leaves(self) -> None:
        """Stop everything, if it is not stopped."""
        if self._is_here:
            self._is_here = False
            self._wait(self.bench.close())


@pytest.fixture
def keeper(run: Any) -> Iterator[Keeper]:
    """The process that owns the test's brokers."""
    keeper = run(Keeper.start())
    try:
        yield keeper
    finally:
        run(keeper.close())


@pytest.fixture
def learner(run: Any, keeper: Keeper, tmp_path: Path) -> Iterator[Learner]:
    """A learner with a fresh bench."""
    learner = Learner(run, keeper, tmp_path / "bench")
    try:
        yield learner
    finally:
        learner.leaves()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a lab, as a folder or as one file: the one that `new` begins, with some changes."""

    def write(name: str = "mine", *, one_file: bool = False, **changes: str) -> Path:
        lab = begin(name, tmp_path)
        lab = as_one_file(lab) if one_file else lab
        for old, new in (CHANGES[key] for key in changes.values()):
            change(lab, old, new)
        return lab

    return write
