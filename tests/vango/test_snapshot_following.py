"""Following a snapshot: from where it stands, or from new; what is shown of it; and a flipped bit."""

from __future__ import annotations

import asyncio
import gc
import hashlib

import pytest
from nats.errors import Error as NatsError

from tests.vango.conftest import Hands, Run
from vango.actors.errors import Refused
from vango.core.findings import Kind
from vango.truth.snapshots import KEEP, _patiently, flip_one_bit

NAIVE = {"prove_continuity": False, "ask_high_water_mark": False}


def change_after_a_snapshot(hands: Hands) -> None:
    hands.do("take_snapshot")
    hands.do("promote", route="shop", to="alloc-c")
    hands.until(lambda seen: not seen.outbox.waiting)


def test_from_new_leaves_out_what_was_stored_since_the_snapshot(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", follow_from="new", **NAIVE)
    change_after_a_snapshot(hands)
    hands.do("load_snapshot", edge="syd")
    seen = hands.until(lambda seen: seen.edge("syd").mode == "current")
    assert seen.edge("syd").claim == "current at 3"
    assert {finding.kind for finding in seen.audit.findings} == {Kind.LOST}


def test_from_the_snapshot_nothing_is_left_out(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", **NAIVE)
    change_after_a_snapshot(hands)
    hands.do("load_snapshot", edge="syd")
    assert hands.until(lambda seen: seen.edge("syd").claim == "current at 4").audit.soundness == "sound"


def test_an_edge_that_asks_for_the_mark_notices_what_from_new_left_out(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", follow_from="new", on_gap="stay closed")
    change_after_a_snapshot(hands)
    hands.do("load_snapshot", edge="syd")
    seen = hands.until(lambda seen: seen.edge("syd").mode == "failed closed")
    assert "event 4 was published, and nothing is pending" in seen.edge("syd").reason


def test_the_latest_snapshot_is_shown_with_the_sum_of_its_bytes(hands: Hands) -> None:
    hands.do("take_snapshot")
    seen = hands.until(lambda seen: seen.snapshots)
    latest = seen.snapshots[-1]
    assert hashlib.sha256(latest.body.encode()).hexdigest() == latest.sha256 == latest.computed
    hands.do("corrupt_snapshot")
    latest = hands.until(lambda seen: not seen.snapshots[-1].checksum_ok).snapshots[-1]
    assert hashlib.sha256(latest.body.encode()).hexdigest() == latest.computed != latest.sha256


@pytest.mark.parametrize(
    ("owner", "flipped"), [("alloc-a", "alloc-c"), ("alloc-b", "alloc-c"), ("alloc-c", "alloc-a"), ("x", "z")]
)
def test_one_flipped_bit_makes_another_name(owner: str, flipped: str) -> None:
    assert flip_one_bit(owner) == flipped
    before, after = owner.encode()[-1], flipped.encode()[-1]
    assert (before ^ after).bit_count() == 1


def test_each_stored_event_says_which_one_it_follows(hands: Hands) -> None:
    cells = hands.until(lambda seen: len(seen.stream("ROUTES").cells) == 3).stream("ROUTES").cells
    assert [cell.previous_id for cell in cells] == ["", cells[0].event_id, cells[1].event_id]


def test_only_the_last_few_snapshots_are_kept_and_each_can_be_read(hands: Hands) -> None:
    for _ in range(KEEP + 2):
        hands.do("take_snapshot")
    seen = hands.until(lambda seen: seen.snapshots)
    assert len(seen.snapshots) == KEEP
    assert all(snapshot.checksum_ok for snapshot in seen.snapshots)


def test_a_snapshot_is_not_corrupted_twice_because_the_second_flip_would_mend_it(hands: Hands) -> None:
    hands.do("take_snapshot")
    hands.do("corrupt_snapshot")
    with pytest.raises(Refused, match="damaged already"):
        hands.do("corrupt_snapshot")


def test_a_put_that_fails_when_nobody_waits_for_it_any_more_leaves_no_error_behind(run: Run[None]) -> None:
    """pytest makes an error of what asyncio says of a task that nobody looked at."""

    async def fails_at_its_end() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise NatsError("nats: connection closed") from None

    async def gives_up() -> None:
        waiting = asyncio.create_task(_patiently(fails_at_its_end()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])

    run(gives_up())
    gc.collect()
