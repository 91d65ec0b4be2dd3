"""Publishes by others on the streams' subjects: early retries, altered copies, and messages that no edge can read.

A stream stores every message on its subjects. Every publish here is a real one by the bench's own connection, and
truth knows nothing of it.
"""

from __future__ import annotations

import asyncio
import json
import secrets

from vango.actors.errors import BadInput, NotThere
from vango.core.events import ROUTE_OWNER_UPDATED, SOURCE
from vango.faults.target import Target
from vango.journal.kinds import How

MAX_STORM_S = 10.0


async def republish_often(bench: Target, sequence: int, *, times: int, every_s: float) -> str:
    """Publish one event this many times under its own id, with a pause between two. Returns the broker's answers."""
    if times * every_s > MAX_STORM_S:
        raise BadInput(
            f"republish_often: {times} times every {every_s:g} s takes longer than {MAX_STORM_S:g} s; ask for less."
        )
    event_id, subject, body = _event(bench, sequence)
    answers = []
    for number in range(times):
        if number:
            await asyncio.sleep(every_s)
        answers.append(await _publish(bench, How.REPUBLISHED, f"republish {event_id}", subject, body, event_id))
    often = "once" if times == 1 else f"{times} times"
    return f"Event {sequence} was published {often}; the broker's answers: {', '.join(answers)}."


async def republish_altered(bench: Target, sequence: int, owner: str) -> str:
    """Publish an event's id once more over a payload with another owner. The broker compares ids, never payloads."""
    event_id, subject, body = _event(bench, sequence)
    document = json.loads(body)
    document["data"]["owner"] = owner
    payload = json.dumps(document, separators=(",", ":")).encode()
    what = f"publish {event_id} with owner {owner}"
    answer = await _publish(bench, How.ALTERED, what, subject, payload, event_id)
    return f"Event {sequence} with owner {owner} in it was published under {event_id}: {answer}."


async def publish_poison(bench: Target, route: str) -> str:
    """Publish a message that looks like an event of a route but is not: its epoch is a word. Returns where it was
    stored.
    """
    event_id = f"by-hand-{secrets.token_hex(3)}"
    document = {"specversion": "1.0", "id": event_id, "source": SOURCE, "type": ROUTE_OWNER_UPDATED,
                "subject": f"{ROUTE_OWNER_UPDATED}.{route}", "time": "", "sequence": 1, "previousid": "",
                "data": {"route": route, "owner": "alloc-a", "epoch": "next", "revision": 1}}  # fmt: skip
    body = json.dumps(document).encode()
    answer = await _publish(
        bench,
        How.UNREADABLE,
        f"publish {event_id}, which no edge can read",
        f"{ROUTE_OWNER_UPDATED}.{route}",
        body,
        event_id,
    )
    return f"A message that no edge can read was published on {ROUTE_OWNER_UPDATED}.{route}: {answer}."


def _event(bench: Target, sequence: int) -> tuple[str, str, bytes]:
    row = bench.truth.db.conn.execute(
        "SELECT id, subject, body FROM event WHERE feed = 'route' AND sequence = ?", [sequence]
    ).fetchone()
    if row is None:
        raise NotThere(f"The history has no event {sequence} of the route feed.")
    return row[0], row[1], row[2]


async def _publish(bench: Target, how: How, what: str, subject: str, body: bytes, event_id: str) -> str:
    """Publish and journal the PubAck. Returns the answer in words."""
    wire = bench.wire()
    bench.journal.write("learner", "send", f"send {event_id} on {subject}", event_id=event_id, subject=subject)
    ack = await wire.store(subject, body, message_id=event_id)
    answer = "duplicate" if ack.get("duplicate") else f"stored as seq {ack['seq']}"
    bench.journal.write(
        "learner", "publish", f"{what}: {answer}", subject=subject, event_id=event_id, how=how, ack=ack, api=wire.last
    )
    return answer
