"""The layout of the tape: cells by stream seq, holes, and a consumer's cursors, as shares of its width.

Pure. Positions are percentages for SVG attributes, so that the picture fits any width without an inline style.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from markupsafe import Markup, escape

from vango.actors.told import fit
from vango.observe.model import CellSeen, ConsumerSeen, ProbeSeen, StreamSeen

FULL = 97
"""Per cent of the picture that a full tape takes: the newest label and the cursors stand beyond its last cell."""
FEWEST_SLOTS = 8
LONGEST_RUN = 3
EVERY_LABEL = 22
ROUTE_SHOWN = 5
WIDE_ENOUGH = 9.0
END = 3
OWN_SUBJECTS = "route."
BOX = 10
BOXES_A_LINE = 16
BOXES = 64
_BARS = {"right": (3, 10), "late": (8, 8), "wrong": (0, 16), "refused": (7, 3)}
_ABSENT = {
    "evicted": "no longer in the stream",
    "hole": "deleted or lost: the stream has no message there",
}


@dataclass(frozen=True, slots=True)
class Slot:
    """One place on the tape. `kind` is stored, unknown (in no history), foreign, hole, evicted or earlier."""

    seq: int
    last: int
    kind: str
    label: str
    route: str
    title: str
    newest: bool
    x: str
    middle: str
    width: str


@dataclass(frozen=True, slots=True)
class Tape:
    """The whole picture and the equivalent sentence. `ends` are the slots' beginnings and ends, in per cent of it."""

    slots: tuple[Slot, ...]
    ends: tuple[float, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Cursors:
    """One consumer's cursors on the tape: acknowledged up to `acked`, delivered up to `delivered`."""

    acked: str
    delivered: str
    between: str


def tape(stream: StreamSeen) -> Tape:
    """Lay out a stream's last messages. The lane of each edge needs them as well: a thread keeps its last layout."""
    of = stream.cells, stream.holes, stream.deleted, stream.messages, stream.first_seq, stream.last_seq, stream.name
    laid_out: tuple[tuple[object, ...], Tape] | None = getattr(_kept, "tape", None)
    if laid_out is None or not all(now is then for now, then in zip(of, laid_out[0], strict=True)):
        laid_out = _kept.tape = of, _tape(stream)
    return laid_out[1]


_kept = threading.local()


def _tape(stream: StreamSeen) -> Tape:
    runs = _runs(stream)
    wide = [END if kind == "earlier" else 1 for _, _, kind, _ in runs]
    share = 100 / FEWEST_SLOTS if sum(wide) <= FEWEST_SLOTS else FULL / sum(wide)
    every = 1 if len(runs) <= EVERY_LABEL else 5 if stream.last_seq < 1000 else 10
    absent = {**_ABSENT, "earlier": _earlier(stream)}
    ends = tuple(share * end for end in accumulate(wide, initial=0))
    slots = tuple(
        _slot(run, x, end - x, every, stream.last_seq, absent)
        for run, (x, end) in zip(runs, pairwise(ends), strict=True)
    )
    return Tape(slots, ends, _words(stream))


def cursors(drawn: Tape, consumer: ConsumerSeen) -> Cursors:
    """Place a consumer's cursors on a tape."""
    acked = _reach(consumer.ack_floor, drawn.slots, drawn.ends)
    delivered = max(acked, _reach(consumer.last_delivered, drawn.slots, drawn.ends))
    return Cursors(_percent(acked), _percent(delivered), _percent(delivered - acked))


def cells(slots: Sequence[Slot]) -> Markup:
    """Return the cells of a tape as SVG, and all labels after them: a wide label is not drawn over.

    Not in a template: each new message moves all cells, so they are redrawn with every change.
    """
    drawn, labels = [], []
    for slot in slots:
        look = f'class="cell is-{slot.kind}{" is-newest" if slot.newest else ""}"'
        drawn.append(
            f'<g id="cell-{slot.seq}" {look} data-mark="{slot.kind}"><title>{escape(fit(slot.title))}</title>'
            f'<rect x="{slot.x}" y="1" width="{slot.width}" height="36" rx="5"/></g>'
        )
        if slot.label:
            route = f'<tspan class="route" x="{slot.middle}" dy="15">{escape(slot.route)}</tspan>' if slot.route else ""
            at = f'x="{slot.middle}" y="{15 if route else 23}" text-anchor="middle"'
            labels.append(f"<g {look}><text {at}>{slot.label}{route}</text></g>")
    return Markup("\n".join(drawn + labels))  # noqa: S704 - the titles are escaped, the rest is words of this program


def outcomes(probes: Sequence[ProbeSeen]) -> tuple[str, ...]:
    """Return the words for the outcomes of requests, in their order."""
    return tuple(shown(probe) for probe in probes)


def strip(words: Sequence[str]) -> dict[str, str]:
    """Draw the outcomes of requests, oldest at the left, in a picture one wide for each: word to the path of all its
    bars.
    """
    bars: dict[str, list[str]] = {}
    for x, word in enumerate(words):
        y, height = _BARS.get(word, _BARS["right"])
        bars.setdefault(word, []).append(f"M{x} {y}h.86v{height}h-.86z")
    return {word: "".join(paths) for word, paths in bars.items()}


def shown(probe: ProbeSeen) -> str:
    """Return the word for the outcome of a request: right, wrong, refused, or late."""
    return "late" if probe.late else probe.outcome


@dataclass(frozen=True, slots=True)
class Depth:
    """The outbox as boxes, one for each waiting row, in lines; `height` in pixels holds them all."""

    height: int
    boxes: tuple[tuple[int, int], ...]


def depth(waiting: int) -> Depth:
    """Draw how deep the outbox is; rows beyond the picture's end are not drawn, the number beside it has them."""
    drawn = min(waiting, BOXES)
    boxes = tuple((BOX * (n % BOXES_A_LINE), BOX * (n // BOXES_A_LINE)) for n in range(drawn))
    return Depth(BOX * -(-drawn // BOXES_A_LINE), boxes)


_Run = tuple[int, int, str, CellSeen | None]


def _runs(stream: StreamSeen) -> list[_Run]:
    cells = {cell.seq: cell for cell in stream.cells}
    lowest = min(cells, default=stream.last_seq + 1)
    runs: list[_Run] = []
    if stream.first_seq > 1 or (not cells and stream.last_seq):
        runs.append((1, min(stream.first_seq, lowest) - 1, "evicted", None))
    if cells and lowest > stream.first_seq:
        # The tape has two ends: its first message is drawn separately, and everything up to the window as one.
        runs.append((stream.first_seq, stream.first_seq, "earlier", None))
        runs.append((stream.first_seq + 1, lowest - 1, "earlier", None))
    missing = sorted(seq for seq in stream.holes if seq >= lowest)
    stored: list[_Run] = [(seq, seq, _kind(cell), cell) for seq, cell in cells.items()]
    return [run for run in runs if run[1] >= run[0]] + sorted(stored + _holes(missing), key=lambda run: run[0])


def _kind(cell: CellSeen) -> str:
    if cell.known:
        return "stored"
    return "unknown" if cell.subject.startswith(OWN_SUBJECTS) else "foreign"


def _holes(missing: Sequence[int]) -> list[_Run]:
    """Draw each hole separately, a long run of them as one."""
    groups: list[list[int]] = []
    for seq in missing:
        if groups and seq == groups[-1][-1] + 1:
            groups[-1].append(seq)
        else:
            groups.append([seq])
    holes: list[_Run] = []
    for group in groups:
        if len(group) > LONGEST_RUN:
            holes.append((group[0], group[-1], "hole", None))
        else:
            holes.extend((seq, seq, "hole", None) for seq in group)
    return holes


def _earlier(stream: StreamSeen) -> str:
    """Return what lies before the window: how much of it is stored, how many holes it has."""
    deleted = stream.deleted - sum(seq >= stream.first_seq for seq in stream.holes)
    return f"before what is drawn: {stream.messages - len(stream.cells)} stored, {max(deleted, 0)} deleted or lost"


def _slot(run: _Run, x: float, share: float, every: int, newest: int, absent: Mapping[str, str]) -> Slot:
    first, last, kind, cell = run
    if first != last:
        label = "…" if kind == "earlier" else "×"
    elif kind == "earlier":
        label = str(first)
    else:
        label = str(first) if first == newest or _is_labelled(first, every, newest) else ""
    route = fit(cell.route)[:ROUTE_SHOWN] if cell is not None and every == 1 and share > WIDE_ENOUGH else ""
    title = _title(first, last, cell, absent.get(kind, ""))
    left, middle, width = (_percent(at) for at in (x + share * 0.05, x + share / 2, share * 0.9))
    return Slot(first, last, kind, label, route, title, cell is not None and first == newest, left, middle, width)


def _is_labelled(seq: int, every: int, newest: int) -> bool:
    """Number every n-th cell, but none so close to the newest that the two overlap."""
    return every == 1 or (seq % every == 0 and newest - seq >= every / 2)


def _title(first: int, last: int, cell: CellSeen | None, absent: str) -> str:
    which = f"stream seq {first}" if first == last else f"stream seqs {first} to {last}"
    if cell is None:
        return f"{which}: {absent}"
    what = f"{cell.route} → {cell.owner}, epoch {cell.epoch}, event {cell.sequence}" if cell.route else cell.subject
    return f"{which}: {what}" + ("; the database's history has no such event" if _kind(cell) == "unknown" else "")


def _reach(seq: int, slots: Sequence[Slot], ends: Sequence[float]) -> float:
    """Return a cursor's position on the tape: after every slot that it has passed, within a slot of many."""
    passed = sum(1 for slot in slots if slot.last <= seq)
    if passed == len(slots) or seq < slots[passed].seq:
        return ends[passed]
    within = slots[passed]
    return ends[passed] + (ends[passed + 1] - ends[passed]) * (seq - within.seq + 1) / (within.last - within.seq + 1)


def _words(stream: StreamSeen) -> str:
    range_ = f"stream seq {stream.first_seq} to {stream.last_seq}" if stream.messages else "empty"
    drawn = f", drawn from {stream.cells[0].seq}" if stream.cells and stream.cells[0].seq > stream.first_seq else ""
    holes = f"; {stream.deleted} missing between them" if stream.deleted else ""
    return f"Tape of {stream.name}: {range_}{drawn}{holes}."


def _percent(value: float) -> str:
    return f"{value:.2f}%"
