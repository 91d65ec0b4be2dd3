"""Recorded answers of a real nats-server: the question, the answer, and the decisive fields.

One JSON file for each concept page, written by `python -m studylab record` and shown by the page. A recording is
compared with a new one by shape (which fields, of which types), and by value for the decisive fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from studylab.installed import CONCEPTS
from vango.actors.errors import NotThere

FOLDER = CONCEPTS / "recorded"
MOST_QUOTED = 2000


class Act(StrEnum):
    """What an exchange is: a request that was answered, a message that came, or something done to the server."""

    ASKED = "asked"
    PUBLISHED = "published"
    DELIVERED = "delivered"
    HEARD = "heard"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange with the server. `what` says it in words; `reply` is JSON, and `decisive` names paths into it.

    A path is the names of nested fields with dots between them. A header's own name has none.
    """

    act: Act
    what: str
    subject: str = ""
    headers: Mapping[str, str] | None = None
    body: Any = None
    reply: Any = None
    decisive: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """One question with every exchange that it took. `id` is its anchor on the page."""

    id: str
    title: str
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """All questions of one concept page, with the server's version and the day (ISO 8601)."""

    server: str
    day: str
    answered: tuple[Answered, ...]

    def of(self, question: str) -> Answered:
        """Return the answer to one question. Raises `NotThere` when it is not recorded."""
        for answered in self.answered:
            if answered.id == question:
                return answered
        raise NotThere(f"No answer to {question!r} is recorded. Run `python -m studylab record`.")


def write(concept: str, recording: Recording, folder: Path = FOLDER) -> None:
    """Write a page's recording to its file."""
    text = json.dumps(asdict(recording), indent=1, ensure_ascii=False)
    (folder / f"{concept}.json").write_text(text + "\n", encoding="utf-8")


def read(concept: str, folder: Path = FOLDER) -> Recording:
    """Return a page's recording. Raises `NotThere` when none has been made."""
    path = folder / f"{concept}.json"
    if not path.is_file():
        raise NotThere(f"Nothing is recorded for {concept!r}. Run `python -m studylab record`.")
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Recording(kept["server"], kept["day"], tuple(_answered(item) for item in kept["answered"]))


def _answered(kept: dict[str, Any]) -> Answered:
    exchanges = (
        Exchange(**{**item, "act": Act(item["act"]), "decisive": tuple(item["decisive"])}) for item in kept["exchanges"]
    )
    return Answered(kept["id"], kept["title"], tuple(exchanges))


def value_at(reply: Any, path: str) -> Any:
    """Return the value at a path in a reply. Raises `NotThere` when there is none."""
    here = reply
    for name in path.split("."):
        if not isinstance(here, Mapping) or name not in here:
            raise NotThere(f"The reply has no {path}; it is {json.dumps(reply)[:MOST_QUOTED]}.")
        here = here[name]
    return here


def shape(value: Any) -> Any:
    """Return which fields a JSON value has, and of which types: all that must stay when the values may differ."""
    if isinstance(value, Mapping):
        return {name: shape(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        return sorted({json.dumps(shape(item)) for item in value})
    return type(value).__name__


def unsteady(first: Mapping[str, Recording], second: Mapping[str, Recording]) -> Iterator[str]:
    """Yield a sentence for everything in which two recordings of all pages differ, page by page."""
    for concept, recording in first.items():
        for answered in recording.answered:
            yield from differences(answered, second[concept].of(answered.id))


def differences(kept: Answered, now: Answered) -> Iterator[str]:
    """Yield a sentence for everything in which a new answer departs from the recorded one."""
    if [exchange.what for exchange in kept.exchanges] != [exchange.what for exchange in now.exchanges]:
        yield f"{kept.id}: the question is asked in another way than it was recorded"
        return
    for before, after in zip(kept.exchanges, now.exchanges, strict=True):
        where = f"{kept.id}, {before.what!r}"
        if (before.act, before.subject, before.body, before.headers, before.decisive) != (
            after.act, after.subject, after.body, after.headers, after.decisive,
        ):  # fmt: skip
            yield f"{where}: what is sent, or what decides, is not what was recorded"
        if shape(before.reply) != shape(after.reply):
            recorded, answered = (json.dumps(exchange.reply)[:MOST_QUOTED] for exchange in (before, after))
            yield f"{where}: recorded {recorded}, now {answered}"
            continue
        for path in before.decisive:
            was, is_ = value_at(before.reply, path), value_at(after.reply, path)
            if was != is_:
                yield f"{where}: {path} was {was!r} and is {is_!r}"
