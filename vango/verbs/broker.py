"""Verbs on the broker and on the snapshots that it stores."""

from __future__ import annotations

from vango.faults import broker, snapshots
from vango.verbs.registry import Name, verb
from vango.verbs.subject import Bench


@verb("broker", destructive=True)
async def kill_broker(bench: Bench) -> str:
    """Kill the broker process with SIGKILL; it stays down until it is started."""
    return await broker.kill(bench)


@verb("broker")
async def start_broker(bench: Bench) -> str:
    """Start the broker on its old port and store."""
    return await broker.start(bench)


@verb("broker")
async def restart_broker(bench: Bench) -> str:
    """Kill the broker and start it again."""
    await broker.kill(bench)
    return await broker.start(bench)


@verb("broker", destructive=True)
async def freeze_broker(bench: Bench) -> str:
    """Freeze the broker process with SIGSTOP: connections stay open and nothing answers."""
    return await broker.freeze(bench)


@verb("broker")
async def thaw_broker(bench: Bench) -> str:
    """Resume a frozen broker with SIGCONT."""
    return await broker.thaw(bench)


@verb("broker")
async def keep_store(bench: Bench) -> str:
    """Copy the broker's store, for a later rollback."""
    return await broker.keep_store(bench)


@verb("broker", destructive=True)
async def rollback_store(bench: Bench) -> str:
    """Kill the broker, restore the kept copy of its store and start it, like a power cut or a restored backup."""
    return await broker.roll_back_store(bench)


@verb("snapshot")
async def take_snapshot(bench: Bench) -> str:
    """Take a snapshot of truth and store it in the bucket."""
    return await snapshots.take(bench)


@verb("snapshot", destructive=True)
async def corrupt_snapshot(bench: Bench) -> str:
    """Flip one bit in the latest stored snapshot, in the name of an owner, and leave its checksum unchanged."""
    return await snapshots.corrupt(bench)


@verb("snapshot")
async def load_snapshot(bench: Bench, *, edge: Name) -> str:
    """Let an edge rebuild from the latest snapshot."""
    return await bench.edge(edge).rebuild_when_told()
