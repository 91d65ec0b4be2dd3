"""The faults of a bench that belong to no single actor: the broker's, the streams', and other people's publishes.

Every one is real: a signal to a process, a purge by the server, files put back where they were.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, Any

from vango.actors.errors import BadInput, NotThere, Refused, Unavailable
from vango.broker import streams
from vango.core.telemetry import Shape
from vango.core.telemetry import encode as encode_sample
from vango.edge import consumers
from vango.truth import snapshots

if TYPE_CHECKING:
    from vango.bench.bench import Bench
    from vango.broker.connection import Wire

MAX_WINDOW_S = 5.0
LATE_S = 2.0
OFFER_AGAIN_S = 0.02
SAMPLES = "samples"


class Faults:
    """What can be done to a bench's broker, streams and snapshots."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def purge(self, stream: str, *, up_to: int | None, keep: int | None, subject: str) -> str:
        """Purge a stream. Raises `BadInput` when both ways to say how much are used, `Refused` by the server."""
        if up_to is not None and keep is not None:
            raise BadInput(
                "purge: give up_to or keep, not both; up_to purges messages up to and including that stream seq."
            )
        body: dict[str, Any] = {}
        if up_to is not None:
            body["seq"] = up_to + 1
        if keep is not None:
            body["keep"] = keep
        if subject:
            body["filter"] = subject
        wire = self._bench.wire()
        purged = (await wire.api(f"STREAM.PURGE.{streams.known(stream)}", body))["purged"]
        asked = wire.last
        floors = await self._ack_floors(stream)
        text = f"{stream}: {purged} messages purged"
        self._bench.journal.write("stream", "purge", text, purged=purged, ack_floors=floors, api=asked)
        return f"{purged} message{'' if purged == 1 else 's'} purged from {stream}."

    async def _ack_floors(self, stream: str) -> dict[str, int]:
        """Return what the server holds for acked, by consumer: a purge moves it, whether anybody read the messages or not."""
        found = (await self._bench.wire().api(f"CONSUMER.LIST.{stream}"))["consumers"] or []
        return {info["name"]: info["ack_floor"]["stream_seq"] for info in found}

    async def delete_message(self, stream: str, seq: int) -> str:
        """Delete one message. Raises `Refused` in the server's words when there is none."""
        wire = self._bench.wire()
        await wire.api(f"STREAM.MSG.DELETE.{streams.known(stream)}", {"seq": seq})
        self._bench.journal.write("stream", "purge", f"{stream}: message {seq} deleted", seq=seq, api=wire.last)
        return f"Message {seq} of {stream} was deleted."

    async def recreate_stream(self, stream: str) -> str:
        """Delete a stream with its consumers and create it again."""
        wire, kept = self._bench.wire(), self._bench.settings
        await streams.recreate(wire, streams.known(stream), kept.streams[stream], kept.subjects[stream])
        self._bench.observer.broker.tape.forget()
        self._bench.journal.write("stream", "purge", f"{stream} was deleted and created again", api=wire.last)
        return f"The stream {stream} is new and empty; its consumers are gone."

    async def republish(self, sequence: int, *, after_window: bool = False) -> str:
        """Publish an event of the route feed again, byte for byte, under its own id.

        With `after_window` it is offered until the broker stores it: each offer before that is a duplicate and
        changes nothing, and the window does not slide (NATS-FACTS 2.1). Raises `Refused` where that takes too long.
        """
        window_s = self._bench.settings.streams["ROUTES"].duplicate_window_s
        if after_window and window_s > MAX_WINDOW_S:
            raise Refused(
                f"The duplicate window of ROUTES is {window_s:g} s, and nobody wants to wait that long. "
                f"Set it to {MAX_WINDOW_S:g} s or less, or republish at once."
            )
        row = self._bench.truth.db.conn.execute(
            "SELECT id, subject, body FROM event WHERE feed = 'route' AND sequence = ?", [sequence]
        ).fetchone()
        if row is None:
            raise NotThere(f"The history has no event {sequence} of the route feed.")
        event_id, subject, body = row
        wire, deadline = self._bench.wire(), time.monotonic() + window_s + LATE_S
        ack = await wire.store(subject, body, message_id=event_id)
        while after_window and ack.get("duplicate") and time.monotonic() < deadline:
            await asyncio.sleep(OFFER_AGAIN_S)
            ack = await wire.store(subject, body, message_id=event_id)
        if after_window and ack.get("duplicate"):
            raise Refused(
                f"The broker still knew event {sequence} {LATE_S:g} s after its duplicate window. Try once more."
            )
        asked = wire.last
        outcome = "the broker says duplicate" if ack.get("duplicate") else f"stored as seq {ack['seq']}"
        self._bench.journal.write(
            "learner", "publish", f"republish {event_id}: {outcome}", subject=subject, ack=ack, api=asked
        )
        return f"Event {sequence} was published again: {outcome}."

    async def delete_consumer(self, consumer: str) -> str:
        """Delete a consumer of ROUTES. Raises `NotThere` in the server's words."""
        wire = self._bench.wire()
        await consumers.delete(wire, consumer)
        text = f"consumer {consumer} of ROUTES was deleted"
        self._bench.journal.write("stream", "consumer", text, consumer=consumer, api=wire.last)
        return f"The consumer {consumer} was deleted, and its cursor with it."

    async def telemetry(self, n: int, shape: Shape) -> str:
        """Publish telemetry samples, straight into whatever stream stores them: they are no part of truth."""
        wire = self._bench.wire()
        progress, asked_for = self._bench.progress, n
        with progress.counting(n, SAMPLES):
            for number in range(n - 1):
                if await progress.step(number, SAMPLES):
                    n = number + 1
                    break
                await wire.publish(*_sample(number, shape))
        # The last one is confirmed, and all were sent over one connection: when it is stored, so are those before it.
        where, asked = await _store(wire, *_sample(n, shape))
        if n < asked_for:
            where += f"; stopped, {asked_for:,} were asked for"
            arguments = {"n": n, "shape": shape.value}
            self._bench.journal.write("learner", "stopped", f"stopped after {n}", verb="telemetry", arguments=arguments)
        text = f"{n} telemetry sample{'' if n == 1 else 's'}, {shape}: {where}"
        self._bench.journal.write("stream", "telemetry", text, count=n, shape=shape.value, api=asked)
        return f"{n} sample{' was' if n == 1 else 's were'} sent: {where}."

    async def broker_kill(self) -> str:
        """Kill the broker process."""
        await self._bench.broker.kill()
        self._bench.journal.write("broker", "kill", "broker killed with SIGKILL")
        return "The broker was killed; it stays down until it is started."

    async def broker_start(self) -> str:
        """Start the broker on its port and store."""
        await self._bench.broker.start()
        self._bench.journal.write("broker", "start", f"broker started, process {self._bench.broker.pid}")
        return "The broker was started."

    async def broker_freeze(self) -> str:
        """Stop the broker process in its tracks."""
        await self._bench.broker.freeze()
        self._bench.journal.write("broker", "freeze", "broker frozen with SIGSTOP")
        return "The broker is frozen: connections stay open and nothing answers."

    async def broker_thaw(self) -> str:
        """Let the broker process go on."""
        await self._bench.broker.thaw()
        self._bench.journal.write("broker", "thaw", "broker thawed with SIGCONT")
        return "The broker goes on."

    async def store_keep(self) -> str:
        """Copy the store."""
        await self._bench.broker.keep()
        self._bench.journal.write("broker", "keep", "the broker's store was copied")
        return "A copy of the store is kept."

    async def store_rollback(self) -> str:
        """Put the kept copy back."""
        await self._bench.broker.rollback()
        self._bench.observer.broker.forget()
        self._bench.journal.write("broker", "rollback", "the broker's store was rolled back to the kept copy")
        return "The broker runs on the kept copy of its store."

    async def snapshot_take(self) -> str:
        """Take and store a snapshot."""
        name, snapshot = await self._bench.take_snapshot()
        text = (
            f"snapshot {name} of {len(snapshot.rows)} routes at {snapshot.sequence}, stream seq {snapshot.stream_seq}"
        )
        self._bench.journal.write("database", "snapshot", text, name=name, sequence=snapshot.sequence)
        return f"Took {text}."

    async def snapshot_corrupt(self) -> str:
        """Corrupt the latest stored snapshot."""
        name = await snapshots.corrupt_latest(self._bench.wire())
        self._bench.journal.write(
            "stream", "corrupt", f"snapshot {name}: one bit of an owner was flipped, the checksum was left", name=name
        )
        return f"The snapshot {name} was corrupted."


def _sample(number: int, shape: Shape) -> tuple[str, bytes]:
    host = f"host-{number % 8}"
    sample_id = f"telemetry-{secrets.token_hex(6)}"
    sample = encode_sample(host, number % 100, at=time.time(), sample_id=sample_id, shape=shape)
    return f"telemetry.sampled.{host}", sample


async def _store(wire: Wire, subject: str, sample: bytes) -> tuple[str, dict[str, Any]]:
    """Store the last sample. Returns where in words, and the request with its answer; empty when none came."""
    try:
        ack = await wire.store(subject, sample)
    except Refused as error:
        return f"not stored: {error}".rstrip("."), {}
    except Unavailable as error:
        return f"not stored, as far as is known: {error}".rstrip("."), {}
    return f"stored in {ack['stream']}, the last as seq {ack['seq']}", wire.last
