"""A snapshot taken by hand, and a snapshot's fault: one flipped bit."""

from __future__ import annotations

from vango.faults.target import Target
from vango.truth import snapshots


async def take(bench: Target) -> str:
    """Take and store a snapshot."""
    name, snapshot = await bench.take_snapshot()
    text = f"snapshot {name} of {len(snapshot.rows)} routes at {snapshot.sequence}, stream seq {snapshot.stream_seq}"
    bench.journal.write("database", "snapshot", text, name=name, sequence=snapshot.sequence)
    return f"Took {text}."


async def corrupt(bench: Target) -> str:
    """Corrupt the latest stored snapshot."""
    name = await snapshots.corrupt_latest(bench.wire())
    bench.journal.write(
        "stream", "corrupt", f"snapshot {name}: one bit of an owner was flipped, the checksum was left", name=name
    )
    return f"The snapshot {name} was corrupted."
