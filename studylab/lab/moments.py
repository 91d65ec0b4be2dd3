"""What happened since a step began, asked for by actor and kind, and read once however often it is asked for.

A ledger takes in moments of some kinds in their order and holds what is asked about them. It is made when it is first
asked for, from what the journal still has; after that each look hands it only what is new. So a look costs what its
questions cost, at the thousandth moment of a step as at the first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import Protocol, TypeVar, cast

from vango.journal.moment import Moment

Kind = tuple[str, str]
"""The actor and the kind of a moment."""


class Ledger(Protocol):
    """What is held of moments of some kinds. Each says by what its memory is bounded."""

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""


class Source(Protocol):
    """Where moments are read from: a journal, or a list."""

    @property
    def last(self) -> int:
        """The number of the last moment."""

    def of(self, kinds: Collection[Kind], after: int, up_to: int) -> Iterable[Moment]:
        """Return the moments of some kinds above one number and up to another, oldest first."""

    def since(self, n: int, limit: int) -> Sequence[Moment]:
        """Return the moments above a number, oldest first, at most `limit`."""


_L = TypeVar("_L", bound=Ledger)


class Moments:
    """The moments of one step. It stands still between two calls of `read_up`, so that all checks see the same."""

    def __init__(self, source: Source, began_at: int) -> None:
        self.began_at = began_at
        self._source = source
        self._read = began_at
        self._ledgers: dict[tuple[Hashable, ...], Ledger] = {}
        self._takers: dict[Kind, list[Ledger]] = {}
        self._first: Sequence[Moment] = ()

    @property
    def first_at(self) -> float:
        """The Unix time of the first moment, in seconds; 0 when nothing has happened yet."""
        if not self._first and self._read > self.began_at:
            self._first = self._source.since(self.began_at, 1)
        return self._first[0].at if self._first else 0.0

    @property
    def is_asked(self) -> bool:
        """Whether anything has been asked for."""
        return bool(self._ledgers)

    def read_up(self, at_most: int | None = None) -> bool:
        """Hand on what is new, at most this many moments of the journal. Returns whether that was all."""
        last = self._source.last
        if self._takers and at_most is not None:
            last = min(last, self._read + at_most)
        if last > self._read:
            for moment in self._source.of(self._takers, self._read, last):
                for ledger in self._takers[moment.actor, moment.kind]:
                    self._hand(ledger, moment)
            self._read = last
        return self._read == self._source.last

    def ask(self, make: Callable[..., _L], kinds: Sequence[Kind], *about: Hashable) -> _L:
        """Return the ledger that `make` makes from `about`, with every moment of these kinds taken in.

        What a ledger raises over a moment is raised here; it is made again at the next question.
        """
        key = (make, *kinds, *about)
        if key not in self._ledgers:
            ledger = make(*about)
            for moment in self._source.of(kinds, self.began_at, self._read):
                ledger.add(moment)
            self._ledgers[key] = ledger
            for kind in kinds:
                self._takers.setdefault(kind, []).append(ledger)
        return cast(_L, self._ledgers[key])

    def _hand(self, ledger: Ledger, moment: Moment) -> None:
        try:
            ledger.add(moment)
        except Exception:  # noqa: BLE001 - the next question makes it again, and raises
            self._ledgers = {key: held for key, held in self._ledgers.items() if held is not ledger}
            self._takers = {kind: [held for held in all_ if held is not ledger] for kind, all_ in self._takers.items()}


class Listed:
    """Moments that are at hand, as a source."""

    def __init__(self, moments: Iterable[Moment]) -> None:
        self._moments = tuple(moments)
        self.last = max((moment.n for moment in self._moments), default=0)

    def of(self, kinds: Collection[Kind], after: int, up_to: int) -> Iterable[Moment]:
        """Return the moments of some kinds above one number and up to another, oldest first."""
        return (m for m in self._moments if after < m.n <= up_to and (m.actor, m.kind) in kinds)

    def since(self, n: int, limit: int) -> Sequence[Moment]:
        """Return the moments above a number, oldest first, at most `limit`."""
        return [moment for moment in self._moments if moment.n > n][:limit]


def listed(moments: Iterable[Moment] = (), *, began_at: int = 0) -> Moments:
    """Return moments that are at hand, read up."""
    source = Listed(moments)
    found = Moments(source, began_at)
    found.read_up()
    return found
