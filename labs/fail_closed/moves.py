"""The moves of lab 10: all edges sleep through an accident, wake up, and are given a fresh snapshot."""

from __future__ import annotations

from studylab.lab import EDGES, Call, Evidence, Move, ask, does, move, reading
from studylab.lab.scripts import call, promote, published

SENT = published("the changes to be published")
FRESH = move("A fresh snapshot for all three", call("take_snapshot"), *(call("load_snapshot", edge=e) for e in EDGES))
SLEEP = move("Sleep through three changes", call("kill_edges"), call("burst", n=3), any_values=True)
WAKE = does(call("start_edges"), after=SENT)


def _more(evidence: Evidence) -> Move:
    return does(promote("blog", reading.other_owner(evidence.now, "blog")))


def _accident(accident: Call, *more: Move) -> tuple[Move, ...]:
    return SLEEP, does(accident, after=SENT), *more, WAKE


def front(evidence: Evidence) -> tuple[Move, ...]:
    """Evict, then purge."""
    return (
        *_accident(call("stream_limits", max_msgs=1)),
        move("Set the limit back", call("stream_limits", max_msgs=10_000)),
        FRESH,
        *_accident(call("purge"), _more(evidence)),
    )


def end(evidence: Evidence) -> tuple[Move, ...]:
    """The seq of the middle one is known once the three are committed."""
    words = "Delete the middle one of the three"
    middle = call("delete_message", seq=max(evidence.now.stream("ROUTES").last_seq - 1, 1))
    known = len(reading.verbs(evidence, "burst")) > 1 and not evidence.now.outbox.waiting
    delete = move(words, middle, any_values=True) if known else ask(words, "delete_message", after=SENT)
    return (FRESH, *_accident(call("purge")), FRESH, SLEEP, delete, WAKE)


def numbers(evidence: Evidence) -> tuple[Move, ...]:
    """Recreate, then roll back."""
    return (
        FRESH,
        *_accident(call("recreate_stream"), _more(evidence)),
        FRESH,
        does(call("keep_store")),
        *_accident(call("rollback_store"), _more(evidence)),
    )


def cure(evidence: Evidence) -> tuple[Move, ...]:
    """The rules, and two gaps."""
    return (
        FRESH,
        ask("Choose the rules of fra", "edge_rules", {"edge": "fra"}),
        *_accident(call("purge")),
        *_accident(call("purge"), _more(evidence)),
    )
