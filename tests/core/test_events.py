"""The codec: what is written is read back, and nothing else becomes an event."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vango.core.events import MAX_EVENT_BYTES, ROUTE_OWNER_UPDATED, Event, InvalidEvent, decode, encode

TEXT = st.text(max_size=30)
SOME = st.text(min_size=1, max_size=30)
COUNT = st.integers(1, 2**53 - 1)
COMMON = {"id": SOME, "subject": TEXT, "time": TEXT, "sequence": COUNT, "previous_id": TEXT, "revision": COUNT}
ROUTE_EVENTS = st.builds(
    Event,
    **COMMON,
    type=st.just(ROUTE_OWNER_UPDATED),
    route=SOME,
    owner=SOME,
    previous_owner=TEXT,
    epoch=COUNT,
    operation=TEXT,
)
OTHER_EVENTS = st.builds(Event, **COMMON, type=SOME.filter(ROUTE_OWNER_UPDATED.__ne__), about=TEXT, operation=TEXT)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
GOOD: dict[str, Any] = json.loads(
    encode(Event("e1", ROUTE_OWNER_UPDATED, "s", "t", 2, "e0", 3, route="shop", owner="b", previous_owner="a", epoch=2))
)
FIELDS = [(None, name) for name in GOOD if name != "data"] + [("data", name) for name in GOOD["data"]]


def read_or_refuse(payload: bytes) -> None:
    sentence = ""
    try:
        assert encode(decode(payload))
    except InvalidEvent as refusal:
        sentence = str(refusal)
    assert len(sentence) < 400


@given(ROUTE_EVENTS | OTHER_EVENTS)
def test_what_is_written_is_read_back(event: Event) -> None:
    assert decode(encode(event)) == event


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    read_or_refuse(payload)


@given(JSON)
def test_any_json_is_read_or_refused(document: object) -> None:
    read_or_refuse(json.dumps(document).encode())


@given(st.sampled_from(FIELDS), JSON)
def test_an_event_with_any_field_replaced_is_read_or_refused(field: tuple[str | None, str], value: object) -> None:
    part, name = field
    changed = {**GOOD, name: value} if part is None else {**GOOD, part: {**GOOD[part], name: value}}
    read_or_refuse(json.dumps(changed).encode())


@pytest.mark.parametrize("name", ["id", "type", "subject", "time", "sequence", "previousid", "data", "specversion"])
def test_a_missing_field_is_refused(name: str) -> None:
    with pytest.raises(InvalidEvent, match=name):
        decode(json.dumps({key: value for key, value in GOOD.items() if key != name}).encode())


@pytest.mark.parametrize("depth", [100, 500, 900, 950, 980, 990, 995, 1000, 5000])
def test_an_event_of_any_depth_is_refused_and_not_choked_on(depth: int) -> None:
    nested = "[" * depth + "]" * depth
    with pytest.raises(InvalidEvent):
        decode(json.dumps({**GOOD, "specversion": "here"}).replace('"here"', nested).encode())


@pytest.mark.parametrize("sequence", [0, -1, 2**53, True, 1.0, "1", None])
def test_a_sequence_that_no_database_would_count_is_refused(sequence: object) -> None:
    with pytest.raises(InvalidEvent, match="sequence"):
        decode(json.dumps({**GOOD, "sequence": sequence}).encode())


def test_half_a_character_is_refused_since_nothing_can_store_it() -> None:
    with pytest.raises(InvalidEvent, match="half a surrogate pair"):
        decode(json.dumps({**GOOD, "id": "\ud800"}).encode())


def test_an_epoch_of_another_type_is_refused_also_where_no_epoch_is_needed() -> None:
    with pytest.raises(InvalidEvent, match="epoch"):
        decode(json.dumps({**GOOD, "type": "allocation.ready", "data": {"revision": 1, "epoch": [1]}}).encode())


def test_a_message_is_read_up_to_the_limit_and_refused_above_it() -> None:
    payload = json.dumps(GOOD).encode()
    assert decode(payload.ljust(MAX_EVENT_BYTES)).id == "e1"
    with pytest.raises(InvalidEvent, match="at most 16384"):
        decode(payload.ljust(MAX_EVENT_BYTES + 1))


def test_an_event_belongs_to_the_feed_that_its_type_begins_with() -> None:
    assert decode(json.dumps(GOOD).encode()).feed == "route"
