"""Snapshots: sealed and unsealed again, and refused as soon as anything in them is not as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.bench import Bench, corrupted
from vango.core.judge import Position, Row
from vango.core.routes import read_row
from vango.core.snapshot import BadSnapshot, Snapshot, seal, unseal

TEXT = st.text(max_size=20)
COUNT = st.integers(0, 2**53 - 1)
ROWS = st.lists(st.builds(Row, TEXT, TEXT, COUNT, TEXT, COUNT, COUNT), max_size=4, unique_by=lambda row: row.route)
SNAPSHOTS = st.builds(Snapshot, COUNT, TEXT, COUNT, TEXT, ROWS.map(tuple))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


def a_snapshot() -> bytes:
    bench = Bench()
    bench.tell("shop", "blog", "shop")
    return bench.snapshot()


FIELDS = ("sequence", "event_id", "stream_seq", "taken_at", "rows")
ROW_FIELDS = ("route", "owner", "epoch", "event_id", "drains", "highest_epoch")


def read_or_refuse(stored: bytes, *, verify: bool = False) -> None:
    try:
        snapshot = unseal(stored, read_row, verify=verify)
    except BadSnapshot:
        return
    assert unseal(seal(snapshot), read_row) == snapshot


@given(SNAPSHOTS)
def test_what_is_sealed_is_unsealed_again(snapshot: Snapshot[Row]) -> None:
    assert unseal(seal(snapshot), read_row) == snapshot
    assert unseal(seal(snapshot), read_row).position == Position(
        snapshot.sequence, snapshot.event_id, snapshot.stream_seq
    )


def test_every_flipped_bit_is_refused_or_changes_nothing() -> None:
    stored = a_snapshot()
    sealed = unseal(stored, read_row)
    for at in range(len(stored) * 8):
        flipped = bytearray(stored)
        flipped[at // 8] ^= 1 << at % 8
        try:
            assert unseal(bytes(flipped), read_row) == sealed
        except BadSnapshot:
            continue


def test_a_changed_owner_is_refused_and_passes_only_unverified() -> None:
    changed = corrupted(a_snapshot())
    with pytest.raises(BadSnapshot, match="checksum says"):
        unseal(changed, read_row)
    assert unseal(changed, read_row, verify=False).rows[0].owner == "alloc-never"


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused(stored: bytes, verify: bool) -> None:
    read_or_refuse(stored, verify=verify)


@given(JSON)
def test_any_json_is_read_or_refused(document: object) -> None:
    read_or_refuse(json.dumps(document).encode())
    read_or_refuse(json.dumps({"sha256": "", "snapshot": document}).encode())


@given(st.sampled_from(FIELDS), JSON)
def test_a_snapshot_with_any_field_replaced_is_read_or_refused(name: str, value: object) -> None:
    document = json.loads(a_snapshot())
    document["snapshot"][name] = value
    read_or_refuse(json.dumps(document).encode())


@given(st.sampled_from(ROW_FIELDS), JSON)
def test_a_row_with_any_field_replaced_is_read_or_refused(name: str, value: object) -> None:
    document = json.loads(a_snapshot())
    document["snapshot"]["rows"][0][name] = value
    read_or_refuse(json.dumps(document).encode())


def test_a_missing_field_is_refused() -> None:
    for name in FIELDS + ROW_FIELDS:
        document: dict[str, Any] = json.loads(a_snapshot())
        part = document["snapshot"] if name in FIELDS else document["snapshot"]["rows"][0]
        del part[name]
        with pytest.raises(BadSnapshot, match="cannot be read"):
            unseal(json.dumps(document).encode(), read_row, verify=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [("sequence", "3"), ("sequence", -1), ("sequence", True), ("stream_seq", 2**53), ("event_id", 3), ("rows", {})],
)
def test_a_field_of_another_type_is_refused_even_unverified(name: str, value: object) -> None:
    document = json.loads(a_snapshot())
    document["snapshot"][name] = value
    with pytest.raises(BadSnapshot):
        unseal(json.dumps(document).encode(), read_row, verify=False)


def test_two_rows_for_one_route_are_refused() -> None:
    row = Row("shop", "alloc-a", 1, "e1", 0, 1)
    with pytest.raises(BadSnapshot, match="two rows"):
        unseal(seal(Snapshot(1, "e1", 1, "t", (row, row))), read_row)


@pytest.mark.parametrize("checksum", [None, 5, ["x"]])
def test_a_checksum_that_is_no_text_is_refused(checksum: object) -> None:
    document = {**json.loads(a_snapshot()), "sha256": checksum}
    with pytest.raises(BadSnapshot, match="checksum is not text"):
        unseal(json.dumps(document).encode(), read_row)
