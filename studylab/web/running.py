"""The code that runs: which functions of the program handle this bench's events now, and at which line an actor waits.

Read from the running modules, never copied. Each is beside its opposite, so that a trap can be compared with its
cure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup

from studylab.lab.code import show
from studylab.lab.model import Code
from vango.actors.crash_points import Point
from vango.core.rules import AckOrder, FollowFrom, Foreign, OnNoAnswer, WriteOrder
from vango.observe.model import Observation


@dataclass(frozen=True, slots=True)
class Listing:
    """One function on the page. `runs` are the actors that run it under the present rules; `lines` its highlighted
    lines.

    Each line comes with the names of the actors that wait at it.
    """

    key: str
    title: str
    where: str
    runs: tuple[str, ...]
    source: str
    lines: tuple[tuple[Markup, str], ...]

    @property
    def waited(self) -> bool:
        """Whether an actor waits in it."""
        return any(who for _, who in self.lines)


_Runs = Callable[[Observation], tuple[str, ...]]


def _writes(order: WriteOrder) -> _Runs:
    return lambda seen: ("the control plane",) if seen.truth.write_order is order else ()


def _acks(order: AckOrder) -> _Runs:
    return lambda seen: tuple(name for name, rules in seen.edge_rules if rules.ack is order)


def _reads(foreign: Foreign) -> _Runs:
    return lambda seen: tuple(name for name, rules in seen.edge_rules if rules.foreign is foreign)


def _silence(way: OnNoAnswer) -> _Runs:
    return lambda seen: ("the relay",) if seen.relay.rules.on_no_answer is way else ()


def _follows(whence: FollowFrom) -> _Runs:
    return lambda seen: tuple(name for name, rules in seen.edge_rules if rules.follow_from is whence)


def _every_edge(seen: Observation) -> tuple[str, ...]:
    return tuple(name for name, _ in seen.edge_rules)


_CODE: tuple[tuple[str, str, str, str, _Runs], ...] = (
    ("outbox", "Commit with an outbox row", "vango.truth.control_plane", "ControlPlane.outbox",
     _writes(WriteOrder.OUTBOX)),
    ("first", "Publish first", "vango.truth.control_plane", "ControlPlane.publish_first",
     _writes(WriteOrder.PUBLISH_FIRST)),
    ("then", "Commit, then publish", "vango.truth.control_plane", "ControlPlane.commit_then_publish",
     _writes(WriteOrder.COMMIT_THEN_PUBLISH)),
    ("relay", "Publish, then mark", "vango.relay.sending", "Sending.publish_then_mark", lambda _: ("the relay",)),
    ("proof", "What an answer proves", "vango.relay.proof", "prove", lambda _: ("the relay",)),
    ("pipeline", "Keep the broker busy", "vango.relay.pipeline", "Pipeline.fill", lambda _: ("the relay",)),
    ("same", "No PubAck: retry under the same id", "vango.relay.unanswered", "Unanswered.retry_under_the_same_id",
     _silence(OnNoAnswer.SAME_ID)),
    ("new-id", "No PubAck: retry under a new id", "vango.relay.unanswered", "Unanswered.retry_under_a_new_id",
     _silence(OnNoAnswer.NEW_ID)),
    ("give-up", "No PubAck: give up", "vango.relay.unanswered", "Unanswered.give_up", _silence(OnNoAnswer.GIVE_UP)),
    ("handle", "Handle a message", "vango.edge.consume", "handle", _every_edge),
    ("take-in", "Take in one message", "vango.core.intake", "take_one", _every_edge),
    ("own", "Open only its own domain", "vango.core.intake", "read_own", _reads(Foreign.SKIP)),
    ("everything", "Read everything", "vango.core.intake", "read_everything", _reads(Foreign.READ)),
    ("after", "Apply, then ack", "vango.edge.consume", "apply_then_ack", _acks(AckOrder.AFTER_APPLY)),
    ("before", "Ack, then apply", "vango.edge.consume", "ack_then_apply", _acks(AckOrder.BEFORE_APPLY)),
    ("queued", "Queue the ack, then apply", "vango.edge.consume", "queue_ack_then_apply",
     _acks(AckOrder.QUEUED_BEFORE_APPLY)),
    ("never", "Apply, and never ack", "vango.edge.consume", "apply_only", _acks(AckOrder.NEVER)),
    ("judge", "Judge one event", "vango.core.judge", "judge", _every_edge),
    ("fence", "Refuse former owners", "vango.core.judge", "fence",
     lambda seen: tuple(name for name, rules in seen.edge_rules if rules.check_epochs)),
    ("stand", "What may be claimed", "vango.core.claims", "stand",
     lambda seen: tuple(name for name, rules in seen.edge_rules if rules.ask_high_water_mark)),
    ("load", "Load a snapshot", "vango.edge.recovery", "load", _every_edge),
    ("follow", "Follow the snapshot", "vango.edge.recovery", "follow_the_snapshot", _follows(FollowFrom.SNAPSHOT)),
    ("new", "Read on from new", "vango.edge.recovery", "follow_what_is_new", _follows(FollowFrom.NEW)),
)  # fmt: skip


def listings(seen: Observation) -> Iterator[Listing]:
    """Return every listing, each with the actors that run it and wait in it."""
    for key, title, module, name, runs in _CODE:
        code, actors = show(Code("cure", title, module, name)), runs(seen)
        waits = _waits(seen, actors, _points(code.source))
        lines = tuple((line, waits.get(number, "")) for number, line in enumerate(_lines(code.html)))
        yield Listing(key, title, code.where, actors, code.source, lines)


def listing(key: str) -> Listing | None:
    """Return one listing without actors; None when it does not exist."""
    for known, title, module, name, _ in _CODE:
        if known == key:
            code = show(Code("cure", title, module, name))
            return Listing(key, title, code.where, (), code.source, tuple((line, "") for line in _lines(code.html)))
    return None


def _waits(seen: Observation, actors: tuple[str, ...], points: dict[Point, int]) -> dict[int, str]:
    """Return which actors wait at which line of a function."""
    found: dict[int, list[str]] = {}
    for held in seen.pace.waiting:
        runs_it = held.actor in actors or (held.actor in ("database", "relay") and actors)
        if runs_it and held.point in points:
            found.setdefault(points[held.point], []).append(held.actor)
    return {line: " and ".join(names) for line, names in found.items()}


@cache
def _points(source: str) -> dict[Point, int]:
    return {
        point: number
        for number, line in enumerate(source.splitlines())
        for point in Point
        if f"Point.{point.name})" in line
    }


@cache
def _lines(html: Markup) -> tuple[Markup, ...]:
    # Pygments ends its spans at the end of each line.
    return tuple(Markup(line) for line in str(html).splitlines())  # noqa: S704
