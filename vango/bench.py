"""The bench: one learner's whole set-up, wired together, in a folder of its own.

It owns every part and every background task, carries out verbs, and keeps the connection that looks and manages.
What each part does stands in that part's module.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from nats.aio.msg import Msg

from vango import recovery, registry, settings, snapshots, streams, tasks, verbs
from vango.broker import Broker
from vango.control import ControlPlane
from vango.core.audit import Soundness
from vango.core.modes import Mode
from vango.core.rules import EdgeRules, RelayRules, StreamRules
from vango.core.snapshot import Snapshot
from vango.edge import Edge
from vango.errors import NotThere, StudyLabError, Unavailable
from vango.faults import Faults
from vango.journal import Journal
from vango.keeper import Keeper
from vango.observation import Observation, as_json
from vango.observe import Observer
from vango.relay import Relay
from vango.truth import AllocationChange, Promotion, Truth
from vango.wire import Address, Wire

assert verbs.MAX_BURST  # importing the module registers the verbs
ALLOCATIONS = ("alloc-a", "alloc-b", "alloc-c", "alloc-d")
READY = ALLOCATIONS[:3]
ROUTES = {"shop": "alloc-a", "blog": "alloc-a", "api": "alloc-b"}
OUTSIDE = ("route.>", "allocation.>", "operation.>", "telemetry.>",
           "$JS.EVENT.ADVISORY.STREAM.>", "$JS.EVENT.ADVISORY.CONSUMER.>", "$JS.EVENT.ADVISORY.API")  # fmt: skip
RETRY_S = 0.1
LOOK_AGAIN_S = 0.1
FIRST_CONNECTION_S = 5.0
FIRST_CLAIMS_S = 0.5


class Bench:
    """One bench. Make one with `await Bench.open(folder, keeper)`; everything runs on the loop that opened it."""

    truth: Truth
    control: ControlPlane
    relay: Relay
    edges: dict[str, Edge]

    def __init__(self, folder: Path, keeper: Keeper, lock: FileLock) -> None:
        self.folder = folder
        self.on_change: Callable[[], None] | None = None
        self.watched = False
        self.faults = Faults(self)
        self._lock = lock
        self._changed = asyncio.Event()
        self._wire: Wire | None = None
        self._connected = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._look_again: asyncio.TimerHandle | None = None
        self._closed = False
        self._keeping: asyncio.Task[None] | None = None
        self._ticking: asyncio.Task[None] | None = None
        self.settings = settings.load(folder / "settings.json")
        self.journal = Journal(folder / "journal.db", self._note_change)
        self.broker = Broker(
            folder / "broker", keeper, name=folder.name, on_exit=self._broker_ended, on_restart=self._broker_back
        )

    @classmethod
    async def open(cls, folder: Path, keeper: Keeper) -> Bench:
        """Open a bench, or make a new one. Raises `Unavailable` when another process has it, or no broker starts."""
        folder.mkdir(parents=True, exist_ok=True)
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
            bench._build()
            await bench.broker.start()
            await bench._begin()
        except BaseException:
            await bench.close()
            raise
        return bench

    def edge(self, name: str) -> Edge:
        """Return an edge by name. Raises `NotThere`."""
        if name not in self.edges:
            raise NotThere(f"There is no edge {name}. The edges are {', '.join(self.edges)}.")
        return self.edges[name]

    def wire(self) -> Wire:
        """Return the bench's own connection. Raises `Unavailable` while the broker is not there."""
        if self._wire is None:
            raise Unavailable(f"The broker is {self.broker.state}: {self.broker.reason or 'not connected yet'}.")
        return self._wire

    async def perform(self, verb_name: str, arguments: Mapping[str, Any] | None = None) -> str:
        """Carry out a verb and return a sentence. Verbs are carried out one after another and journalled first.

        Raises `NotThere` or `BadInput` before anything happens, `Refused` or `Unavailable` from the part that acts.
        """
        verb = registry.find(verb_name)
        checked = verb.arguments(arguments or {})
        async with self._one_at_a_time:
            said = ", ".join(f"{name}={value}" for name, value in checked.items())
            self.journal.write("learner", "verb", f"{verb_name}({said})", verb=verb_name, arguments=checked)
            try:
                return await verb.act(self, **checked)
            except StudyLabError as error:
                self.journal.write("learner", "refused", str(error), verb=verb_name)
                raise
            finally:
                self._save()
                self._note_change()

    async def observe(self) -> Observation:
        """Take one observation and keep it as a frame."""
        observation = await self.observer.observe()
        self.journal.keep_frame(observation.moment, as_json(observation))
        return observation

    async def wait_until(self, is_so: Callable[[Observation], bool], timeout_s: float = 10.0) -> Observation:
        """Observe after every change until something is so. Raises `Unavailable` with what was seen last."""
        seen: Observation | None = None
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    self._changed.clear()
                    seen = await self.observe()
                    if is_so(seen):
                        return seen
                    await self._change_or(LOOK_AGAIN_S)
        except TimeoutError as error:
            raise Unavailable(f"It did not come about within {timeout_s:g} s. Last seen: {_summary(seen)}") from error

    async def settle(self, timeout_s: float = 5.0) -> Observation:
        """Wait until nothing is under way: the outbox is empty and every live edge current or failed closed."""
        at_rest = (Mode.CURRENT, Mode.FAILED_CLOSED, Mode.DOWN)

        def is_settled(seen: Observation) -> bool:
            converged = seen.audit.soundness is not Soundness.NOT_YET_KNOWN
            return converged and not seen.outbox.waiting and all(edge.mode in at_rest for edge in seen.edges)

        await self.wait_until(is_settled, timeout_s)
        # That observation looked at the streams before it looked at the edges: look once more, now that all is at rest.
        return await self.observe()

    async def close(self) -> None:
        """Stop every actor and the broker. Files stay, and the next opening finds everything again."""
        self._closed = True
        if self._look_again is not None:
            self._look_again.cancel()
        await self._end_tasks()
        await self._stop_actors()
        if self._wire is not None:
            await self._wire.cut()
        await self.broker.close()
        if hasattr(self, "truth"):
            self.truth.close()
        self.journal.close()
        self._lock.release()

    # Building and beginning.

    def _build(self) -> None:
        self.truth = Truth(self.folder / "truth.db")
        self.relay = Relay(self.truth, self.journal, self._connect)
        self.relay.rules = self.settings.relay
        self.control = ControlPlane(self.truth, self.journal, self.wire, self.relay.wake)
        self.control.write_order = self.settings.write_order
        self.edges = {
            name: Edge(name, self.folder, self.journal, self._connect, rules)
            for name, rules in self.settings.edges.items()
        }
        self.observer = Observer(self)

    async def _begin(self) -> None:
        self._keeping = asyncio.create_task(self._keep_connected(), name="bench connection")
        self._ticking = asyncio.create_task(self._tick(), name="bench clock")
        if not self.truth.owners():
            self._seed()
        try:
            await asyncio.wait_for(self._connected.wait(), FIRST_CONNECTION_S)
        except TimeoutError:
            self.journal.write("broker", "exit", f"the broker does not answer: {self.broker.reason}")
        if self.settings.relay_runs:
            await self.relay.start()
        for name, edge in self.edges.items():
            if self.settings.edges_run[name]:
                await edge.start()
        await self._until_edges_stand()

    async def _until_edges_stand(self) -> None:
        """Give the edges a moment to come up, so that the first look at a bench does not find them half awake."""
        under_way = (Mode.LOADING, Mode.CATCHING_UP)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_CLAIMS_S):
                while any(edge.mode in under_way for edge in self.edges.values()):
                    self._changed.clear()
                    await self._changed.wait()

    def _seed(self) -> None:
        for allocation in ALLOCATIONS:
            self.truth.commit(AllocationChange(allocation, "pending"), queue=True)
        for allocation in READY:
            self.truth.commit(AllocationChange(allocation, "ready"), queue=True)
        for route, owner in ROUTES.items():
            self.truth.commit(Promotion(route, owner, new=True), queue=True)
        self.journal.write("database", "commit", f"a new truth: {', '.join(f'{r} → {o}' for r, o in ROUTES.items())}")

    async def _end_tasks(self) -> None:
        for task in (self._keeping, self._ticking):
            await tasks.end(task)

    async def _stop_actors(self) -> None:
        for actor in (getattr(self, "relay", None), *getattr(self, "edges", {}).values()):
            if actor is not None:
                await actor.stop("the bench is closed")

    # The bench's own connection.

    async def _connect(self, name: str) -> Wire:
        if self.broker.state == "down":
            raise Unavailable(f"The broker is down: {self.broker.reason}.")
        return await Wire.open(Address(self.broker.url, self.broker.user, self.broker.password), name)

    async def _keep_connected(self) -> None:
        """Own the connection that looks and manages: whenever it breaks, open another."""
        while True:
            try:
                wire = await self._connect("bench")
                for stream, rules in self.settings.streams.items():
                    await streams.ensure(wire, stream, rules)
                await snapshots.create_bucket(wire)
                for subject in OUTSIDE:
                    await wire.subscribe(subject, self._hear_outside)
                await wire.subscribe(recovery.SNAPSHOT_REQUEST, self._answer_snapshot)
            except StudyLabError:
                await asyncio.sleep(RETRY_S)
                continue
            self._wire = wire
            self._connected.set()
            self._note_change()
            try:
                await wire.broken.wait()
            finally:
                self._wire = None
                self._connected.clear()
                await wire.cut()
            self.observer.tape.forget()
            self._note_change()

    async def _hear_outside(self, message: Msg) -> None:
        """Something was published, or the server tells of a change: whoever made it, look."""
        if message.subject == "$JS.EVENT.ADVISORY.API":
            subject = json.loads(message.data).get("subject", "")
            if any(word in subject for word in (".INFO", ".LIST", ".NAMES", ".DIRECT.", ".MSG.GET")):
                return
        elif message.subject.startswith("$JS.EVENT.ADVISORY.CONSUMER.M"):
            word = message.subject.split(".")[4].lower().replace("_", " ")
            told = json.loads(message.data)
            self.journal.write(
                "broker", "advisory", f"{word}: {told.get('consumer')} at seq {told.get('stream_seq')}", **told
            )
        self._note_change()

    async def _answer_snapshot(self, request: Msg) -> None:
        try:
            name, snapshot = await self.take_snapshot()
            answer = {"name": name, "sequence": snapshot.sequence}
        except StudyLabError as error:
            answer = {"error": str(error)}
        await request.respond(json.dumps(answer).encode())

    # Change.

    def _note_change(self) -> None:
        """Somebody should look: now, and once more when the acks that follow have settled."""
        if self._closed:
            return
        self._changed.set()
        if self.on_change is not None:
            self.on_change()
        if self._look_again is None and self.watched:
            self._look_again = asyncio.get_running_loop().call_later(LOOK_AGAIN_S, self._look_once_more)

    def _look_once_more(self) -> None:
        self._look_again = None
        if self.on_change is not None:
            self.on_change()

    async def _change_or(self, timeout_s: float) -> None:
        try:
            await asyncio.wait_for(self._changed.wait(), timeout_s)
        except TimeoutError:
            return

    async def _tick(self) -> None:
        """While somebody watches: probe on as long as some answer is not right, and look now and then in any case."""
        beats = 0
        while True:
            await asyncio.sleep(1.0)
            beats += 1
            if self.watched and self.on_change is not None and (beats % 5 == 0 or self.observer.is_unsettled):
                self.on_change()

    def _broker_ended(self, sentence: str) -> None:
        self.journal.write("broker", "exit", sentence)

    def _broker_back(self, sentence: str) -> None:
        self.journal.write("broker", "start", sentence)

    def _save(self) -> None:
        self.settings.write_order = self.control.write_order
        self.settings.relay = self.relay.rules
        self.settings.relay_runs = self.relay.state != "down"
        self.settings.edges = {name: edge.rules for name, edge in self.edges.items()}
        self.settings.edges_run = {name: edge.mode is not Mode.DOWN for name, edge in self.edges.items()}
        settings.save(self.folder / "settings.json", self.settings)

    # Rules.

    async def set_edge_rules(self, name: str, changes: dict[str, Any]) -> str:
        """Give an edge other rules and restart it. A consumer that cannot be updated is made anew."""
        edge = self.edge(name)
        before: EdgeRules = edge.rules
        rules = replace(before, **changes)
        was_running = edge.mode is not Mode.DOWN
        await edge.stop("new rules")
        edge.rules = rules
        self.journal.write(name, "rules", f"new rules: {', '.join(f'{k}={v}' for k, v in changes.items())}", **changes)
        if was_running:
            await edge.start()
        return f"{name} has its new rules."

    async def set_relay_rules(self, **changes: bool | None) -> str:
        """Change the relay's rules; they hold from the next batch on."""
        wanted = {name: value for name, value in changes.items() if value is not None}
        rules: RelayRules = replace(self.relay.rules, **wanted)
        self.relay.rules = rules
        return "The relay has its new rules."

    async def set_stream_rules(self, stream: str, changes: dict[str, Any]) -> str:
        """Change a stream's limits. Raises `Refused` in the server's words; the old limits hold then."""
        rules: StreamRules = replace(self.settings.streams[streams.known(stream)], **changes)
        await streams.set_rules(self.wire(), stream, rules)
        self.settings.streams[stream] = rules
        self.journal.write(
            "stream", "limits", f"{stream}: {', '.join(f'{k}={v}' for k, v in changes.items())}", **changes
        )
        return f"The stream {stream} has its new limits."

    async def take_snapshot(self) -> tuple[str, Snapshot]:
        """Take a snapshot of truth and store it; returns its name with it."""
        return await snapshots.take(self.wire(), self.truth, "ROUTES")

    async def reset(self) -> str:
        """Start again with a fresh truth, a fresh store, fresh views and the correct rules. The journal goes on."""
        await self._end_tasks()
        await self._stop_actors()
        self.truth.close()
        await self.broker.wipe()
        for file in self.folder.glob("*.db*"):
            if not file.name.startswith("journal"):
                file.unlink()
        self._connected.clear()
        self.settings = settings.Settings()
        self.journal.write("learner", "reset", "the bench was reset")
        self._build()
        await self.broker.start()
        await self._begin()
        return "The bench is as new."


def _summary(seen: Observation | None) -> str:
    if seen is None:
        return "nothing."
    edges = "; ".join(f"{edge.name} {edge.claim} {edge.reason}" for edge in seen.edges)
    return (f"truth at {seen.truth.sequence}, {seen.outbox.waiting} waiting, relay {seen.relay.state} {seen.relay.reason}; "
            f"{edges}; audit {seen.audit.soundness} {seen.audit.sentence}")  # fmt: skip
