"""A bench on which every sentence is “x”: a decision by one is wrong there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from vango.core.words import sentences_of
from vango.journal.facts import FACTS
from vango.journal.journal import Journal
from vango.observe.model import Observation, ProbeSeen
from vango.observe.observer import Observer

X = "x"


def word_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every moment that is written, and every observation that is taken, say “x” where it has a sentence."""
    write, observe = Journal.write, Observer.observe

    def written(self: Journal, actor: str, kind: str, text: str, /, **detail: Any) -> None:
        write(self, actor, kind, X, **worded_detail(kind, detail))

    async def observed(self: Observer) -> Observation:
        seen: Observation = worded(await observe(self))
        return seen

    monkeypatch.setattr(Journal, "write", written)
    monkeypatch.setattr(Observer, "observe", observed)


def worded_detail(kind: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return a moment's detail with “x” in the fields that its record calls sentences."""
    sentences = sentences_of(FACTS[kind]) if kind in FACTS else ()
    return {name: _x(value) if name in sentences else value for name, value in detail.items()}


def worded(record: Any) -> Any:
    """Return a record with “x” for each of its sentences that is not empty, and those of the records in it."""
    if isinstance(record, tuple):
        return type(record)([worded(each) for each in record])
    if not is_dataclass(record) or isinstance(record, type):
        return record
    changes = {field.name: worded(getattr(record, field.name)) for field in fields(record)}
    changes |= {name: _x(changes[name]) for name in sentences_of(type(record))}
    if isinstance(record, ProbeSeen) and record.outcome == "refused":
        changes["answer"] = X
    return type(record)(**changes)


def _x(said: Any) -> Any:
    if isinstance(said, list | tuple):
        return type(said)([_x(each) for each in said])
    return X if said else said
