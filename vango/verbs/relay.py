"""Verbs on the relay: kill, start, arm, and its rules."""

from __future__ import annotations

from typing import Any

from vango.actors.crash_points import Point
from vango.core.rules import RelayRules
from vango.verbs.arguments import given
from vango.verbs.registry import verb
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


@verb("relay", rules=RelayRules)
async def relay_rules(bench: Bench, **changes: Any) -> str:
    """Change how the relay publishes, and what it does when no PubAck comes."""
    return await bench.rule_changes.relay(given(**changes))
