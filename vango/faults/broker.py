"""Faults of the broker: signals to its process, and a store that is rolled back to an earlier copy."""

from __future__ import annotations

from vango.faults.target import Target


async def kill(bench: Target) -> str:
    """Kill the broker process."""
    await bench.broker.kill()
    bench.journal.write("broker", "kill", "broker killed with SIGKILL")
    return "The broker was killed; it stays down until it is started."


async def start(bench: Target) -> str:
    """Start the broker on its port and store."""
    await bench.broker.start()
    bench.journal.write("broker", "start", f"broker started, process {bench.broker.pid}")
    return "The broker was started."


async def freeze(bench: Target) -> str:
    """Suspend the broker process."""
    await bench.broker.freeze()
    bench.journal.write("broker", "freeze", "broker frozen with SIGSTOP")
    return "The broker is frozen: connections stay open and nothing answers."


async def thaw(bench: Target) -> str:
    """Resume the broker process."""
    await bench.broker.thaw()
    bench.journal.write("broker", "thaw", "broker thawed with SIGCONT")
    return "The broker continues."


async def keep_store(bench: Target) -> str:
    """Copy the store."""
    await bench.broker.keep()
    bench.journal.write("broker", "keep", "the broker's store was copied")
    return "A copy of the store is kept."


async def roll_back_store(bench: Target) -> str:
    """Restore the kept copy."""
    await bench.broker.rollback()
    bench.observer.broker.forget()
    bench.journal.write("broker", "rollback", "the broker's store was rolled back to the kept copy")
    return "The broker runs on the kept copy of its store."
