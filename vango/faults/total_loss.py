"""Total loss: the bus destroyed, or the database destroyed. Each is real, and shows what the other can restore.

The bus comes back empty and everything else follows from the database. The other way, a fresh database takes in every
event that the streams still hold, as far as its own constraints allow. It is compared row by row with a kept copy of
the old one. Only that copy can restore the truth.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from vango.actors.errors import NotThere, Refused
from vango.actors.progress import Stopped
from vango.actors.sqlite import connect
from vango.broker import streams
from vango.faults.rebuild import compare, in_order, rebuild, stored_bodies
from vango.faults.target import Target
from vango.observe.model import LossSeen, RefusedRow, TableSeen
from vango.truth import snapshots
from vango.truth.schema import SCHEMA

KEPT = "truth-kept.db"
REBUILT = "truth-rebuilt.db"
_SUFFIXES = ("", "-wal", "-shm")
NOT_LOST = "The database was not destroyed; there is nothing to restore."


async def destroy_bus(bench: Target) -> str:
    """Delete every stream with its consumers, and the bucket. Raises `Unavailable` without a broker."""
    wire = bench.wire()
    for name in (*streams.SUBJECTS, streams.BUCKET_STREAM):
        with contextlib.suppress(NotThere):
            await wire.api(f"STREAM.DELETE.{name}")
    bench.observer.broker.forget()
    bench.journal.write("stream", "destroyed", "every stream, every consumer and the snapshot bucket were deleted")
    return "The bus is gone: no stream, no consumer, no bucket."


async def restore_bus(bench: Target) -> str:
    """Create the streams and the bucket again, empty. Raises `Unavailable` without a broker."""
    wire = bench.wire()
    for name, rules in bench.settings.streams.items():
        await streams.ensure(wire, name, rules, bench.settings.subjects[name])
    await snapshots.create_bucket(wire)
    bench.journal.write("stream", "restored", "streams and bucket were created again, empty; numbers start at 1")
    return "The bus is back, and empty."


async def destroy_database(bench: Target) -> str:
    """Take the database of truth away, keep a copy for the comparison, and start with an empty one.

    Raises `Refused` when that was done before and the kept copy was not restored.
    """
    if is_lost(bench):
        raise Refused("The database was destroyed already, and a copy of the old one is kept. Put that back first.")
    await _replace(bench, lambda: _move(bench, "truth.db", KEPT))
    bench.journal.write("database", "destroyed", "the database of truth was destroyed; an empty one took its place")
    return "The database is gone, and the control plane has started with an empty one."


async def rebuild_database(bench: Target) -> str:
    """Rebuild the database from everything that the streams hold. Raises `Refused` when it was not destroyed."""
    if not is_lost(bench):
        raise Refused(NOT_LOST)
    try:
        count, refused = await _rebuild_aside(bench)
    except Stopped:
        _discard(bench, REBUILT)
        return "Stopped: nothing was rebuilt, and the database is as it was."
    except BaseException:
        _discard(bench, REBUILT)
        raise

    def put_in_place() -> None:
        _discard(bench, "truth.db")
        _move(bench, REBUILT, "truth.db")

    await _replace(bench, put_in_place)
    bench.refused_rows = refused
    text = f"{count} stored events were written into an empty database; it refused {len(refused)} rows"
    bench.journal.write("database", "rebuilt", text, refused=[row.sentence for row in refused[:50]])
    return f"{text}."


async def _rebuild_aside(bench: Target) -> tuple[int, tuple[RefusedRow, ...]]:
    """Write all that the streams hold into a database beside the truth's, in a thread. Raises `Stopped`."""
    bodies: list[tuple[int, bytes]] = []
    with bench.progress.counting(0, "events read"):
        async for some in stored_bodies(bench.wire()):
            bodies += some
            if await bench.progress.step(len(bodies), "events read"):
                raise Stopped
    _discard(bench, REBUILT)
    with bench.progress.counting(len(bodies), "events written"):
        return await bench.progress.in_thread("events written", _write_anew, bench.folder / REBUILT, bodies)


def _write_anew(
    told: Callable[[int], None], file: Path, bodies: Sequence[tuple[int, bytes]]
) -> tuple[int, tuple[RefusedRow, ...]]:
    database = connect(file)
    try:
        database.conn.executescript(SCHEMA)
        events = in_order(bodies)
        return len(events), rebuild(database, events, told)
    finally:
        database.close()


async def restore_database(bench: Target) -> str:
    """Restore the kept copy of the old database. Raises `Refused` when there is none."""
    if not is_lost(bench):
        raise Refused(NOT_LOST)

    def put_back() -> None:
        _discard(bench, "truth.db")
        _move(bench, KEPT, "truth.db")

    await _replace(bench, put_back)
    bench.journal.write("database", "restored", "the kept copy of the database was put back")
    return "The old database is back."


def is_lost(bench: Target) -> bool:
    """Return whether the database was destroyed and has not been restored."""
    return (bench.folder / KEPT).exists()


class Comparison:
    """The kept copy compared with the database that replaced it, again after each change, in a thread."""

    def __init__(self, bench: Target) -> None:
        self._bench = bench
        self._of: tuple[object, ...] = ()
        self._tables: tuple[TableSeen, ...] = ()

    async def look(self) -> LossSeen | None:
        """Compare; None while nothing was destroyed."""
        if not is_lost(self._bench):
            return None
        connection = self._bench.truth.db.conn
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        now = (connection, connection.total_changes, version)
        if now != self._of:
            folder = self._bench.folder
            self._tables = await asyncio.to_thread(_compare, folder / KEPT, folder / "truth.db")
            self._of = now
        refusals = self._bench.refused_rows
        return LossSeen(self._tables, tuple(row.sentence for row in refusals), refusals)


def _compare(kept_file: Path, found_file: Path) -> tuple[TableSeen, ...]:
    with closing(connect(kept_file)) as kept, closing(connect(found_file)) as found:
        return compare(kept, found)


async def _replace(bench: Target, move: Callable[[], None]) -> None:
    """Stop the relay, close the database, move files, and open the database that is then in place."""
    ran = bench.relay.is_running
    await bench.relay.stop("the database was replaced")
    async with bench.looking:
        bench.truth.close()
        try:
            move()
        finally:
            bench.truth.open()
        bench.refused_rows = ()
    if ran:
        await bench.relay.start()


def _move(bench: Target, source: str, target: str) -> None:
    for suffix in _SUFFIXES:
        if (file := bench.folder / f"{source}{suffix}").exists():
            file.replace(bench.folder / f"{target}{suffix}")


def _discard(bench: Target, name: str) -> None:
    for suffix in _SUFFIXES:
        (bench.folder / f"{name}{suffix}").unlink(missing_ok=True)
