"""A bench for each test: a real broker, a real database, real edges, in a folder that goes with the test."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Coroutine, Generator, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.facts.conftest import Server
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper

DEADLINE_S = 30.0  # far more than anything takes: a slow machine must not fail a right program
T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]


class Hands:
    """A bench that a synchronous test can use: every call runs on the test's loop until it is done."""

    def __init__(self, run: Run[Any], bench: Bench) -> None:
        self._run, self.bench = run, bench

    def do(self, verb: str, **arguments: Any) -> str:
        """Carry out a verb."""
        return str(self._run(self.bench.perform(verb, arguments)))

    def settle(self) -> Any:
        """Wait until nothing is under way."""
        return self._run(self.bench.settle())

    def until(self, is_so: Callable[[Any], bool]) -> Any:
        """Wait until an observation is so."""
        return self._run(self.bench.wait_until(is_so, timeout_s=DEADLINE_S))

    def told(self, actor: str, kind: str) -> list[str]:
        """Return the texts of the journal's moments of one actor and kind."""
        return [m.text for m in self.bench.journal.since(0, 10_000) if (m.actor, m.kind) == (actor, kind)]


@pytest.fixture
def keeper(run: Run[Any]) -> Iterator[Keeper]:
    """The process that owns the test's brokers."""
    keeper = run(Keeper.start())
    yield keeper
    run(keeper.close())


@pytest.fixture
def hands(run: Run[Any], keeper: Keeper, tmp_path: Path) -> Iterator[Hands]:
    """A settled bench."""
    yield from settled(run, keeper, tmp_path / "bench")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The address of a plain server, without users and without a bench."""
    server = Server(tmp_path / "nats").start()
    yield f"nats://{server.address}"
    server.stop()


def settled(run: Run[Any], keeper: Keeper, folder: Path) -> Generator[Hands, None, None]:
    """Yield a settled bench in a folder, and close it afterwards."""
    bench = run(Bench.open(folder, keeper))
    hands = Hands(run, bench)
    try:
        hands.settle()
        yield hands
    finally:
        run(bench.close())


def stop_from_outside(pid: int) -> None:
    """Stop a process with SIGSTOP, and return when it stands still: its threads go on for a moment after the signal."""
    os.kill(pid, signal.SIGSTOP)
    state = Path(f"/proc/{pid}/stat")
    while state.exists() and state.read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0)
