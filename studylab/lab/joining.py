"""Merges two records of one lab as edges should apply events: in any order, and twice is once. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from studylab.lab.progress import Done, Met, Predicted, Record, Spent


def join(one: Record, other: Record) -> Record:
    """Merge two records of one lab: of each part the more complete one, otherwise the earlier. Nothing is counted
    twice.
    """
    latest = max(one, other, key=lambda record: (record.last_at, record.title, record.number, record.steps))
    return Record(
        slug=one.slug,
        title=latest.title,
        number=latest.number,
        steps=latest.steps,
        first_at=min(filter(None, (one.first_at, other.first_at)), default=0.0),
        last_at=max(one.last_at, other.last_at),
        spent=_joined(one.spent, other.spent, _more_spent),
        predictions=_joined(one.predictions, other.predictions, _earlier_prediction),
        done=_joined(one.done, other.done, _earlier_done),
        hints=_joined(one.hints, other.hints, max),
        findings=_joined(one.findings, other.findings, _earlier_finding),
    )


_T = TypeVar("_T")


def _joined(one: Mapping[str, _T], other: Mapping[str, _T], choose: Callable[[_T, _T], _T]) -> dict[str, _T]:
    both = {key: choose(value, other[key]) if key in other else value for key, value in one.items()}
    return {**both, **{key: value for key, value in other.items() if key not in both}}


def _more_spent(one: Spent, other: Spent) -> Spent:
    return Spent(max(one.rounds, other.rounds), max(one.finishes, other.finishes), max(one.active_s, other.active_s))


def _earlier_prediction(one: Predicted, other: Predicted) -> Predicted:
    return min(one, other, key=lambda made: (not made.happened, made.at, repr(made)))


def _earlier_done(one: Done, other: Done) -> Done:
    return min(one, other, key=lambda step: (bool(step.how), step.at, repr(step)))


def _earlier_finding(one: Met, other: Met) -> Met:
    return min(one, other, key=lambda met: (met.at, repr(met)))
