"""An edge: a consumer that keeps a durable view of the routes and answers requests from it.

For every batch: judge, apply to the view and move the position in one transaction, then ack. The edge trusts its own
position and the chain inside the events; the broker's cursor proves nothing. It claims to be current at n only when
the control plane's mark says n. Any surprise ends in failed closed, never in a claim.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path as FilePath

from nats.aio.msg import Msg

from vango import consumers, snapshots, tasks
from vango.core.judge import Position, Row
from vango.core.modes import ANSWERS, Mode, Signal, after
from vango.core.rules import AckOrder, EdgeRules, OnGap, Poison, StartFrom
from vango.core.snapshot import BadSnapshot, Snapshot, unseal
from vango.errors import NotThere, Refused, StudyLabError, Unavailable
from vango.intake import Intake, take_in
from vango.journal import Journal
from vango.outbox import Mark
from vango.points import EDGE_POINTS, Crashed, Path, Point
from vango.pull import BATCH, ConsumerGone, Delivery, Pull
from vango.relay import HEARTBEAT, MARK_REQUEST
from vango.view import View, destroy
from vango.wire import Wire

SNAPSHOT_REQUEST = "control.snapshot"
RETRY_S = 0.25
ORDER_S = 5.0
LOOK_AGAIN_S = 0.02
MAX_REBUILDS = 3
STUCK_AFTER = 3


Work = Callable[[Wire, View], Awaitable[None]]


class Gap(Exception):
    """Something is unknown between this view and what comes next. The message names it."""


class Edge:
    """One edge. `mode` and the view's position are its claim; `reason` says why it failed closed or is down."""

    def __init__(
        self, name: str, folder: FilePath, journal: Journal, connect: Callable[[str], Awaitable[Wire]], rules: EdgeRules
    ) -> None:
        self.name = name
        self.rules = rules
        self.mode, self.reason = Mode.DOWN, "not started"
        self.mark: Mark | None = None
        self.counters: Counter[str] = Counter()
        self.stuck = ""
        self.path = Path()
        self.view: View | None = None
        self.heard_at = time.monotonic()
        self._file = folder / f"{name}.db"
        self._journal = journal
        self._connect = connect
        self._wire: Wire | None = None
        self._pull: Pull | None = None
        self._consumer = name
        self._task: asyncio.Task[None] | None = None
        self._awake = asyncio.Event()
        self._orders: deque[tuple[Work, asyncio.Future[str]]] = deque()
        self._rebuilds = 0
        self._left: tuple[tuple[Row, ...], Position] | None = None

    # What others may ask and tell.

    async def start(self) -> str:
        """Start from the view as it was committed."""
        if self._task is not None:
            return f"{self.name} is running already."
        self._signal(Signal.START, "")
        self._task = asyncio.create_task(self._run(), name=f"edge {self.name}")
        self._journal.write(self.name, "start", f"{self.name} started")
        return f"{self.name} was started."

    async def kill(self) -> str:
        """Stop dead: memory gone, socket aborted; only what was committed survives."""
        if self._task is None:
            self.mode, self.reason = Mode.DOWN, "killed"
            return f"{self.name} is down already."
        await self._stop("killed")
        self._journal.write(self.name, "kill", f"{self.name} killed")
        return f"{self.name} was killed."

    def arm(self, point: Point | None) -> str:
        """Arm a crash at a point, or disarm. Raises `Refused` for a point that is not on an edge's path."""
        if point is not None and point not in EDGE_POINTS:
            raise Refused(f"An edge does not pass “{point}”; its points are: {', '.join(EDGE_POINTS)}.")
        self.path.armed = point
        return f"{self.name} will crash {point}." if point else f"{self.name} is not armed."

    async def wipe(self) -> str:
        """Destroy view and position, and start again with nothing. The consumer stays where it is."""
        was_running = self._task is not None
        await self._stop("wiped")
        destroy(self._file)
        self._left = None
        self.counters.clear()
        self._journal.write(self.name, "wipe", f"{self.name} lost its view and position")
        if was_running:
            await self.start()
        return f"The view of {self.name} was destroyed."

    async def replay(self, from_seq: int) -> str:
        """Put the consumer back to a stream seq. View and position stay. Raises `Unavailable`, `Refused`."""

        async def move(wire: Wire, view: View) -> None:
            self._journal.write(self.name, "replay", f"replay from stream seq {from_seq}", from_seq=from_seq)
            await self._follow_from(wire, from_seq - 1)

        await self._between_batches(move)
        return f"{self.name} reads again from stream seq {from_seq}."

    async def rebuild_when_told(self) -> str:
        """Load the latest stored snapshot. A snapshot that is refused leaves the edge failed closed, with the reason."""

        async def load(wire: Wire, view: View) -> None:
            await self._rebuild(wire, view, fresh=False)

        refusal = await self._between_batches(load)
        return f"{self.name} refused it: {refusal}." if refusal else f"{self.name} loaded the latest snapshot."

    async def _between_batches(self, work: Work) -> str:
        """Have the edge's own task do something; returns why a snapshot was refused, or nothing. Raises `Unavailable`."""
        if self._task is None or self._wire is None:
            raise Unavailable(f"{self.name} is {self.mode} and not connected; start it, and the broker, first.")
        done: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._orders.append((work, done))
        self._awake.set()
        try:
            return await asyncio.wait_for(done, ORDER_S)
        except TimeoutError as error:
            raise Unavailable(f"{self.name} did not get to it within {ORDER_S:g} s.", definite=False) from error

    def answer(self, route: str) -> str:
        """Return the owner of a route from the view. Raises `Unavailable` when the edge must not or cannot answer."""
        if self.mode not in ANSWERS or self.view is None:
            raise Unavailable(f"{self.name} is {self.mode} and answers nothing.")
        silent_s = time.monotonic() - self.heard_at
        if 0 < self.rules.freshness_s < silent_s:
            raise Unavailable(f"{self.name} has heard nothing for {silent_s:.0f} s and refuses.")
        row = self.view.rows.get(route)
        if row is None:
            raise Unavailable(f"{self.name} knows no route {route}.")
        return row.owner

    def committed(self) -> tuple[tuple[Row, ...], Position]:
        """Return the rows and the position as committed, also of an edge that is down; nothing where none can be read."""
        if self.view is not None:
            return tuple(self.view.rows.values()), self.view.position
        if self._left is None:
            self._left = _read(self._file)
        return self._left

    # Life and death.

    async def _stop(self, reason: str) -> None:
        task, self._task = self._task, None
        if self._wire is not None:
            self._wire.abort()
        await tasks.end(task)
        await self._drop()
        self._signal(Signal.STOP, reason)

    async def _drop(self) -> None:
        """Let go of everything that a killed process would lose."""
        wire, self._wire, self._pull = self._wire, None, None
        view, self.view, self.mark, self._left = self.view, None, None, None
        while self._orders:
            done = self._orders.popleft()[1]
            if not done.done():
                done.set_exception(Unavailable(f"{self.name} stopped before it got to it.", definite=False))
        if view is not None:
            view.close()
        if wire is not None:
            await wire.cut()

    async def _run(self) -> None:
        """Own the edge's life: sessions with the broker one after another, and every way they end."""
        try:
            self.view = View(self._file)
            while True:
                try:
                    await self._session()
                except (Unavailable, NotThere, ConsumerGone) as error:
                    self.reason = str(error) if self.mode is not Mode.FAILED_CLOSED else self.reason
                wire, self._wire = self._wire, None
                if wire is not None:
                    await wire.cut()
                await asyncio.sleep(RETRY_S)
        except Crashed as crash:
            self._task = None
            await self._drop()
            self._signal(Signal.STOP, f"crashed {crash.point}")
            self._journal.write(self.name, "crash", f"crashed {crash.point}")
        except Exception as error:  # noqa: BLE001 (the one place where an edge's death is noticed)
            # A view that cannot be read or written, or anything unforeseen: no claim survives it.
            words = str(error) if isinstance(error, StudyLabError) else f"{type(error).__name__}: {error}"
            self._task = None
            await self._drop()
            advice = "Wipe the view to start again." if isinstance(error, sqlite3.Error) else "Restart it to try again."
            self._signal(Signal.SURPRISE, f"{words}. {advice}")

    def _signal(self, signal: Signal, reason: str) -> None:
        before, self.mode = self.mode, after(self.mode, signal)
        if before is not self.mode or signal is Signal.SURPRISE:
            self.reason = reason
            text = f"{self.mode}{f': {reason}' if reason else ''}"
            self._journal.write(self.name, "mode", text, before=before.value, after=self.mode.value)

    # A session with the broker.

    async def _session(self) -> None:
        view = self._open_view()
        wire = self._wire = await self._connect(f"edge {self.name}")
        self.mark = None
        await wire.subscribe(HEARTBEAT, self._hear_mark)
        if self.mode is Mode.LOADING:
            await self._begin(wire, view)
        elif self.mode in ANSWERS:
            await self._open_consumer(wire, view, from_new=False)
        else:
            await self._recover(wire, view)
        await self._ask_mark(wire)
        while not wire.broken.is_set():
            try:
                await self._follow(wire, view)
            except Gap as gap:
                self._signal(Signal.SURPRISE, str(gap))
                await self._recover(wire, view)
            except BadSnapshot as error:
                self._signal(Signal.SURPRISE, f"the snapshot is refused: {error}")
                await self._recover(wire, view)
        raise Unavailable("The connection to the broker broke.")

    def _open_view(self) -> View:
        if self.view is None:
            self.view = View(self._file)
        return self.view

    async def _begin(self, wire: Wire, view: View) -> None:
        """Resume from the view, or load a snapshot into an empty one, or start from what comes next."""
        if view.is_empty and self.rules.start_from is StartFrom.SNAPSHOT and (stored := await self._latest(wire)):
            try:
                await self._load(wire, view, stored)
            except BadSnapshot as error:
                self._signal(Signal.SURPRISE, f"the snapshot is refused: {error}")
                await self._recover(wire, view)
            return
        await self._open_consumer(wire, view, from_new=view.is_empty and self.rules.start_from is StartFrom.NEW)
        self._signal(Signal.RESUMED, "")

    async def _latest(self, wire: Wire) -> bytes:
        names = await snapshots.names(wire)
        return await snapshots.fetch(wire, names[-1]) if names else b""

    async def _open_consumer(self, wire: Wire, view: View, *, from_new: bool) -> None:
        self._consumer = await consumers.ensure(wire, self.name, self.rules, view.position, from_new=from_new)
        await self._open_pull(wire)

    async def _open_pull(self, wire: Wire) -> None:
        batch = 1 if self.rules.poison is Poison.RETRY else BATCH
        self._pull = Pull(wire, consumers.STREAM, self._consumer, self._awake.set, batch=batch)
        await self._pull.open()

    async def _follow(self, wire: Wire, view: View) -> None:
        """Handle what came, then look at how far the truth is said to be, then wait."""
        pull = self._pull
        if self._orders:
            await self._obey(wire, view, *self._orders.popleft())
        elif pull is not None and (deliveries := pull.take(1 if self.path.armed else BATCH)):
            await self.handle(deliveries)
        else:
            self._awake.clear()
            if pull is not None and pull.idle and self.mode in ANSWERS:
                await self._consider(wire, view, pull)
            await self._wait(wire)

    async def _obey(self, wire: Wire, view: View, work: Work, done: asyncio.Future[str]) -> None:
        outcome = ""
        try:
            await work(wire, view)
        except BaseException as error:
            outcome = str(error) or "it was stopped on the way"
            raise
        finally:
            if not done.done():
                done.set_result(outcome)

    async def _wait(self, wire: Wire) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (self._awake, wire.broken)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    # One batch: the order of apply and ack is the whole difference.

    async def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Handle messages that have come, in the order that the rules say."""
        self.heard_at = time.monotonic()
        self._journal.write(self.name, "got", f"got {_span(deliveries)}", stream_seqs=_seqs(deliveries))
        await self.path.reach(Point.AFTER_RECEIVE)
        if self.rules.ack is AckOrder.AFTER_APPLY:
            await self.apply_then_ack(deliveries)
        else:
            await self.ack_then_apply(deliveries)

    async def apply_then_ack(self, deliveries: Sequence[Delivery]) -> None:
        """Make the effect durable, then tell the broker. A crash in between brings the messages back: a duplicate."""
        intake = self._apply(deliveries)
        await self.path.reach(Point.AFTER_APPLY)
        await self._ack(intake.done)
        await self._conclude(intake)

    async def ack_then_apply(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker, then make the effect durable. A crash in between loses the messages where nobody can see it."""
        await self._ack_and_confirm(deliveries)
        await self.path.reach(Point.AFTER_ACK)
        intake = self._apply(deliveries)
        await self._conclude(intake)

    def _apply(self, deliveries: Sequence[Delivery]) -> Intake:
        view = self._open_view()
        intake = take_in(view.rows, view.position, deliveries, self.rules)
        if intake.rows:
            view.apply(intake.rows.values(), intake.position)
        self.counters.update(intake.counts)
        if intake.applied:
            first, last = intake.applied[0], intake.applied[-1]
            what = f"apply {first.sequence}: {first.route} → {first.owner}" if first is last else (
                f"apply {len(intake.applied)} events, {first.sequence} to {last.sequence}")  # fmt: skip
            self._journal.write(self.name, "apply", what, position=intake.position.sequence)
        for delivery, verdict in intake.verdicts[:20]:
            self._journal.write(
                self.name, "verdict", f"{verdict.outcome}: {verdict.reason}", stream_seq=delivery.stream_seq
            )
        return intake

    async def _ack(self, deliveries: Sequence[Delivery]) -> None:
        wire = self._connected()
        for delivery in deliveries:
            await wire.publish(delivery.reply, b"+ACK")
        if deliveries:
            self._journal.write(self.name, "ack", f"ack {_span(deliveries)}", stream_seqs=_seqs(deliveries))

    async def _ack_and_confirm(self, deliveries: Sequence[Delivery]) -> None:
        """An ack that is only queued dies with the client (NATS-FACTS 14): ask the broker to confirm each."""
        wire = self._connected()
        for delivery in deliveries:
            await wire.request(delivery.reply, b"+ACK")
        self._journal.write(self.name, "ack", f"ack {_span(deliveries)}, confirmed", stream_seqs=_seqs(deliveries))

    async def _conclude(self, intake: Intake) -> None:
        for delivery, reason in intake.poison:
            await self._refuse_poison(delivery, reason)
        if not intake.poison and intake.done:
            self.stuck = ""
        if intake.stopped:
            raise Gap(intake.stopped)

    async def _refuse_poison(self, delivery: Delivery, reason: str) -> None:
        text = f"stream seq {delivery.stream_seq} cannot be read: {reason}"
        if self.rules.poison is Poison.TERMINATE:
            await self._connected().publish(delivery.reply, f"+TERM {reason}"[:200].encode())
            self._journal.write(self.name, "verdict", f"invalid: {text}; terminated", stream_seq=delivery.stream_seq)
            return
        await self._connected().publish(delivery.reply, b'-NAK {"delay": 500000000}')
        self._journal.write(self.name, "verdict", f"invalid: {text}; delivery {delivery.deliveries}, to be retried")
        if delivery.deliveries >= STUCK_AFTER:
            self.stuck = f"{text}, delivered {delivery.deliveries} times"

    def _connected(self) -> Wire:
        if self._wire is None:
            raise Unavailable(f"{self.name} is not connected.")
        return self._wire

    # How far the truth is said to be.

    async def _hear_mark(self, message: Msg) -> None:
        self._note_mark(message.data)
        self._awake.set()

    def _note_mark(self, payload: bytes) -> None:
        try:
            word = json.loads(payload)["route"]
            self.mark = Mark(int(word["sequence"]), str(word["id"]), int(word["published"]))
        except (ValueError, KeyError, TypeError):
            self._journal.write(self.name, "verdict", "a mark that cannot be read was ignored")
            return
        self.heard_at = time.monotonic()

    async def _ask_mark(self, wire: Wire) -> bool:
        """Ask for the mark. A relay that is down does not answer: False, and its first heartbeat will do instead."""
        try:
            self._note_mark((await wire.request(MARK_REQUEST, timeout_s=1.0)).data)
        except Unavailable:
            return False
        return True

    async def _consider(self, wire: Wire, view: View, pull: Pull) -> None:
        """With nothing left to handle, decide what may be claimed. Raises `Gap`."""
        if not self.rules.ask_high_water_mark:
            nothing_pending = await consumers.has_nothing_left(wire, self._consumer)
            self._signal(Signal.REACHED if nothing_pending and pull.idle else Signal.BEHIND, "")
            if self.mode is Mode.CATCHING_UP:
                # The acks just sent may not be counted yet, and no mark will come to look again.
                asyncio.get_running_loop().call_later(LOOK_AGAIN_S, self._awake.set)
            return
        # A mark below the position may only be older than the last event; one that answers a question asked now is not.
        is_old = self.mark is not None and self.mark.sequence < view.position.sequence
        if is_old and not await self._ask_mark(wire):
            return
        mark, position = self.mark, view.position
        if mark is None:
            return
        if mark.sequence < position.sequence:
            raise Gap(f"this view is at {position.sequence}, the truth has only {mark.sequence}")
        if mark.sequence == position.sequence and mark.event_id != position.event_id:
            raise Gap(
                f"event {position.sequence} is {mark.event_id} in truth and {position.event_id or 'nothing'} here"
            )
        if mark.sequence == position.sequence:
            self._rebuilds = 0
            self._signal(Signal.REACHED, "")
            return
        self._signal(Signal.BEHIND, "")
        if mark.published > position.sequence and await consumers.has_nothing_left(wire, self._consumer) and pull.idle:
            raise Gap(f"events {position.sequence + 1} to {mark.published} were published, and nothing is pending")

    # Recovery.

    async def _recover(self, wire: Wire, view: View) -> None:
        """Failed closed: stop reading, and rebuild from a fresh snapshot if the rules say so."""
        if self._pull is not None:
            await self._pull.close()
            self._pull = None
        if self.mode is Mode.REBUILDING:
            self._signal(Signal.SURPRISE, "the rebuild was interrupted")
        if self.rules.on_gap is OnGap.CARRY_ON:
            await self._carry_on(wire)
        elif self.rules.on_gap is OnGap.REBUILD and self._rebuilds < MAX_REBUILDS:
            self._rebuilds += 1
            try:
                await self._rebuild(wire, view, fresh=True)
            except BadSnapshot as error:
                self._signal(Signal.SURPRISE, f"the snapshot is refused: {error}")

    async def _carry_on(self, wire: Wire) -> None:
        """Know of the gap and read on all the same: whatever is claimed from here on rests on nothing."""
        self._signal(Signal.REBUILD, "carrying on after a gap")
        self._signal(Signal.LOADED, "")
        await self._open_pull(wire)

    async def _rebuild(self, wire: Wire, view: View, *, fresh: bool) -> None:
        """Replace the view by a snapshot: a fresh one from the control plane, or the latest that is stored."""
        self._signal(Signal.REBUILD, "")
        try:
            stored = await self._fresh(wire) if fresh else await self._latest(wire)
        except (Unavailable, NotThere) as error:
            raise BadSnapshot(f"none could be had: {error}") from error
        if not stored:
            raise BadSnapshot("none is stored")
        await self._load(wire, view, stored)
        self.counters["rebuilds"] += 1

    async def _fresh(self, wire: Wire) -> bytes:
        try:
            answer = json.loads((await wire.request(SNAPSHOT_REQUEST, timeout_s=3.0)).data)
        except Unavailable:
            return await self._latest(wire)
        if "name" not in answer:
            raise BadSnapshot(answer.get("error", "the control plane could not take one"))
        return await snapshots.fetch(wire, answer["name"])

    async def _load(self, wire: Wire, view: View, stored: bytes) -> None:
        """Verify, replace view and position in one transaction, then follow from the snapshot's stream seq + 1."""
        snapshot = unseal(stored, verify=self.rules.verify_checksum)
        await self._reach_while_loading(view, snapshot)
        view.replace([snapshot.rows], snapshot.position)
        what = f"loaded a snapshot at {snapshot.sequence}, follows from stream seq {snapshot.stream_seq + 1}"
        self._journal.write(self.name, "snapshot", what, sequence=snapshot.sequence, stream_seq=snapshot.stream_seq)
        await self._follow_from(wire, snapshot.stream_seq)
        self._signal(Signal.LOADED, "")

    async def _follow_from(self, wire: Wire, stream_seq: int) -> None:
        """Stop reading, put the consumer behind a stream seq, and read on from there."""
        if self._pull is not None:
            await self._pull.close()
            self._pull = None
        await consumers.move(wire, self._consumer, self.rules, after=stream_seq)
        await self._open_pull(wire)

    async def _reach_while_loading(self, view: View, snapshot: Snapshot) -> None:
        """The crash point half-way through: the rows are written and the transaction is not committed."""
        if self.path.armed is not Point.IN_SNAPSHOT_LOAD:
            return

        def halves() -> Iterator[Sequence[Row]]:
            yield snapshot.rows[: len(snapshot.rows) // 2]
            self.path.armed = None
            raise Crashed(Point.IN_SNAPSHOT_LOAD)

        view.replace(halves(), snapshot.position)


def _read(file: FilePath) -> tuple[tuple[Row, ...], Position]:
    try:
        if file.exists():
            view = View(file)
            view.close()
            return tuple(view.rows.values()), view.position
    except sqlite3.Error:
        # The edge itself says so, with its reason, when it is started.
        pass
    return (), Position()


def _seqs(deliveries: Sequence[Delivery]) -> list[int]:
    return [delivery.stream_seq for delivery in deliveries[:50]]


def _span(deliveries: Sequence[Delivery]) -> str:
    if len(deliveries) == 1:
        only = deliveries[0]
        return f"{only.stream_seq}" + (f" again, delivery {only.deliveries}" if only.deliveries > 1 else "")
    return f"{len(deliveries)} messages, {deliveries[0].stream_seq} to {deliveries[-1].stream_seq}"
