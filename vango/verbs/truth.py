"""Verbs on the truth: promotions and other commits, the write order, and the loss and restore of the database."""

from __future__ import annotations

from vango.actors.crash_points import Point
from vango.core.rules import WriteOrder
from vango.faults import total_loss
from vango.verbs.arguments import Count
from vango.verbs.registry import Name, verb
from vango.verbs.subject import Bench


@verb("truth")
async def promote(bench: Bench, *, route: Name, to: Name, operation: str = "") -> str:
    """Give a route to another allocation: one transaction, one event."""
    return await bench.control.promote(route, to, operation=operation)


@verb("truth")
async def add_route(bench: Bench, *, route: Name, owner: Name) -> str:
    """Create a route with its first owner."""
    return await bench.control.add_route(route, owner)


@verb("truth")
async def add_allocation(bench: Bench, *, allocation: Name) -> str:
    """Create an allocation, pending: not yet allowed to own a route."""
    return await bench.control.add_allocation(allocation)


@verb("truth")
async def allocation_ready(bench: Bench, *, allocation: Name) -> str:
    """Make an allocation ready: from now on it may own routes."""
    return await bench.control.set_allocation(allocation, "ready")


@verb("truth")
async def allocation_drain(bench: Bench, *, allocation: Name) -> str:
    """Drain an allocation: it keeps its routes and gets no more."""
    return await bench.control.set_allocation(allocation, "draining")


@verb("truth")
async def burst(bench: Bench, *, n: Count = 20) -> str:
    """Commit n changes of owner, one after another, over all routes."""
    return await bench.control.burst(n)


@verb("truth")
async def write_order(bench: Bench, *, order: WriteOrder) -> str:
    """Choose in which order the control plane commits and publishes."""
    return await bench.control.set_write_order(order)


@verb("truth", destructive=True)
async def crash_control(bench: Bench, *, at: Point | None = Point.BETWEEN_COMMIT_AND_PUBLISH) -> str:
    """Arm the control plane to crash at a point of its path, once."""
    return bench.control.arm(at)


@verb("truth")
async def disarm_control(bench: Bench) -> str:
    """Disarm a crash of the control plane."""
    return bench.control.arm(None)


@verb("truth", destructive=True)
async def destroy_database(bench: Bench) -> str:
    """Destroy the database of truth; an empty one replaces it. A copy is kept, to compare with and to restore."""
    return await total_loss.destroy_database(bench)


@verb("truth")
async def rebuild_database(bench: Bench) -> str:
    """Ask the stream to rebuild a destroyed database: write everything in the streams into an empty one."""
    return await total_loss.rebuild_database(bench)


@verb("truth")
async def restore_database(bench: Bench) -> str:
    """Restore the kept copy of a destroyed database."""
    return await total_loss.restore_database(bench)
