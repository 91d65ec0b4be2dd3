"""Gestures: several verbs that are one action of a person, and the files of others that go with a bench's state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from vango.actors.errors import Refused
from vango.bench import standing
from vango.bench.aside import Stood
from vango.bench.whole import Whole


class Gesture:
    """The gesture that is under way on a bench. `cause` names it, and is empty without one.

    `has_reset`: it has reset the bench, or begun on a new one. Undo restores what the first reset of a gesture found.
    """

    def __init__(self, bench: Whole) -> None:
        self.cause = ""
        self.has_reset = False
        self._bench = bench
        self._folders: set[str] = set()
        self._on_return: list[Callable[[], None]] = []
        self._beside_then: Mapping[str, str] = {}

    @contextmanager
    def begin(self, cause: str) -> Iterator[None]:
        """All that is done within is one gesture. Raises `Refused` in another."""
        self.refuse_within()
        self.cause, self._beside_then, self.has_reset = cause, self._read_beside(), False
        try:
            yield
        finally:
            self.cause, self._beside_then = "", {}

    def refuse_within(self) -> None:
        """Raise `Refused` while one is under way."""
        if self.cause:
            raise Refused(f"“{self.cause}” is still running, verb by verb. Wait for its end, then try again.")

    def keep_beside(self, folder: str, on_return: Callable[[], None]) -> None:
        """Keep the JSON files of a folder with each life. `on_return` is called when they were restored."""
        self._folders.add(folder)
        self._on_return.append(on_return)

    def read(self) -> Stood:
        """Return the state of the bench besides its files; of the files beside it as they were before the gesture."""
        return standing.read(self._bench, self._beside_then if self.cause else self._read_beside())

    def give_back(self, stood: Stood) -> None:
        """Restore the files beside a bench. Raises `OSError`."""
        standing.give_back_beside(self._bench, stood, self._folders)

    def tell_return(self) -> None:
        """Tell those whose files they are."""
        for tell in self._on_return:
            tell()

    def _read_beside(self) -> Mapping[str, str]:
        return standing.read_beside(self._bench, self._folders)
