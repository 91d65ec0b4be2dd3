"""The lanes of “What happened”: each moment as a box on its actor's lane, from left to right in order. Pure.

A box starts after the one before it and does not cover another on its lane. So the order is always right and idle time
takes no room. Positions are in pixels, as SVG attributes: the content security policy allows no inline style.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup, escape

from studylab.web.journal import lane, lanes, pauses
from studylab.web.looks import moment_tone
from studylab.web.pieces import KEPT
from vango.actors.told import fit
from vango.core.modes import Mode
from vango.journal.facts import Applied, Asked, Commit, EdgeAck, Got, Judged, Mark, ModeChange, Publish
from vango.journal.moment import Moment
from vango.relay.envelope import CHAINED_FEED

LANE_PX = 19
STEP_PX = 14
SPACE_PX = 5
CHAR_PX = 6.6
PAD_PX = 12
PAUSE_PX = 26
LABEL_CHARS = 18
_CLAIMS = {
    Mode.CURRENT: "current", Mode.CATCHING_UP: "catching up", Mode.FAILED_CLOSED: "failed closed",
    Mode.REBUILDING: "rebuilding", Mode.LOADING: "loading", Mode.DOWN: "down",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picture:
    """The lanes that are drawn, the size of the picture in pixels, and its boxes as SVG."""

    names: tuple[str, ...]
    width: int
    height: int
    boxes: Markup


@dataclass(frozen=True, slots=True)
class _Box:
    """A box without its place: its link as SVG up to there, its escaped label, and its width in pixels."""

    link: str
    label: str
    width: float

    def at(self, x: float, y: int) -> str:
        """Return it as SVG, in its place."""
        return (
            f'{self.link}<rect x="{x:.0f}" y="{y}" width="{self.width:.0f}" height="{LANE_PX - 4}" rx="4"/>'
            f'<text x="{x + self.width / 2:.0f}" y="{y + 11}" text-anchor="middle">{self.label}</text></a>'
        )


@dataclass(frozen=True, slots=True)
class _Told:
    """What a moment brings to the lanes wherever it stands. `confirms` and `proves` are stream seqs of ROUTES."""

    lane: str
    box: _Box
    confirms: frozenset[int]
    proves: frozenset[int]


def picture(moments: Sequence[Moment]) -> Picture:
    """Lay moments out on their lanes."""
    told = [_told(moment) for moment in moments]
    names = lanes(moment.lane for moment in told)
    top = {name: LANE_PX * row + 2 for row, name in enumerate(names)}
    free = dict.fromkeys(names, 0.0)
    drawn: list[str] = []
    at = 0.0
    # What a PubAck among the moments confirms, and no more: the server tells nobody when it stores.
    unproved = {seq for moment in told for seq in moment.confirms}
    for (moment, idle), it in zip(pauses(moments), told, strict=True):
        if idle:
            at = max(free.values()) + PAUSE_PX
            drawn.append(_pause(at - PAUSE_PX / 2, idle, len(names)))
        at = max(at, free[it.lane])
        drawn.append(it.box.at(at, top[it.lane]))
        free[it.lane] = at + it.box.width + SPACE_PX
        if stored := unproved & it.proves:
            unproved -= stored
            box = _stored_box(moment, stored)
            x = max(at, free["stream"])
            drawn.append(box.at(x, top["stream"]))
            free["stream"] = x + box.width + SPACE_PX
        at += STEP_PX
    boxes = Markup("\n".join(drawn))  # noqa: S704 - labels and titles are escaped, the rest is numbers
    return Picture(names, int(max(free.values(), default=0.0)) + 1, LANE_PX * len(names), boxes)


@lru_cache(maxsize=KEPT)
def _told(moment: Moment) -> _Told:
    """Word a moment, once: its box moves with every new moment, and says the same."""
    confirms = frozenset(_confirmed(moment))
    proves = frozenset(moment.read(Got).stream_seqs) if moment.kind == "got" else confirms
    return _Told(lane(moment.actor), _box(moment), confirms, proves)


def _confirmed(moment: Moment) -> tuple[int, ...]:
    """Return the stream seqs of ROUTES that PubAcks of a moment name as new."""
    if moment.kind == "mark" and moment.detail.get("feed") == CHAINED_FEED:
        return tuple(moment.read(Mark).stored.values())
    ack = moment.read(Publish).ack if moment.kind == "publish" and moment.actor == "database" else None
    return (ack.seq,) if ack and ack.seq and not ack.duplicate else ()


def label_of(moment: Moment) -> str:
    """Return what a moment's box says: its kind, and the numbers that it is about."""
    make = _LABELS.get(moment.kind)
    return fit(make(moment) if make else moment.kind)[:LABEL_CHARS]


