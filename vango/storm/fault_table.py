"""The faults of the matrix, each a short script of verbs done for real. One column is one entry of the table below.

A fresh bench has three routes and their three events. A fault that hits one edge hits iad.
"""

from __future__ import annotations

from dataclasses import dataclass

from vango.actors.errors import NotThere
from vango.core.modes import Mode
from vango.observe.model import Observation
from vango.storm.play import Until
from vango.verbs.script import Act, act


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its key, the words for it, and the script that does it."""

    key: str
    words: str
    script: tuple[Act | Until, ...]


def _shop(to: str) -> Act:
    return act("promote", route="shop", to=to)


def _iad(verb: str, **arguments: str | int) -> Act:
    return act(verb, edge="iad", **arguments)


def _relay_is_down(seen: Observation) -> bool:
    return seen.relay.state == "down"


def _iad_is_down(seen: Observation) -> bool:
    return seen.edge("iad").mode is Mode.DOWN


def _iad_crashed_or_applied(sequence: int) -> Until:
    def is_so(seen: Observation) -> bool:
        return _iad_is_down(seen) or seen.edge("iad").sequence >= sequence

    return Until("iad to crash or to apply", is_so)


def _is_stored_twice(seen: Observation) -> bool:
    return sum(cell.sequence == 4 for cell in seen.stream("ROUTES").cells) > 1


# An attempt without effect does not count as survived: then the cell says that the fault did not happen.
STORED_AGAIN = (
    act("republish", sequence=4, after_window=True),
    Until("event 4 to be stored a second time", _is_stored_twice),
)
BLOG = act("promote", route="blog", to="alloc-b")
API = act("promote", route="api", to="alloc-c")

FAULTS: tuple[Fault, ...] = (
    Fault("refusal", "the database refuses a promotion", (_shop("alloc-d"),)),
    Fault("crash-after-commit", "the control plane crashes after a commit", (act("crash_control"), _shop("alloc-b"))),
    Fault(
        "relay-crash",
        "the relay crashes after a publish, before its mark",
        (
            act("crash_relay", at="after publish, before mark"),
            _shop("alloc-b"),
            Until("the relay to crash", _relay_is_down),
            act("start_relay"),
        ),
    ),
    Fault(
        "second-copy",
        "the latest event is stored a second time, after the duplicate window",
        (_shop("alloc-b"), *STORED_AGAIN),
    ),
    Fault(
        "zombie",
        "an old event is stored again, after the duplicate window",
        (_shop("alloc-b"), _shop("alloc-c"), *STORED_AGAIN),
    ),
    Fault(
        "replay",
        "an edge reads the stream again from 1",
        (_shop("alloc-b"), _shop("alloc-c"), _iad("replay", from_seq=1)),
    ),
    Fault(
        "edge-crash",
        "an edge crashes between applying and acking, in either order",
        (
            _iad("crash_edge", at="after apply, before ack"),
            BLOG,
            _iad_crashed_or_applied(4),
            _iad("start_edge"),
            _iad("crash_edge", at="after ack, before apply"),
            _shop("alloc-b"),
            _iad_crashed_or_applied(5),
            _iad("start_edge"),
        ),
    ),
    Fault("sleep", "an edge is down during changes", (_iad("kill_edge"), _shop("alloc-b"), BLOG, _iad("start_edge"))),
    Fault(
        "gap",
        "the events that a down edge missed are purged, and a later event follows",
        (_iad("kill_edge"), _shop("alloc-b"), BLOG, act("purge"), API, _iad("start_edge")),
    ),
    Fault(
        "purged-tail",
        "the events that a down edge missed are purged, and no later event follows",
        (_iad("kill_edge"), _shop("alloc-b"), act("purge"), _iad("start_edge")),
    ),
    Fault(
        "hole",
        "one message inside the stream is deleted",
        (_iad("kill_edge"), _shop("alloc-b"), BLOG, API, act("delete_message", seq=5), _iad("start_edge")),
    ),
    Fault(
        "recreated",
        "the stream is deleted and created again",
        (_iad("kill_edge"), _shop("alloc-b"), act("recreate_stream"), BLOG, _iad("start_edge")),
    ),
    Fault(
        "rollback",
        "the store is rolled back, and its numbers are used again",
        (_iad("kill_edge"), act("keep_store"), _shop("alloc-b"), act("rollback_store"), BLOG, _iad("start_edge")),
    ),
    Fault(
        "new-edge",
        "an edge begins with an empty view, and the stream is trimmed",
        (_iad("kill_edge"), act("purge"), _iad("wipe_view"), _iad("start_edge"), BLOG),
    ),
    Fault(
        "bad-snapshot",
        "an edge loads a snapshot with one owner changed",
        (act("take_snapshot"), act("corrupt_snapshot"), _iad("load_snapshot")),
    ),
    Fault(
        "old-snapshot",
        "an edge loads a snapshot older than the stream's first message",
        (act("take_snapshot"), _shop("alloc-b"), act("purge"), _iad("load_snapshot")),
    ),
    Fault(
        "half-load",
        "an edge crashes half-way through a snapshot load",
        (
            act("take_snapshot"),
            _iad("crash_edge", at="half-way through a snapshot load"),
            _iad("load_snapshot"),
            Until("iad to crash", _iad_is_down),
            _iad("start_edge"),
        ),
    ),
    Fault("poison", "a message comes that no edge can read", (act("publish_poison", route="shop"), BLOG)),
    Fault(
        "outage",
        "the broker is killed, and facts are committed meanwhile",
        (act("kill_broker"), _shop("alloc-b"), BLOG, act("start_broker")),
    ),
    Fault(
        "no-answer",
        "the broker is frozen while the relay publishes, and thawed",
        (
            act("freeze_broker"),
            _shop("alloc-b"),
            Until("the relay to give up waiting", lambda seen: seen.relay.unanswered > 0),
            act("thaw_broker"),
        ),
    ),
)


def fault(key: str) -> Fault:
    """Return a fault by its key. Raises `NotThere`."""
    for found in FAULTS:
        if found.key == key:
            return found
    raise NotThere(f"There is no fault {key[:40]!r}. There are {', '.join(f.key for f in FAULTS)}.")
