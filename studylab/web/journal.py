"""What the journal's panel shows of moments: their lanes, the pauses between them, and each one's details.

It draws moments in the order in which they come, and leaves none out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from markupsafe import Markup, escape

from studylab.web import evidence
from studylab.web.fields import plain
from studylab.web.looks import moment_tone
from studylab.web.pieces import KEPT
from studylab.web.quantities import clock
from vango.actors.told import fit
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


def moment_rows(moments: Sequence[Moment], skipped: Markup, *, forks: bool) -> Markup:
    """Return moments as the rows of a list, with the idle time between them.

    `skipped` is the attribute of what a morph skips: a past moment never changes. `forks`: the bench can be forked from
    one. Not in a template: a verb brings a dozen, and each is drawn once.
    """
    drawn = [_row(moment, idle, skipped, forks) for moment, idle in pauses(moments)]
    return Markup("\n".join(drawn))  # noqa: S704 - each row is escaped


@lru_cache(maxsize=KEPT)
def _row(moment: Moment, idle: str, skipped: Markup, forks: bool) -> str:
    n, tone = moment.n, moment_tone(moment)
    before = f'<li class="idle" id="idle-{n}" {skipped}><span>{escape(idle)}</span></li>\n' if idle else ""
    return (
        f'{before}<li class="lane-{lane(moment.actor)} {tone}" id="moment-{n}" {skipped}>'
        f'<details><summary title="{clock(moment.at)}, {escape(fit(moment.kind))}">'
        f'<span class="who">{escape(fit(moment.actor))}</span> <span class="what">{escape(fit(moment.text))}</span>'
        f'</summary><div data-fetched="/bench/moments/{n}{"?forks=yes" if forks else ""}"></div></details></li>'
    )


def lane(actor: str) -> str:
    """Return the lane of an actor's moments; external edges share one."""
    return actor if actor in LANES else GUESTS


def lanes(used: Iterable[str]) -> tuple[str, ...]:
    """Return the lanes to draw where these are used: that of the guests only when one of them did something."""
    return (*LANES[:-1], GUESTS, LANES[-1]) if GUESTS in used else LANES


def _long(idle: float) -> str:
    return f"{idle / 60:.0f} min later" if idle >= 120 else ""
