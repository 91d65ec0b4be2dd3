"""What the journal's panel shows of moments: their lanes, the pauses between them, and each one's details.

It draws moments in the order in which they come, and leaves none out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from studylab.web import evidence
from studylab.web.fields import plain
from vango.journal.moment import Moment

LANES = ("learner", "database", "relay", "stream", "fra", "iad", "syd", "broker")
GUESTS = "guests"
PAUSE_S = 2.0


def details(moment: Moment) -> list[tuple[str, str, bool]]:
    """Return a moment's details as name, text and whether the text is a block."""
    found = []
    for name, value in moment.detail.items():
        if name in evidence.SHOWN_ELSEWHERE or value is None or value == "" or value == {}:
            continue
        if isinstance(value, dict):
            text = "\n".join(f"{key}: {plain(item)}" for key, item in value.items())
        elif isinstance(value, list | tuple):
            text = "\n".join(plain(item) for item in value)
        else:
            text = plain(value)
        found.append((name.replace("_", " "), text, "\n" in text or len(text) > 60))
    return found


def pauses(moments: Sequence[Moment]) -> Iterator[tuple[Moment, str]]:
    """Yield each moment with the idle time before it in words, empty when it was short."""
    before: float | None = None
    for moment in moments:
        idle = 0.0 if before is None else moment.at - before
        yield moment, f"{idle:.0f} s later" if 0 < PAUSE_S <= idle < 120 else _long(idle)
        before = moment.at


def lane(actor: str) -> str:
    """Return the lane of an actor's moments; external edges share one."""
    return actor if actor in LANES else GUESTS


def lanes(moments: Sequence[Moment]) -> tuple[str, ...]:
    """Return the lanes to draw: that of the guests only when one of them did something."""
    has_guests = any(lane(moment.actor) == GUESTS for moment in moments)
    return (*LANES[:-1], GUESTS, LANES[-1]) if has_guests else LANES


def _long(idle: float) -> str:
    return f"{idle / 60:.0f} min later" if idle >= 120 else ""
