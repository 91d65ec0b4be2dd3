"""Looking at the stored snapshots while they come and go: each is read once, and what has gone is gone at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.conftest import Run
from tests.vango.conftest import Hands
from vango.actors.errors import NotThere
from vango.broker import direct
from vango.broker.streams import BUCKET_STREAM
from vango.truth import snapshots

pytestmark = pytest.mark.long

ROUTES, TAKES = 100, 150


@pytest.mark.slow
def test_looks_beside_many_takes_always_show_snapshots_and_none_waits_for_what_is_gone(hands: Hands, run: Run) -> None:
    for n in range(ROUTES):
        hands.do("add_route", route=f"r{n}", owner="alloc-a")
    hands.do("take_snapshot")
    hands.settle()
    shown: list[int] = []

    async def take() -> None:
        for _ in range(TAKES):
            await hands.bench.perform("take_snapshot", {})

    async def look() -> None:
        taking = asyncio.create_task(take())
        while not taking.done():
            shown.append(len((await hands.bench.observe()).snapshots))
            await asyncio.sleep(0)
        await taking

    run(look())
    # A look that waits for what is gone gives up, and shows none.
    assert min(shown) >= 1
    assert len(hands.settle().snapshots) == snapshots.KEEP


def test_a_snapshot_whose_chunks_have_gone_is_left_out_at_once(hands: Hands) -> None:
    for _ in range(2):
        hands.do("take_snapshot")
    wire = hands.bench.wire()
    first = hands._run(snapshots.stored(wire))[0]
    hands._run(wire.api(f"STREAM.PURGE.{BUCKET_STREAM}", {"filter": f"$O.snapshots.C.{first.nuid}"}))
    with pytest.raises(NotThere, match="is incomplete: 0 of its"):
        hands._run(snapshots.read(wire, first))
    hands.bench.observer.broker.forget()
    assert [seen.name for seen in hands.settle().snapshots] == hands._run(snapshots.names(wire))[1:]


def test_each_snapshot_is_read_once_and_again_when_its_name_is_given_to_other_bytes(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, was = list[str](), snapshots.read

    async def note(wire: Any, one: snapshots.Stored) -> bytes:
        read.append(one.nuid)
        return await was(wire, one)

    for _ in range(3):
        hands.do("take_snapshot")
        hands.settle()
    monkeypatch.setattr(snapshots, "read", note)
    hands.do("take_snapshot")
    hands.settle()
    assert len(read) == 1
    hands.do("corrupt_snapshot")
    assert not hands.settle().snapshots[-1].checksum_ok


def test_what_is_longer_than_one_answer_is_read_whole(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "CHUNK_BYTES", 64)
    monkeypatch.setattr(direct, "BATCH", 3)
    hands.do("take_snapshot")
    assert hands.settle().snapshots[-1].checksum_ok


def test_forgotten_snapshots_leave_nothing_in_the_bucket(hands: Hands) -> None:
    for _ in range(snapshots.KEEP + 3):
        hands.do("take_snapshot")
    state = hands._run(hands.bench.wire().api(f"STREAM.INFO.{BUCKET_STREAM}"))["state"]
    assert state["messages"] == 2 * snapshots.KEEP
