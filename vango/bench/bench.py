"""The bench: one learner's whole set-up, wired together, in a folder of its own.

It owns every part, carries out verbs one after another, and takes the observations. What each part does stands in
that part's module; what can be done to it, in `verbs`, `faults` and `rulebook`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from vango.actors import tasks
from vango.actors.crash_points import Tempo
from vango.actors.errors import NotThere, Refused, Unavailable, VangoError
from vango.actors.files import own_folder
from vango.actors.pace import Pace
from vango.actors.progress import Progress
from vango.actors.sqlite import trouble
from vango.bench import settings, standing
from vango.bench.aside import Aside, Stood
from vango.bench.bench_connection import BenchConnection
from vango.bench.changes import Changes
from vango.bench.history import History
from vango.bench.rule_changes import RuleChanges
from vango.bench.trials import Trials
from vango.broker.broker import Broker
from vango.broker.connection import Wire
from vango.broker.keeper import Keeper
from vango.core.audit import Soundness
from vango.core.modes import ANSWERS, Mode
from vango.core.snapshot import Snapshot
from vango.edge.edge import Edge
from vango.faults import total_loss
from vango.guests.guests import Guests
from vango.journal.journal import Journal
from vango.journal.recording import Recording
from vango.observe.model import Observation, as_text
from vango.observe.observer import Observer, Parts, is_at_rest
from vango.relay.relay import Relay
from vango.truth import seed, snapshots
from vango.truth.control_plane import ControlPlane
from vango.truth.store import Truth
from vango.verbs.registry import Verb, find

FIRST_CONNECTION_S = 5.0
FIRST_CLAIMS_S = 0.5
STOP_WITHIN_S = 5.0


class Bench:
    """One bench. Make one with `await Bench.open(folder, keeper)`; everything runs on the loop that opened it."""

    truth: Truth
    control: ControlPlane
    relay: Relay
    edges: dict[str, Edge]
    observer: Observer

    def __init__(self, folder: Path, keeper: Keeper, lock: FileLock) -> None:
        self.folder = folder
        self.changes = Changes()
        self.progress = Progress(self.changes.note)
        self.rule_changes = RuleChanges(self)
        self.link = BenchConnection(self)
        aside = Aside(folder, folder / "broker")
        returned = aside.recover()
        self.settings = settings.load(folder / "settings.json")
        self.refused_rows: tuple[str, ...] = ()
        self.trials = Trials(self)
        self._lock = lock
        self._one_at_a_time = asyncio.Lock()
        self._acting: set[asyncio.Task[str]] = set()
        self._looking = asyncio.Lock()
        self._saved: settings.Settings | None = None
        self.journal = Journal(
            folder / "journal.db", self.changes.note, of_a_new_bench=not (folder / "truth.db").exists()
        )
        self.history = History(self, aside)
        self.recording = Recording(self.journal, as_text)
        self.guests = Guests(self.journal, self.changes.note, lambda: self.relay.wake())
        self.pace = Pace(self.journal.write)
        self.broker = Broker(
            folder / "broker",
            keeper,
            name=folder.name,
            on_exit=lambda sentence: self._tell_broker("exit", sentence),
            on_restart=lambda sentence: self._tell_broker("start", sentence),
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
        is no sound database, which is left as it is.
        """
        own_folder(folder)
        lock = FileLock(folder / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise Unavailable(f"The bench in {folder} is in use by another process.") from error
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
        """Whether a verb or its news is under way, as far as the actors know without asking anybody; false when not live."""
        if not self.pace.is_live:
            return False
        relay_works = self.relay.state == "up" and not self.relay.awake.is_idle
        return (
            self._one_at_a_time.locked()
            or relay_works
            or any(
                edge.mode in ANSWERS
                and (not edge.awake.is_idle or edge.taken_seq < self.relay.stored_seq or edge.word.is_coming)
                for edge in self.edges.values()
            )
        )

    def edge(self, name: str) -> Edge:
        """Return an edge by name. Raises `NotThere`."""
        if name not in self.edges:
            raise NotThere(f"There is no edge {name}. The edges are {', '.join(self.edges)}.")
        return self.edges[name]

    def wire(self) -> Wire:
        """Return the bench's own connection. Raises `Unavailable` while the broker is not there."""
        return self.link.wire()

    async def perform(self, verb_name: str, arguments: Mapping[str, Any] | None = None) -> str:
        """Carry out a verb and return a sentence. Verbs are carried out one after another and journalled first.

        The verb has a task of its own: whoever asked for it may give up waiting, and it is carried out to its end.
        Raises `NotThere` or `BadInput` before anything happens, `Refused` or `Unavailable` from the part that acts.
        """
        find(verb_name).arguments(arguments or {})
        acting = asyncio.create_task(self._perform(verb_name, arguments or {}), name=f"verb {verb_name}")
        self._acting.add(acting)
        acting.add_done_callback(self._acting.discard)
        acting.add_done_callback(tasks.look_at)
        return await asyncio.shield(acting)

    async def _perform(self, verb_name: str, arguments: Mapping[str, Any]) -> str:
        try:
            async with self._one_at_a_time:
                with self.progress.of(verb_name):
                    return await self.carry_out(verb_name, arguments)
        finally:
            self.changes.rested.set()

    async def carry_out(self, verb_name: str, arguments: Mapping[str, Any], *, cause: str = "") -> str:
        """Carry out a verb as `perform` does, for whoever is already carrying one out. `cause` is the gesture it is of."""
        verb = find(verb_name)
        checked = verb.arguments(arguments)
        said = ", ".join(f"{name}={value}" for name, value in checked.items())
        self.journal.write("learner", "verb", f"{verb_name}({said})", verb=verb_name, arguments=checked)
        row = await self.history.begin(verb_name, checked, cause)
        try:
            done = await self._act(verb, checked)
            await self.history.end(row)
            return done
        except VangoError as error:
            self.journal.write("learner", "refused", str(error), verb=verb_name)
            await self.history.end(row, type(error).__name__)
            raise
        finally:
            self._save()
            self.changes.note()

    async def _act(self, verb: Verb, arguments: dict[str, Any]) -> str:
        try:
            return await verb.act(self, **arguments)
        except sqlite3.Error as error:
            said = f"The database cannot be used: {error}. Nothing was committed. {trouble(error)}"
            raise Unavailable(said) from error
        except OSError as error:
            why = f"the disk does not take it ({error.strerror}). Free some space."
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                then = "restart it" if verb.place in ("broker", "relay", "edge") else "try again"
                why = f"the disk is full; free some space, then {then}."
            raise Unavailable(f"{verb.name} was not carried out to its end: {why}", definite=False) from error

    async def observe(self) -> Observation:
        """Take one observation, and record it."""
        async with self._looking:
            noted = self.changes.noted
            observation = await self.observer.observe()
        if is_at_rest(observation):
            self.changes.found_at_rest(noted)
        self.recording.take(observation)
        return observation

    async def wait_until(self, is_so: Callable[[Observation], bool], timeout_s: float = 10.0) -> Observation:
        """Observe after every change until something is so. Raises `Unavailable` with what was seen last."""
        seen: Observation | None = None
        deadline = time.monotonic() + timeout_s
        try:
            # The timeout cancels, and on Python 3.11 a wait inside may swallow that (see `vango.actors.tasks`): so both.
            async with asyncio.timeout(timeout_s):
                while time.monotonic() < deadline:
                    self.changes.clear()
                    seen = await self.observe()
                    if is_so(seen):
                        return seen
                    await self.changes.wait()
                raise TimeoutError
        except TimeoutError as error:
            raise Unavailable(f"It did not come about within {timeout_s:g} s. Last seen: {_summary(seen)}") from error

    async def settle(self, timeout_s: float = 5.0) -> Observation:
        """Wait until nothing is under way: connected, the outbox is empty, every live edge current or failed closed."""
        at_rest = (Mode.CURRENT, Mode.FAILED_CLOSED, Mode.DOWN)

        def is_settled(seen: Observation) -> bool:
            converged = seen.audit.soundness is not Soundness.NOT_YET_KNOWN
            connected = self.link.is_open or self.broker.state != "up"
            return (
                connected and converged and not seen.outbox.waiting and all(edge.mode in at_rest for edge in seen.edges)
            )

        await self.wait_until(is_settled, timeout_s)
        # That observation looked at the streams before it looked at the edges: look once more, now that all is at rest.
        return await self.observe()

    @property
    def looking(self) -> asyncio.Lock:
        """Held during each look. Whoever replaces the truth holds it meanwhile, so that nobody sees half of it."""
        return self._looking

    async def take_snapshot(self) -> tuple[str, Snapshot]:
        """Take a snapshot of truth and store it; returns its name with it."""
        return await snapshots.take(self.wire(), self.truth, "ROUTES")

    async def reset(self) -> str:
        """Start again with a fresh truth, a fresh store, fresh views and the correct rules. The journal goes on."""
        await self.history.reset()
        return f"The bench is as new.{' Undo brings back what was before.' if self.history.undoes else ''}"

    async def afresh(self, wanted: settings.Settings) -> None:
        """Begin with a fresh truth, a fresh store and fresh views, and with these settings."""

        def move() -> Stood:
            self.history.aside.clear()
            return {}

        await self.exchange(move, wanted=wanted, keeps=False)

    async def exchange(
        self,
        move: Callable[[], Stood],
        then: Callable[[], None] = lambda: None,
        *,
        wanted: settings.Settings | None = None,
        keeps: bool = True,
    ) -> None:
        """Stop everything, move files, and begin with what lies there then. `then` is called when they are moved.

        `move` runs in a thread and returns how the bench stands that it brings; `keeps` says that the store may come
        back. Raises what `move` does of `OSError`, and `Unavailable` when no broker starts; the bench has begun all the
        same.
        """
        self._save()
        stood: Stood = standing.read(self, {})
        failed: Exception | None = None
        await self._pause()
        self.guests.forget()
        # Of a store that goes, nobody needs what the server would write down at its end.
        await (self.broker.stop() if keeps else self.broker.kill())
        # Nobody may be half-way through a look at the old truth when it goes.
        async with self._looking:
            self.truth.close()
            try:
                stood = await asyncio.to_thread(move)
                then()
            except OSError as error:
                failed = error
            self.settings = wanted or settings.load(self.folder / "settings.json")
            self._saved = None
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
        # The last that is pushed is done first, and each is done whatever the one before it came to.
        async with contextlib.AsyncExitStack() as ends:
            ends.callback(self._lock.release)
            ends.callback(self.journal.close)
            ends.callback(self.recording.write_down)
            ends.callback(self.truth.close)
            ends.push_async_callback(self.broker.close)
            ends.callback(self.guests.forget)
            ends.push_async_callback(self._pause)
            ends.push_async_callback(self.changes.end)
            ends.push_async_callback(self._end_verbs)

    async def _end_verbs(self) -> None:
        """Let the verbs that are under way end whole: what can be stopped is asked to, and the rest is short."""
        with contextlib.suppress(Refused):
            self.progress.stop()
        if self._acting:
            await asyncio.wait(self._acting, timeout=STOP_WITHIN_S)
        for acting in list(self._acting):
            await tasks.end(acting)

    # Building and beginning.

    def _build(self) -> None:
        self.truth = Truth(self.folder / "truth.db")
        self.relay = Relay(self.truth, self.journal, self.link.connect, pace=self.pace)
        self.relay.rules = self.settings.relay
        self.control = ControlPlane(self.truth, self.journal, self.wire, self.relay.wake, self.pace, self.progress)
        self.control.write_order = self.settings.write_order
        self.edges = {
            name: Edge(name, self.folder, self.journal, self.link.connect, rules, self.pace)
            for name, rules in self.settings.edges.items()
        }
        for awake in (self.relay.awake, *(edge.awake for edge in self.edges.values())):
            awake.on_rest = self.changes.rested.set
        self.observer = Observer(
            Parts(
                self.truth, self.control, self.relay, self.edges, self.guests, self.broker, self.journal, self.pace,
                self.progress, self.wire, total_loss.Comparison(self).look, lambda: self.trials.last_storm,
                self.trials.missing, lambda: self.history.undoes,
            )
        )  # fmt: skip

    async def _begin(self) -> None:
        self.changes.begin(lambda: self.observer.patience_s())
        if not self.truth.owners() and not total_loss.is_lost(self):
            self.journal.write("database", "commit", seed.write(self.truth))
        is_up = self.broker.state == "up"
        if not await self.link.begin(FIRST_CONNECTION_S if is_up else 0.0) and is_up:
            self._tell_broker("exit", f"the broker does not answer: {self.broker.reason}")
        if self.settings.relay_runs:
            await self.relay.start()
        for name, edge in self.edges.items():
            if self.settings.edges_run[name]:
                await edge.start()
        await self._until_edges_stand()

    async def _until_edges_stand(self) -> None:
        """Give the edges a moment to come up, so that the first look at a bench does not find them half awake."""
        under_way = (Mode.LOADING, Mode.CATCHING_UP)
        # A deadline and no `asyncio.timeout`: the wait inside may swallow its cancellation on Python 3.11.
        deadline = time.monotonic() + FIRST_CLAIMS_S
        while any(edge.mode in under_way for edge in self.edges.values()) and time.monotonic() < deadline:
            self.changes.clear()
            await self.changes.wait(max(0.0, deadline - time.monotonic()))

    async def _pause(self) -> None:
        """Stop everything that runs by itself, the broker excepted."""
        async with contextlib.AsyncExitStack() as ends:
            for edge in reversed(self.edges.values()):
                ends.push_async_callback(edge.stop, "the bench is closed")
            ends.push_async_callback(self.relay.stop, "the bench is closed")
            ends.push_async_callback(self.control.stop)
            ends.callback(self.pace.change, Tempo.LIVE)
            ends.push_async_callback(self.link.end)
            ends.push_async_callback(self.changes.pause)

    def _tell_broker(self, kind: str, sentence: str) -> None:
        self.journal.write("broker", kind, sentence)

    def _save(self) -> None:
        self.settings.write_order = self.control.write_order
        self.settings.relay = self.relay.rules
        self.settings.relay_runs = self.relay.is_running
        self.settings.edges = {name: edge.rules for name, edge in self.edges.items()}
        self.settings.edges_run = {name: edge.mode is not Mode.DOWN for name, edge in self.edges.items()}
        if self.settings == self._saved:
            return
        try:
            settings.save(self.folder / "settings.json", self.settings)
        except OSError as error:
            self.journal.write("database", "trouble", f"the settings could not be kept: {error.strerror}")
        else:
            self._saved = settings.copy(self.settings)


def _summary(seen: Observation | None) -> str:
    if seen is None:
        return "nothing."
    edges = "; ".join(f"{edge.name} {edge.claim} {edge.reason}" for edge in seen.edges)
    return (f"truth at {seen.truth.sequence}, {seen.outbox.waiting} waiting, relay {seen.relay.state} {seen.relay.reason}; "
            f"{edges}; audit {seen.audit.soundness} {seen.audit.sentence}")  # fmt: skip
