"""What is kept of moments so that no question reads all of them again: the ledgers of `reading` and of the labs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vango.actors.crash_points import Point
from vango.core.modes import Mode
from vango.journal.facts import FACTS, Advised, Commit, Crash, Got, ModeChange, Publish
from vango.journal.kinds import Advisory
from vango.journal.moment import Moment

OF_ROUTES = "route."
"""How the subjects of the route feed begin."""
HELD = 500
"""How many moments of one kind are held at least; up to twice as many before the oldest go."""
HELD_NUMBERS = 10_000
"""How many numbers or ids are held at least; up to twice as many before the oldest go. 16 moments of each."""
HELD_EACH = 16


def shorten(held: list[Any], least: int) -> int:
    """Drop the oldest once there are twice as many as wanted. Returns how many went."""
    if len(held) <= 2 * least:
        return 0
    went = len(held) - least
    del held[:went]
    return went


def shorten_names(held: dict[Any, Any]) -> None:
    """Drop those that came first once there are twice as many as `HELD_NUMBERS`."""
    if len(held) > 2 * HELD_NUMBERS:
        for name in list(held)[:HELD_NUMBERS]:
            del held[name]


class Latest:
    """The latest moments: `HELD`, up to twice as many."""

    def __init__(self) -> None:
        self.held: list[Moment] = []

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        self.held.append(moment)
        shorten(self.held, HELD)


class Advisories(Latest):
    """The latest advisories of one kind, as `Latest` holds them."""

    def __init__(self, kind: Advisory) -> None:
        super().__init__()
        self._kind = kind

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        if moment.read(Advised).advisory is self._kind:
            super().add(moment)


class ByName:
    """Moments by what one field of their detail names: a number, an id, or several of either.

    It holds the names that were named last: `HELD_NUMBERS` or up to twice as many. Of each it holds the first eight
    moments and the last eight.
    """

    def __init__(self, named: str) -> None:
        self._field = named
        self.held: dict[Any, list[Moment]] = {}

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        for name in _names(getattr(moment.read(FACTS[moment.kind]), self._field)):
            about = self.held.pop(name, [])
            about.append(moment)
            if len(about) > HELD_EACH:
                del about[HELD_EACH // 2]
            self.held[name] = about
        shorten_names(self.held)


def _names(value: Any) -> Iterable[Any]:
    if isinstance(value, tuple | Mapping):
        return value
    return (value,) if value else ()


class Commits:
    """Moment and event id of the latest route commits, up to twice `HELD_NUMBERS`; `gone` counts the rest."""

    def __init__(self) -> None:
        self.held: list[tuple[int, str]] = []
        self.gone = 0

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        if is_change(moment):
            self.held.append((moment.n, moment.read(Commit).event_id))
            self.gone += shorten(self.held, HELD_NUMBERS)

    def up_to(self, n: int) -> int:
        """Return how many there were up to a moment; 0 when none that is held is as old."""
        at = bisect_right(self.held, n, key=lambda made: made[0])
        return self.gone + at if at else 0


def is_change(moment: Moment) -> bool:
    """Return whether a moment is the commit of a change of owner."""
    return moment.kind == "commit" and moment.read(Commit).subject.startswith(OF_ROUTES)


class Handed:
    """What an edge was handed, added up: how many messages, how many of other domains, and the bytes of all.

    One sum a moment, `HELD_NUMBERS` up to twice as many: when there are more, every other of the older ones goes.
    """

    def __init__(self) -> None:
        self._ns = [0]
        self._sums = [(0, 0, 0)]

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        got, (count, foreign, size) = moment.read(Got), self._sums[-1]
        passed_over = got.count if moment.kind == "noise" else got.foreign
        self._ns.append(moment.n)
        self._sums.append((count + got.count, foreign + passed_over, size + got.bytes))
        if len(self._ns) > 2 * HELD_NUMBERS:
            del self._ns[1:HELD_NUMBERS:2], self._sums[1:HELD_NUMBERS:2]

    def after(self, n: int) -> tuple[int, int, int]:
        """Return what was handed after a moment."""
        before = self._sums[bisect_right(self._ns, n) - 1]
        count, foreign, size = (now - was for now, was in zip(self._sums[-1], before, strict=True))
        return count, foreign, size


@dataclass(slots=True)
class Sleep:
    """A time in which an edge was down: its last and first moment by number (None: it still is), and what it missed.

    `missed` counts the route commits in between. The rest is what happened from its start to the next commit: how many
    messages it was `handed`, the first and the last stream seq of those that it took up and how many they were, the
    headers that came with them, and the moments in which it failed closed, the first 16.
    """

    began: int
    ended: int | None = None
    missed: int = 0
    handed: int = 0
    first_seq: int = 0
    last_seq: int = 0
    seqs: int = 0
    headers: set[str] = field(default_factory=set)
    closed: list[Moment] = field(default_factory=list)

    def take(self, moment: Moment) -> None:
        """Add what happened on its return."""
        if moment.kind in ("got", "noise"):
            got = moment.read(Got)
            self.handed += got.count
            self._take_up(got)
        if moment.kind == "mode" and is_closure(moment) and len(self.closed) < HELD_EACH:
            self.closed.append(moment)

    def _take_up(self, got: Got) -> None:
        if seqs := got.stream_seqs:
            self.first_seq, self.last_seq = self.first_seq or seqs[0], seqs[-1]
            self.seqs += len(seqs)
            self.headers.update(got.headers)


def is_closure(moment: Moment) -> bool:
    """Return whether an edge failed closed in a moment of its mode."""
    return moment.read(ModeChange).after is Mode.FAILED_CLOSED


class Sleeps:
    """The times in which an edge was down, oldest first: the latest `HELD`, up to twice as many."""

    KINDS = ("kill", "crash", "start", "got", "noise", "mode")

    def __init__(self) -> None:
        self._ended: list[Sleep] = []
        self._now: Sleep | None = None
        self._back: list[Sleep] = []

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        if moment.kind in ("kill", "crash"):
            self._now = Sleep(moment.n)
        elif moment.kind == "start":
            self._wake(moment.n)
        elif is_change(moment):
            self._back.clear()
            if self._now is not None:
                self._now.missed += 1
        else:
            for sleep in self._back:
                sleep.take(moment)

    def _wake(self, n: int) -> None:
        if self._now is not None:
            self._now.ended = n
            self._ended.append(self._now)
            self._back.append(self._now)
            shorten(self._ended, HELD)
            shorten(self._back, HELD_EACH)
        self._now = None

    def all(self) -> list[Sleep]:
        """Return them, the one that lasts among them."""
        return self._ended if self._now is None else [*self._ended, self._now]


class InHand:
    """What an actor had in hand when it last crashed at each point: the last moment of another kind before that.

    Of publishes only those of the route feed.
    """

    def __init__(self) -> None:
        self._last: Moment | None = None
        self.held: dict[Point | None, tuple[Moment, Moment | None]] = {}

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        if moment.kind == "crash":
            self.held[moment.read(Crash).point] = (moment, self._last)
        elif moment.kind != "publish" or moment.read(Publish).subject.startswith(OF_ROUTES):
            self._last = moment
