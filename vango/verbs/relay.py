"""Verbs on the relay: kill, start, arm, and its rules."""

from __future__ import annotations

from typing import Annotated

from vango.actors.crash_points import Point
from vango.core.rules import OnNoAnswer
from vango.verbs.arguments import given
from vango.verbs.registry import Between, verb
from vango.verbs.subject import Bench


@verb("relay", destructive=True)
async def kill_relay(bench: Bench) -> str:
    """Kill the relay: memory gone, socket aborted."""
    return await bench.relay.kill()


@verb("relay")
async def start_relay(bench: Bench) -> str:
    """Start the relay: it continues with the first unpublished row."""
    return await bench.relay.start()


@verb("relay")
async def restart_relay(bench: Bench) -> str:
    """Kill the relay and start it again."""
    await bench.relay.kill()
    return await bench.relay.start()


@verb("relay", destructive=True)
async def crash_relay(bench: Bench, *, at: Point) -> str:
    """Arm the relay to crash at a point of its path, once."""
    return bench.relay.arm(at)


@verb("relay")
async def disarm_relay(bench: Bench) -> str:
    """Disarm a crash of the relay."""
    return bench.relay.arm(None)


@verb("relay")
async def relay_rules(
    bench: Bench,
    *,
    message_ids: bool | None = None,
    expect_predecessor: bool | None = None,
    on_no_answer: OnNoAnswer | None = None,
    ack_timeout_s: Annotated[float, Between(0.1, 60)] | None = None,
) -> str:
    """Change how the relay publishes, and what it does if no PubAck comes."""
    changes = {name: value for name, value in locals().items() if name != "bench"}
    return await bench.rule_changes.relay(given(**changes))
