"""Faults of the streams: purges, deletions, a recreated stream, and an event that is published again.

The server itself does each. The journal keeps the request and the server's answer.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from vango.actors.errors import BadInput, NotThere, Refused
from vango.broker import streams
from vango.core.names import ROUTES
from vango.edge import consumers
from vango.faults.target import Target
from vango.journal.kinds import How

MAX_WINDOW_S = 5.0
LATE_S = 2.0
OFFER_AGAIN_S = 0.02


async def purge(bench: Target, stream: str, *, up_to: int | None, keep: int | None, subject: str) -> str:
    """Purge a stream. Raises `BadInput` when both ways to give an amount are used, `Refused` by the server."""
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
    wire = bench.wire()
    purged = (await wire.api(f"STREAM.PURGE.{streams.known(stream)}", body))["purged"]
    asked = wire.last
    floors = await _ack_floors(bench, stream)
    text = f"{stream}: {purged} messages purged"
    bench.journal.write("stream", "purge", text, stream=stream, purged=purged, ack_floors=floors, api=asked)
    return f"{purged} message{'' if purged == 1 else 's'} purged from {stream}."


async def _ack_floors(bench: Target, stream: str) -> dict[str, int]:
    """Return the ack floors of the server, by consumer: a purge moves them, whether the messages were read or not."""
    found = (await bench.wire().api(f"CONSUMER.LIST.{stream}"))["consumers"] or []
    return {info["name"]: info["ack_floor"]["stream_seq"] for info in found}


async def delete_message(bench: Target, stream: str, seq: int) -> str:
    """Delete one message. Raises `Refused` with the server's message when there is none."""
    wire = bench.wire()
    await wire.api(f"STREAM.MSG.DELETE.{streams.known(stream)}", {"seq": seq})
    bench.journal.write("stream", "deleted", f"{stream}: message {seq} deleted", stream=stream, seq=seq, api=wire.last)
    return f"Message {seq} of {stream} was deleted."


async def recreate(bench: Target, stream: str) -> str:
    """Delete a stream with its consumers and create it again."""
    wire, kept = bench.wire(), bench.settings
    await streams.recreate(wire, streams.known(stream), kept.streams[stream], kept.subjects[stream])
    bench.observer.broker.tape.forget()
    bench.journal.write("stream", "recreated", f"{stream} was deleted and created again", stream=stream, api=wire.last)
    return f"The stream {stream} is new and empty; its consumers are gone."


async def republish(bench: Target, sequence: int, *, after_window: bool = False) -> str:
    """Publish an event of the route feed again, byte for byte, under its own id.

    With `after_window` it is published until the broker stores it. Each attempt before that is a duplicate and
    changes nothing, and the window does not slide (docs/nats-facts.md#duplicate-window). Raises `Refused` when that
    takes too long.
    """
    window_s = bench.settings.streams["ROUTES"].duplicate_window_s
    if after_window and window_s > MAX_WINDOW_S:
        raise Refused(
            f"The duplicate window of ROUTES is {window_s:g} s, too long to wait for. Set it to {MAX_WINDOW_S:g} s "
            "or less, or republish at once."
        )
    row = bench.truth.db.conn.execute(
        "SELECT id, subject, body FROM event WHERE feed = 'route' AND sequence = ?", [sequence]
    ).fetchone()
    if row is None:
        raise NotThere(f"The history has no event {sequence} of the route feed.")
    event_id, subject, body = row
    wire, deadline = bench.wire(), time.monotonic() + window_s + LATE_S
    bench.journal.write("learner", "send", f"send {event_id} on {subject}", event_id=event_id, subject=subject)
    ack = await wire.store(subject, body, message_id=event_id)
    while after_window and ack.get("duplicate") and time.monotonic() < deadline:
        await asyncio.sleep(OFFER_AGAIN_S)
        ack = await wire.store(subject, body, message_id=event_id)
    if after_window and ack.get("duplicate"):
        raise Refused(f"The broker still knew event {sequence} {LATE_S:g} s after its duplicate window. Try once more.")
    asked = wire.last
    outcome = "the broker says duplicate" if ack.get("duplicate") else f"stored as seq {ack['seq']}"
    bench.journal.write(
        "learner", "publish", f"republish {event_id}: {outcome}",
        event_id=event_id, how=How.REPUBLISHED, subject=subject, ack=ack, api=asked,
    )  # fmt: skip
    return f"Event {sequence} was published again: {outcome}."


async def delete_consumer(bench: Target, consumer: str) -> str:
    """Delete a consumer of ROUTES. Raises `NotThere` with the server's message."""
    wire = bench.wire()
    await consumers.delete(wire, ROUTES.stream, consumer)
    text = f"consumer {consumer} of ROUTES was deleted"
    bench.journal.write("stream", "consumer", text, consumer=consumer, api=wire.last)
    return f"The consumer {consumer} was deleted, with its cursor."
