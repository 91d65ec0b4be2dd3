"""The moves of lab 9: a broker that falls silent while an owner changes, and the two ways in which that ends."""

from __future__ import annotations

from labs.unknown_outcome.checks import common
from labs.unknown_outcome.scripts import is_back, is_unanswered
from studylab.lab import EDGES, Evidence, Move, choose, does, move, reading
from studylab.lab.scripts import Wait, call, promote

IN_VAIN = Wait("the relay to have waited without an answer", is_unanswered)
BACK = Wait("the relay to be back", is_back)
FRESH = move("A fresh snapshot for all three", call("take_snapshot"), *(call("load_snapshot", edge=e) for e in EDGES))
WAYS = ("give up", "retry under a new id", "retry under the same id")


def _silence(route: str, to: str) -> tuple[Move, ...]:
    return does(call("freeze_broker"), after=BACK), does(promote(route, to))


THAW = does(call("thaw_broker"), after=IN_VAIN)
KILL = move("Kill the broker and start it", call("kill_broker"), call("start_broker"), after=IN_VAIN)

BOTH: tuple[Move, ...] = (*_silence("shop", "alloc-c"), THAW, *_silence("blog", "alloc-c"), KILL)

AGAIN: tuple[Move, ...] = (
    FRESH,
    does(call("relay_rules", on_no_answer="retry under a new id")),
    does(call("edge_rules", edge="fra", deduplicate=False)),
    *_silence("api", "alloc-c"),
    THAW,
)


def cure(evidence: Evidence) -> tuple[Move, ...]:
    """Choose the relay's rule and prove it with both silences; the owners are others than now."""
    seen = evidence.now
    return (
        choose("When no PubAck comes, the relay must", *(call("relay_rules", on_no_answer=way) for way in WAYS)),
        does(call("edge_rules", edge="fra", deduplicate=True)),
        *_silence("shop", reading.other_owner(seen, "shop")),
        THAW,
        *_silence("blog", reading.other_owner(seen, "blog")),
        KILL,
        move(FRESH.words, *FRESH.calls, after=BACK),
    )


OUTAGE: tuple[Move, ...] = (
    does(call("kill_broker"), after=BACK),
    does(call("burst", n=12)),
    does(call("start_broker"), after=Wait("the outbox to fill", lambda seen: seen.outbox.waiting >= common.MANY)),
)
