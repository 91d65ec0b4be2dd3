"""Keeping: the record of one lab on one bench, on disk after every change. A disk that refuses it stops no lab."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from studylab.lab import progress, records
from studylab.lab.attempt import Attempt
from studylab.lab.joining import join
from studylab.lab.model import Lab, Step
from studylab.lab.progress import Record
from vango.core.findings import Finding

log = logging.getLogger(__name__)


class Keeping:
    """What is worth keeping of all attempts at a lab: `record`. `clock` tells Unix time in seconds."""

    def __init__(self, lab: Lab, folder: Path, clock: Callable[[], float]) -> None:
        self.record = progress.new(lab)
        self._lab = lab
        self._folder = folder
        self._clock = clock
        self._mark = records.mark_of(folder)
        self._owed = False

    def take_up(self, attempt: Attempt) -> None:
        """Read the record from disk, and add what the attempt has come to since it was written."""
        kept = records.load(self._folder, self._lab.slug)
        self.record = self.record if kept is None else join(kept, self.record)
        if attempt != Attempt():
            self.came_to(attempt)

    def acted(self, *, begins: bool = False) -> None:
        """The learner did something in this lab: note the time."""
        self._keep(progress.act(self.record, self._mark, self._clock(), begins=begins))

    def met(self, step: Step, findings: Sequence[Finding]) -> None:
        """The audit found something while the learner was at a step."""
        self._keep(progress.meet(self.record, step, findings, self._clock()))

    def came_to(self, attempt: Attempt) -> None:
        """The attempt has changed."""
        self._keep(progress.keep(self.record, self._lab, attempt, self._mark, self._clock()))

    def _keep(self, record: Record) -> None:
        """Write a record that changed. What the disk does not take is written with the next change."""
        if record == self.record and not self._owed:
            return
        self.record = record
        try:
            records.save(self._folder, record, at=self._clock())
            self._owed = False
        except OSError as error:
            if not self._owed:
                log.warning("progress in %s cannot be written: %s", self._lab.slug, error)
            self._owed = True
