"""A stream that somebody made count from a number beyond all reason: the bench says so, and its reset mends it."""

from __future__ import annotations

from tests.vango.conftest import Hands
from vango.core.audit import Soundness

FAR = 2**63 + 10


def counts_from(hands: Hands, seq: int) -> None:
    hands._run(hands.bench.wire().api("STREAM.PURGE.ROUTES", {"seq": seq}))


def test_a_bench_whose_stream_counts_beyond_sqlite_s_integers_is_mended_by_a_reset(hands: Hands) -> None:
    hands.settle()
    counts_from(hands, FAR)
    hands.do("promote", route="shop", to="alloc-c")
    seen = hands.until(lambda seen: seen.relay.state == "down")
    assert seen.truth.sequence == 4
    hands.do("promote", route="blog", to="alloc-c")
    assert hands.bench.journal.trouble == ""
    hands.do("reset")
    assert hands.settle().audit.soundness is Soundness.SOUND


def test_the_bench_s_own_purge_leaves_numbers_that_a_snapshot_can_hold(hands: Hands) -> None:
    hands.do("purge", up_to=10**12)
    hands.do("promote", route="shop", to="alloc-c")
    hands.do("take_snapshot")
    hands.do("wipe_view", edge="fra")
    hands.until(lambda seen: seen.edge("fra").claim == "current at 4")
