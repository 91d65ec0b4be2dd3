"""An edge reads a route's events by a faster way than the core's, and never another event than the core would."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vango.core import routes
from vango.core.events import MAX_EVENT_BYTES, Event, InvalidEvent, encode
from vango.core.rules import Foreign
from vango.edge.routes import ROUTE_FACTS, read

PLAIN = Event("e2", "route.owner.updated", "host", "now", 2, "e1", 7, "host", "alloc-b", "alloc-a", 2, "", "op")
DOCUMENT: dict[str, Any] = json.loads(encode(PLAIN))
ODD: st.SearchStrategy[Any] = st.sampled_from(
    ["", "x", "1.0", "\ud800", "route.owner.updated", "telemetry.cpu", 0, 1, -1, 2**53, 2**64, 1.0, True, None, [], {}]
)
MEMBERS = st.sampled_from([*DOCUMENT, *(f"data.{name}" for name in DOCUMENT["data"]), "new", "data.about", "data.new"])


def outcome(read: Any, payload: bytes, foreign: Foreign) -> Event | str | None:
    try:
        found: Event | None = read(payload, foreign)
    except InvalidEvent as error:
        return str(error)
    return found


def changed(changes: dict[str, Any], absent: set[str]) -> bytes:
    document = {**DOCUMENT, "data": dict(DOCUMENT["data"])}
    for name, value in changes.items():
        _, _, inner = name.partition(".")
        if not inner:
            # The generator gives the same object to every example, and the next change may be written into it.
            document[name] = deepcopy(value)
        elif isinstance(document["data"], dict):
            document["data"][inner] = value
    return json.dumps({name: value for name, value in document.items() if name not in absent}).encode()


@given(st.dictionaries(MEMBERS, ODD, max_size=3), st.sets(MEMBERS, max_size=1), st.sampled_from(Foreign))
def test_what_differs_from_a_plain_event_is_read_or_refused_as_the_core_does(
    changes: dict[str, Any], absent: set[str], foreign: Foreign
) -> None:
    payload = changed(changes, absent)
    assert outcome(read, payload, foreign) == outcome(routes.read, payload, foreign)


PAYLOADS = [
    encode(PLAIN), encode(PLAIN) + b" ", encode(PLAIN) + b"x", encode(PLAIN)[:-1], b"", b"null", b"\xff",
    encode(PLAIN).replace(b'"e2"', b'"e\xff"'), encode(PLAIN).replace(b'"sequence":2', b'"sequence":2.0'),
    encode(PLAIN).decode().encode("utf-16"), b"[" * 5_000,
    encode(PLAIN).replace(b'"data":{', b'"data":{"about":"x",'), encode(PLAIN).replace(b"{", b'{"new":"\xff",', 1),
    encode(PLAIN).replace(b'"id":"e2"', b'"id":"e3","id":"e2"'), encode(PLAIN) + b" " * MAX_EVENT_BYTES,
]  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_bytes_of_any_kind_are_read_or_refused_as_the_core_does(payload: bytes) -> None:
    for foreign in Foreign:
        assert outcome(read, payload, foreign) == outcome(routes.read, payload, foreign)


def test_a_plain_event_is_read_without_the_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vango.edge.routes.routes.read", lambda *_: None)
    assert ROUTE_FACTS.read(encode(PLAIN), Foreign.SKIP) == PLAIN
