"""Facts of your own: what changed in one row of one of your tables, as CloudEvents with JSON data."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from vango.core.events import InvalidEvent, as_cloudevent, check_header, domain_of, is_count, parse
from vango.core.facts import Facts
from vango.core.names import Control, Domain
from vango.core.rules import Foreign
from vango.core.snapshot import must_be_counts, must_be_texts


@dataclass(frozen=True, slots=True)
class Fact:
    """One committed change. `data` is the whole row as it is now; `key` and `epoch` are its key and its version."""

    id: str
    type: str
    subject: str
    time: str
    sequence: int
    previous_id: str
    key: str
    epoch: int
    data: Mapping[str, Any]

    @property
    def words(self) -> str:
        """The change, for a person."""
        return f"{self.key}, version {self.epoch}"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a view, made by the event `event_id`. `data` has all fields, the key and the version among them."""

    key: str
    epoch: int
    event_id: str
    data: Mapping[str, Any]


def newest(row: Row | None, fact: Fact) -> Row:
    """Put the fact in place of the row: each fact carries the whole row."""
    return Row(fact.key, fact.epoch, fact.id, fact.data)


@dataclass(frozen=True)
class Feed:
    """The facts of one table, numbered without gaps.

    `key` and `version` are the names of the fields that hold a row's key, a text, and its version, a whole number that
    grows with each change of the row. `service` names the database: all its feeds have the same. `stream` is the
    JetStream stream of this feed alone; it is the name in capitals unless you give another. `apply` makes a view's new
    row out of the old one, None when there is none, and a fact.
    """

    name: str
    service: str
    key: str
    version: str
    stream: str = ""
    apply: Callable[[Row | None, Fact], Row] = newest

    @property
    def domain(self) -> Domain:
        """Where the events are found, and whom to ask."""
        prefix = f"control.{self.service}"
        control = Control(f"{prefix}.heartbeat", f"{prefix}.mark", f"{prefix}.snapshot.{self.name}")
        bucket = f"{self.service}-{self.name}-snapshots"
        return Domain(self.name, self.stream or self.name.upper(), bucket, control)

    @property
    def facts(self) -> Facts[Fact, Row]:
        """What an edge must know of this feed."""
        return Facts(self.domain, self.read, self.apply, self.read_row)

    def fact(self, event_id: str, time: str, sequence: int, previous_id: str, data: Mapping[str, Any]) -> Fact:
        """Return a fact. Raises `InvalidEvent` when its data has no proper key or version."""
        key, epoch = data.get(self.key), data.get(self.version)
        if not isinstance(key, str) or not key:
            raise InvalidEvent(f"{self.key} is {key!r:.60}; it must be a text that is not empty")
        if not isinstance(epoch, int) or not is_count(epoch):
            raise InvalidEvent(f"{self.version} is {epoch!r:.60}; it must be a whole number from 1")
        kind = f"{self.name}.changed"
        return Fact(event_id, kind, f"{kind}.{_token(key)}", time, sequence, previous_id, key, epoch, data)

    def encode(self, fact: Fact) -> bytes:
        """Return the fact as CloudEvents JSON. Raises `ValueError` or `TypeError` for what JSON cannot hold."""
        return as_cloudevent(fact, f"/{self.service}", fact.data)

    def read(self, payload: bytes, foreign: Foreign = Foreign.SKIP) -> Fact | None:
        """Read a message; None when it belongs to another feed. Raises `InvalidEvent`."""
        document = parse(payload)
        if domain_of(document) not in (self.name, ""):
            return None
        try:
            told, kind, data = document["subject"], document["type"], document["data"]
            if not isinstance(data, dict):
                raise InvalidEvent("data is no JSON object")
            fact = self.fact(document["id"], document["time"], document["sequence"], document["previousid"], data)
        except (TypeError, KeyError) as error:
            raise InvalidEvent(f"not one of our events: {type(error).__name__} {error}") from error
        check_header(fact, document.get("specversion"), (fact.id, fact.time, fact.previous_id, fact.key, told, kind))
        if not is_count(fact.sequence) or (told, kind) != (fact.subject, fact.type):
            raise InvalidEvent(f"sequence, type or subject is not what an event of the feed {self.name} has")
        return fact

    def read_row(self, body: dict[str, Any]) -> Row:
        """Read a row out of a snapshot. Raises `ValueError` or `TypeError`."""
        row = Row(**body)
        must_be_counts(epoch=row.epoch)
        must_be_texts(key=row.key, event_id=row.event_id)
        if not isinstance(row.data, dict):
            raise ValueError("data must be a JSON object")
        return row


def in_words(feed: Feed, data: Mapping[str, Any]) -> str:
    """Return what a row says beside its key and version, for people and for comparing."""
    rest = {name: value for name, value in data.items() if name not in (feed.key, feed.version)}
    return ", ".join(f"{name} {json.dumps(value, sort_keys=True)}" for name, value in sorted(rest.items()))


def _token(key: str) -> str:
    """Return a key as one token of a subject, whatever characters it has."""
    return quote(key, safe="").replace(".", "%2E")