def _numbers(word: str, numbers: Sequence[int]) -> str:
    if not numbers:
        return word
    return f"{word} {numbers[0]}" if len(numbers) == 1 else f"{word} {min(numbers)}–{max(numbers)}"


def _mode(moment: Moment) -> str:
    after = moment.read(ModeChange).after
    return _CLAIMS[after] if after else "mode"


def _verb(moment: Moment) -> str:
    asked = moment.read(Asked)
    return asked.verb.replace("_", " ") or moment.kind


def _publish(moment: Moment) -> str:
    """The database's own publish is told when its PubAck has come: what was sent stands before it."""
    told = moment.read(Publish)
    if moment.actor == "database" and moment.kind == "publish":
        return "PubAck"
    return f"publish {told.count}" if told.count > 1 else f"publish {told.subject.rpartition('.')[2]}"


_LABELS: Mapping[str, Callable[[Moment], str]] = {
    "commit": lambda moment: f"commit {moment.read(Commit).sequence or ''}".strip(),
    "send": _publish,
    "publish": _publish,
    "mark": lambda moment: f"mark {moment.read(Mark).count}",
    "got": lambda moment: _numbers("got", moment.read(Got).stream_seqs),
    "apply": lambda moment: _numbers("apply", moment.read(Applied).sequences),
    "ack": lambda moment: _numbers("ack", moment.read(EdgeAck).stream_seqs),
    "verdict": lambda moment: str(getattr(moment.read(Judged).verdict, "value", "verdict")),
    "mode": _mode,
    "verb": _verb,
    "refused": lambda moment: f"{_verb(moment)} refused" if moment.read(Asked).verb else "refused",
}


def _box(moment: Moment) -> _Box:
    label = label_of(moment)
    link = (
        f'<a class="box {moment_tone(moment)}" id="box-{moment.n}" href="#moment-{moment.n}" tabindex="-1"'
        f' data-kind="{escape(moment.kind)}" data-actor="{escape(moment.actor)}" data-count="{_count(moment)}">'
        f"<title>{escape(fit(f'{moment.n}. {moment.actor}: {moment.text}'))}</title>"
    )
    return _Box(link, str(escape(label)), _width(label))


def _stored_box(moment: Moment, seqs: Collection[int]) -> _Box:
    """Return a box that belongs to the first moment that proves it, and that nothing travels to."""
    label = _numbers("stored", sorted(seqs))
    link = (
        f'<a class="box is-stream" href="#moment-{moment.n}" tabindex="-1">'
        f"<title>{escape(label)}: the first proof is moment {moment.n}, of {escape(fit(moment.actor))}</title>"
    )
    return _Box(link, label, _width(label))


def _width(label: str) -> float:
    return CHAR_PX * len(label) + PAD_PX


def _count(moment: Moment) -> int:
    """Return how many events a moment is about: that many travel as one dot."""
    told = moment.detail.get("count", 1)
    return told if isinstance(told, int) else 1


def _pause(x: float, idle: str, rows: int) -> str:
    return (
        f'<g class="pause"><title>{escape(idle)}</title>'
        f'<line x1="{x:.0f}" x2="{x:.0f}" y1="0" y2="{LANE_PX * rows}"/></g>'
    )
