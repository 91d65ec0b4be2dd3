"""What a seat has done, and what the room believed: out of the progress that hosts report. Pure.

The misconceptions are those of the labs: what was predicted and did not happen, with the lab's own word on why.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from studylab.lab import records
from studylab.lab.model import Lab, Option, Predict
from studylab.lab.progress import Predicted, Record
from vango.kit import BadInput

FORMULA = ("=", "+", "-", "@", "\t", "\r")
HEADER = ("seat", "name", "lab", "title", "steps done", "of steps", "finished", "hints", "active minutes",
          "predictions", "came true", "did not", "prediction", "said", "sure", "happened", "right")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seated:
    """A seat with what it did. `name` is empty where names are left out."""

    number: int
    name: str
    done: tuple[Record, ...]

    @property
    def predictions(self) -> list[Predicted]:
        """All predictions, in the order of the labs."""
        return [made for record in self.done for made in record.predictions.values()]


@dataclass(frozen=True, slots=True)
class Misconception:
    """What several predicted and did not see. `of` is how many predicted there at all."""

    lab: str
    question: str
    believed: str
    why: str
    count: int
    of: int


def done_by(progress: str) -> tuple[Record, ...]:
    """Return what a document of progress says, by the labs' numbers; nothing when it cannot be read."""
    if not progress:
        return ()
    try:
        found = records.unseal(progress.encode())
    except BadInput:
        return ()
    return tuple(sorted(found, key=lambda record: (record.number, record.slug)))


def misconceptions(seated: Iterable[Seated], labs: Mapping[str, Lab]) -> list[Misconception]:
    """Return what the room believed and did not see, the most common first."""
    wrong: Counter[tuple[str, str, str]] = Counter()
    asked: Counter[tuple[str, str]] = Counter()
    titles: dict[tuple[str, str], tuple[str, str]] = {}
    for one in seated:
        for record in one.done:
            for step, made in record.predictions.items():
                asked[record.slug, step] += 1
                titles[record.slug, step] = record.title, made.title
                if made.right is False:
                    wrong[record.slug, step, made.chosen] += 1
    return [
        Misconception(*titles[slug, step], believed, _why(labs.get(slug), step, believed), count, asked[slug, step])
        for (slug, step, believed), count in wrong.most_common()
    ]


def _why(lab: Lab | None, step: str, believed: str) -> str:
    options: list[Option] = []
    for one in lab.steps if lab else ():
        if isinstance(one, Predict) and one.id == step:
            options += one.options
    return next((option.explanation for option in options if option.text == believed), "")


def labs_done(seated: Sequence[Seated]) -> list[tuple[str, int, int]]:
    """Return for each lab how many seats began and how many finished it."""
    begun: defaultdict[tuple[int, str], int] = defaultdict(int)
    finished: Counter[tuple[int, str]] = Counter()
    for one in seated:
        for record in one.done:
            begun[record.number, record.title] += 1
            finished[record.number, record.title] += bool(record.finishes)
    return [(f"{number} · {title}", begun[number, title], finished[number, title]) for number, title in sorted(begun)]


def table(seated: Iterable[Seated]) -> str:
    """Return everything as CSV: a row for each seat and lab, and one for each prediction.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    for one in seated:
        if not one.done:
            writer.writerow(_safe([one.number, one.name] + [""] * (len(HEADER) - 2)))
        for record in one.done:
            for row in _rows(one, record):
                writer.writerow(_safe(row))
    return out.getvalue()


def _rows(one: Seated, record: Record) -> Iterable[list[object]]:
    made = record.predictions.values()
    head = [one.number, one.name, record.number, record.title]
    yield [*head, len(record.done), record.steps, record.finishes, sum(record.hints.values()),
           round(record.active_s / 60, 1), len(made), sum(each.right is True for each in made),
           sum(each.right is False for each in made), "", "", "", "", ""]  # fmt: skip
    for each in made:
        right = "" if each.right is None else "yes" if each.right else "no"
        happened = each.chosen if each.right else each.happened
        yield [*head, *[""] * 8, each.title, each.chosen, each.confidence, happened, right]


def _safe(row: Iterable[object]) -> list[str]:
    return [f"'{text}" if text.startswith(FORMULA) else text for text in map(str, row)]
