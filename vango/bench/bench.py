"""The bench: one learner's whole set-up, wired together, in its own folder.

It owns every part and knows how they start and end together. Each part's behaviour is in that part's module; the
actions on it are in `vango.verbs`, `vango.faults` and `vango.bench.rule_changes`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from filelock import FileLock

from vango.actors.crash_points import Tempo
from vango.actors.errors import NotThere, Unavailable
from vango.actors.files import own_lock
from vango.actors.pace import Pace
from vango.actors.progress import Progress
from vango.bench import standing
from vango.bench.actors import Actors
from vango.bench.aside import Aside, Stood
from vango.bench.bench_connection import BenchConnection
from vango.bench.changes import Changes
from vango.bench.history import History
from vango.bench.looking import Looking
from vango.bench.performing import Performing
from vango.bench.rule_changes import RuleChanges
from vango.bench.settings import Settings, SettingsFile
from vango.bench.trials import Trials
from vango.broker.broker import Broker
from vango.broker.connection import Connection
from vango.broker.keeper import Keeper
from vango.core.judge import Row
from vango.core.names import ROUTES
from vango.core.snapshot import Snapshot
from vango.edge.edge import Edge
from vango.faults import total_loss
from vango.guests.guests import Guests
from vango.journal.journal import Journal
from vango.journal.recording import Recording
from vango.observe.model import RefusedRow, as_text
from vango.observe.observer import Observer, Parts
from vango.relay.relay import Relay
from vango.truth import seed, snapshots
from vango.truth.control_plane import ControlPlane
from vango.truth.store import Truth

FIRST_CONNECTION_S = 5.0
FIRST_CLAIMS_S = 0.5


class Bench:
    """One bench. Make one with `await Bench.open(folder, keeper)`; everything runs on the loop that opened it.

    `perform` issues a verb (`vango.bench.performing`); `observe`, `fresh`, `wait_until` and `settle` look at the bench
    (`vango.bench.looking`).
    """

    truth: Truth
    control: ControlPlane
    relay: Relay
    edges: dict[str, Edge[Row]]
    observer: Observer

    def __init__(self, folder: Path, keeper: Keeper, lock: FileLock) -> None:
        self.folder = folder
        self.changes = Changes()
        self.progress = Progress(self.changes.note)
        self.rule_changes = RuleChanges(self)
        self.link = BenchConnection(self)
        aside = Aside(folder, folder / "broker")
        returned = aside.recover()
        self._settings_file = SettingsFile(folder / "settings.json")
        self.settings = self._settings_file.load()
        self.refused_rows: tuple[RefusedRow, ...] = ()
        self.trials = Trials(self)
        self._lock = lock
        self.journal = Journal(
            folder / "journal.db", self.changes.note, of_a_new_bench=not (folder / "truth.db").exists()
        )
        self.history = History(self, aside)
        self.recording = Recording(self.journal, as_text)
        looks = self._looks = Looking(self, self.recording)
        self.observe, self.fresh = looks.observe, looks.fresh
        self.wait_until, self.settle = looks.wait_until, looks.settle
        performing = self._performing = Performing(self, self.history, self._save)
        self.perform, self.carry_out = performing.perform, performing.carry_out
        self.guests = Guests(self.journal, self.changes.note, lambda: self.relay.wake())
        self.pace = Pace(self.journal.write)
        self.broker = Broker(
            folder / "broker",
            keeper,
            name=folder.name,
            on_exit=partial(self.journal.write, "broker", "exit"),
            on_restart=partial(self.journal.write, "broker", "start"),
        )
        try:
            self.history.open(returned)
            self._build()
        except BaseException:
            self.journal.close()
            raise

    @classmethod
    async def open(cls, folder: Path, keeper: Keeper) -> Bench:
        """Open a bench, or make a new one.

        Raises `Unavailable` when another process has it, or no broker starts; `sqlite3.DatabaseError` when its truth
        is not a sound database, which is then left unchanged.
        """
        lock = own_lock(folder)
        try:
            bench = cls(folder, keeper, lock)
        except BaseException:
            lock.release()
            raise
        try:
            await bench.broker.start()
            await bench._begin()
            bench.history.check()
        except BaseException:
            await bench.close()
            raise
        return bench

    @property
    def is_under_way(self) -> bool:
        """Whether a verb or its event is on its way, as far as the actors know; false when not live."""
        return self.pace.is_live and (self._performing.is_under_way or self._actors.have_news)

    def edge(self, name: str) -> Edge[Row]:
        """Return an edge by name. Raises `NotThere`."""
        if name not in self.edges:
            raise NotThere(f"There is no edge {name}. The edges are {', '.join(self.edges)}.")
        return self.edges[name]

    def wire(self) -> Connection:
        """Return the bench's own connection. Raises `Unavailable` while the broker is down."""
        return self.link.wire()

    @property
    def looking(self) -> asyncio.Lock:
        """Held during each look. Code that replaces the truth holds it, so that no look sees half of it."""
        return self._looks.lock

    async def take_snapshot(self) -> tuple[str, Snapshot[Row]]:
        """Take a snapshot of truth and store it; returns its name with it."""
        return await snapshots.take(self.wire(), self.truth, ROUTES, snapshots.routes)

    async def reset(self) -> str:
        """Start again with a fresh truth, a fresh store, fresh views and the correct rules. The journal continues."""
        await self.history.reset()
        return f"The bench is new.{' Undo brings back what was before.' if self.history.undoes else ''}"

    async def afresh(self, wanted: Settings) -> None:
        """Begin with a fresh truth, a fresh store and fresh views, and with these settings."""
        await self.exchange(self.history.aside.clear, wanted=wanted, keeps=False)

    async def exchange(
        self,
        move: Callable[[], Stood],
        then: Callable[[], None] = lambda: None,
        *,
        wanted: Settings | None = None,
        keeps: bool = True,
    ) -> None:
        """Stop everything, move files, and start with the files that are then in place. `then` runs after the move.

        `move` runs in a thread and returns the record of the bench that it brings; `keeps` says that the store may
        come back. Raises what `move` raises, and `Unavailable` when no broker starts; the bench has then started.
        """
        self._save()
        stood: Stood = standing.read(self, {})
        failed: Exception | None = None
        await self._pause()
        self.guests.forget()
        # A store that is discarded need not be written by the server at its end.
        await (self.broker.stop() if keeps else self.broker.kill())
        # No look at the old truth may be half done when it is replaced.
        async with self._looks.lock:
            self.truth.close()
            try:
                stood = await asyncio.to_thread(move)
                then()
            except Exception as error:  # noqa: BLE001 (whatever it was: a bench that stays stopped is lost)
                failed = error
            self.settings = self._settings_file.load(wanted)
            self._build()
        try:
            await standing.give_back(self, stood)
        except Unavailable as error:
            failed = failed or error
        await self._begin()
        if failed is not None:
            raise failed

    async def close(self) -> None:
        """Stop every actor and the broker. Files stay, and the next opening finds everything again."""
        # The last callback runs first, and each runs even if the one before failed.
        async with contextlib.AsyncExitStack() as ends:
            ends.callback(self._lock.release)
            ends.callback(self.journal.close)
            ends.callback(self.recording.write_down)
            ends.callback(self.truth.close)
            ends.push_async_callback(self.broker.close)
            ends.callback(self.guests.forget)
            ends.push_async_callback(self._pause)
            ends.push_async_callback(self.changes.end)
            ends.push_async_callback(self._performing.end)

    # Building and starting.

    def _build(self) -> None:
        actors = self._actors = Actors(
            self.folder, self.settings, self.journal, connect=self.link.connect, wire=self.wire, pace=self.pace,
            progress=self.progress, on_rest=self.changes.rested.set,
        )  # fmt: skip
        self.truth, self.relay, self.control, self.edges = actors.truth, actors.relay, actors.control, actors.edges
        parts = Parts(
            self.truth, self.control, self.relay, self.edges, self.guests, self.broker, self.journal, self.pace,
            self.progress, self.wire, total_loss.Comparison(self).look, lambda: self.trials.last_storm,
            self.trials.missing, lambda: self.history.undoes,
        )  # fmt: skip
        self.observer = Observer(parts)

    async def _begin(self) -> None:
        self.changes.begin(lambda: self.observer.patience_s())
        if not self.truth.owners() and not total_loss.is_lost(self):
            self.journal.write("database", "commit", seed.write(self.truth))
        is_up = self.broker.state == "up"
        if not await self.link.begin(FIRST_CONNECTION_S if is_up else 0.0) and is_up:
            self.journal.write("broker", "exit", f"the broker does not answer: {self.broker.reason}")
        await self._actors.start(self.settings)
        await self._actors.come_up(self.changes, FIRST_CLAIMS_S)

    async def _pause(self) -> None:
        """Stop everything that runs in the background except the broker."""
        async with contextlib.AsyncExitStack() as ends:
            ends.push_async_callback(self._actors.stop)
            ends.callback(self.pace.change, Tempo.LIVE)
            ends.push_async_callback(self.link.end)
            ends.push_async_callback(self.changes.pause)

    def _save(self) -> None:
        self._actors.write_into(self.settings)
        if trouble := self._settings_file.save(self.settings):
            self.journal.write("database", "trouble", trouble)
