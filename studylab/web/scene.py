"""What the scene draws of an edge: its lane beside the tape, and its routes as tiles in the truth's order. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from studylab.lab.seen import GuideSeen
from studylab.web import drawing
from studylab.web.edge_words import Line, view_lines
from studylab.web.looks import Look
from vango.observe.model import ConsumerSeen, EdgeSeen, GuestSeen, Observation, TruthSeen
from vango.verbs.registry import REGISTRY

TILES = 6
ALWAYS = ("pace", "go_on", "run_on", "undo", "reset", "stop")
INSPECTOR_TABS = (("now", "Now"), ("rules", "Rules"), ("code", "Code"), ("nats", "NATS"), ("trials", "Trials"))
"""The tabs of the inspector. The last is for the sandbox and for the lab of storms."""


@dataclass(frozen=True, slots=True)
class Lane:
    """An edge's lane: what its consumer has delivered and has seen acknowledged, on the scale of the tape.

    `consumed` is False where the server has no consumer for this edge. `title` is the same in the server's words.
    """

    consumed: bool
    words: str
    title: str
    cursors: drawing.Cursors


_NONE = drawing.Cursors("0%", "0%", "0%")


def lane_of(edge: EdgeSeen, seen: Observation) -> Lane:
    """Return an edge's lane."""
    routes = seen.routes
    consumer = _consumer(edge.name, seen.consumers)
    if routes is None or consumer is None:
        return Lane(False, "no consumer", f"The server has no consumer for {edge.name}: it remembers no cursor.", _NONE)
    outstanding = consumer.num_ack_pending
    words = f"acked {consumer.ack_floor}"
    if outstanding:
        words += f" · {outstanding} outstanding"
    if edge.stream_seq < consumer.ack_floor and edge.sequence < seen.truth.sequence:
        words += f", applied {edge.stream_seq}"
    title = (
        f"{consumer.name}: Last Delivered stream seq {consumer.last_delivered}, "
        f"Acknowledgment Floor stream seq {consumer.ack_floor}, Outstanding Acks {outstanding}"
    )
    if consumer.num_redelivered:
        title += f", Redelivered Messages {consumer.num_redelivered}"
    return Lane(True, words, title, drawing.cursors(drawing.tape(routes), consumer))


def consumer_of(edge: EdgeSeen, seen: Observation) -> ConsumerSeen | None:
    """Return the consumer that an edge reads with, None when the server has none."""
    return _consumer(edge.name, seen.consumers)


def _consumer(name: str, consumers: Sequence[ConsumerSeen]) -> ConsumerSeen | None:
    """An edge's durable consumer has its name, an ephemeral one its name and a random end."""
    mine = (c for c in consumers if c.stream == "ROUTES" and (c.name == name or c.name.startswith(f"{name}-")))
    return next(mine, None)


@dataclass(frozen=True, slots=True)
class Tiles:
    """The rows of a view that are drawn on the stage, in the truth's order, and how many are left to the inspector."""

    lines: tuple[Line, ...]
    more: int


def tiles_of(edge: EdgeSeen | GuestSeen, truth: TruthSeen) -> Tiles:
    """Return the tiles of a view: those that differ from the truth are always among them."""
    lines = tuple(view_lines(edge, truth))
    if len(lines) <= TILES:
        return Tiles(lines, 0)
    room = TILES - 1
    chosen = sorted(sorted(range(len(lines)), key=lambda at: not lines[at].tone)[:room])
    return Tiles(tuple(lines[at] for at in chosen), len(lines) - room)


def others_stored(seen: Observation) -> str:
    """Return in words what other streams hold, empty when nothing."""
    filled = (stream for stream in seen.streams if stream.name != "ROUTES" and stream.messages)
    return ", ".join(f"{stream.name} {stream.messages}" for stream in filled)


def free_here(locked: Mapping[str, str]) -> tuple[str, ...]:
    """Return the verbs that a step leaves free, apart from those that always are."""
    return tuple(verb for verb in REGISTRY if verb not in locked and verb not in ALWAYS)


def used_here(locked: Mapping[str, str], places: Collection[str]) -> str:
    """Return in a sentence which acts a step of a lab uses at these places, or why none; empty where all are free."""
    if not locked:
        return ""
    free = free_here(locked)
    here = ", ".join(verb.replace("_", " ") for verb in free if _place(verb) in places)
    if here:
        return f"In this step: {here}."
    return "This step uses other places." if free else next(iter(locked.values()))


def _place(verb: str) -> str:
    """Return where the control of a verb is. A snapshot is loaded at an edge."""
    return "edge" if verb == "load_snapshot" else REGISTRY[verb].place


def is_offered(guide: GuideSeen, verb: str) -> bool:
    """Return whether an open move of the guide has a button for this verb."""
    moves = guide.current.moves if guide.current else ()
    return any(button.verb == verb and not button.done for move in moves for button in move.buttons)


def truth_look(seen: Observation) -> Look:
    """Return the tone of the truth's part: wrong only when it cannot be read or was destroyed."""
    return Look("", "truth", "is-lie" if seen.truth.trouble or seen.truth.loss else "")


def stream_look(seen: Observation) -> Look:
    """Return the tone of the stream's part."""
    return Look("", "stream", "" if seen.routes and seen.routes.available else "is-lie")
