"""Consumers on a stream: where an edge's reading begins, and what the server says of it.

A start seq beyond the end of the stream is accepted and makes a deaf consumer (docs/nats-facts.md#start-of-a-consumer),
so it is compared with the stream first. A durable that exists is left at its cursor: the edge judges what comes,
wherever it comes from.
"""

from __future__ import annotations

import contextlib
import secrets
from typing import Any

from vango.actors.errors import NotThere
from vango.broker.connection import Connection
from vango.core.judge import Position
from vango.core.rules import AckOrder, Begin, EdgeRules, Poison

MAX_ACK_PENDING = 4000
EPHEMERAL_INACTIVE_S = 2.0


async def ensure(
    wire: Connection, stream: str, edge: str, rules: EdgeRules, position: Position, *, from_new: bool
) -> str:
    """Find or create an edge's consumer and return its name. Raises `NotThere` without a stream, `Refused`."""
    if rules.durable:
        try:
            found = await wire.api(f"CONSUMER.INFO.{stream}.{edge}")
        except NotThere:
            pass
        else:
            if found["config"]["ack_policy"] != ack_policy(rules):
                # The server refuses to change it (10012): the same name, from where the old one was acked.
                await move(wire, stream, edge, rules, after=found["ack_floor"]["stream_seq"])
                return edge
            kept = {key: found["config"][key] for key in ("deliver_policy", "opt_start_seq") if key in found["config"]}
            await _create(wire, stream, edge, rules, kept)
            return edge
    name = edge if rules.durable else f"{edge}-{secrets.token_hex(3)}"
    await _create(wire, stream, name, rules, await _start(wire, stream, rules, position, from_new=from_new))
    return name


async def _start(
    wire: Connection, stream: str, rules: EdgeRules, position: Position, *, from_new: bool
) -> dict[str, Any]:
    """Say where a consumer begins that the server does not know."""
    if rules.begin is Begin.ALL:
        return {"deliver_policy": "all"}
    if from_new or rules.begin is Begin.NEW or not rules.durable:
        return begin_with_new()
    return await begin_after(wire, stream, position.stream_seq)


def begin_with_new() -> dict[str, Any]:
    """Begin with what comes next. Whatever was stored before this moment is missed, and no number will show it."""
    return {"deliver_policy": "new"}


async def begin_after(wire: Connection, stream: str, stream_seq: int) -> dict[str, Any]:
    """Begin after a stream seq: an edge's own position, which knows what the edge has applied (0: with the first)."""
    last_seq = (await wire.api(f"STREAM.INFO.{stream}"))["state"]["last_seq"]
    if 0 < stream_seq <= last_seq:
        return {"deliver_policy": "by_start_sequence", "opt_start_seq": stream_seq + 1}
    return {"deliver_policy": "all"}


async def move(wire: Connection, stream: str, name: str, rules: EdgeRules, *, after: int) -> None:
    """Delete a consumer and create it again so that it continues behind a stream seq (0: from the first message)."""
    with contextlib.suppress(NotThere):
        await wire.api(f"CONSUMER.DELETE.{stream}.{name}")
    await _create(wire, stream, name, rules, await begin_after(wire, stream, after))


async def delete(wire: Connection, stream: str, name: str) -> None:
    """Delete a consumer: its cursor and what it has outstanding go with it. Raises `NotThere`."""
    await wire.api(f"CONSUMER.DELETE.{stream}.{name}")


async def move_to_new(wire: Connection, stream: str, name: str, rules: EdgeRules) -> None:
    """Delete a consumer and create it again so that it begins with what is stored from now on."""
    with contextlib.suppress(NotThere):
        await wire.api(f"CONSUMER.DELETE.{stream}.{name}")
    await _create(wire, stream, name, rules, begin_with_new())


async def has_nothing_left(wire: Connection, stream: str, name: str) -> bool:
    """Return whether the server has nothing pending and nothing outstanding for a consumer. Raises `NotThere`."""
    found = await wire.api(f"CONSUMER.INFO.{stream}.{name}")
    return not found["num_pending"] and not found["num_ack_pending"]


def ack_policy(rules: EdgeRules) -> str:
    """Return the policy as JetStream has it: without acks, a message counts as done when it is delivered."""
    return "none" if rules.ack is AckOrder.NEVER else "explicit"


async def _create(wire: Connection, stream: str, name: str, rules: EdgeRules, start: dict[str, Any]) -> None:
    config: dict[str, Any] = {
        "name": name,
        "ack_policy": ack_policy(rules),
        "ack_wait": int(rules.ack_wait_s * 1e9),
        "max_deliver": rules.max_deliver,
        # One at a time keeps a message that cannot be read at the head of the line.
        "max_ack_pending": 1 if rules.poison is Poison.RETRY else MAX_ACK_PENDING,
        "filter_subject": rules.subject_filter,
        **start,
    }
    threshold_s = rules.inactive_threshold_s
    if rules.durable:
        config["durable_name"] = name
    else:
        threshold_s = threshold_s or EPHEMERAL_INACTIVE_S
    if threshold_s:
        config["inactive_threshold"] = int(threshold_s * 1e9)
    await wire.api(f"CONSUMER.CREATE.{stream}.{name}.{rules.subject_filter}", {"stream_name": stream, "config": config})
