"""Snapshots in a JetStream Object Store bucket: built from truth in one read, sealed, stored, fetched.

The order is the proof. The stream's last seq is read first, then the truth. So every event that the snapshot does not
cover is committed, and therefore stored, after that seq. A reader that follows from there misses nothing, and an
event that comes twice is a duplicate (docs/design.md#snapshots).

The bucket is read with direct gets, because the client's object store waits for ever for a missing chunk.
"""

from __future__ import annotations

import base64
import json
import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import ObjectMeta, ObjectMetaOptions
from nats.js.errors import NotFoundError

from vango.actors import tasks, told
from vango.actors.errors import NotThere, Refused, Unavailable, VangoError
from vango.actors.sqlite import reading
from vango.broker import direct
from vango.broker.connection import Connection
from vango.broker.streams import BUCKET, stream_of
from vango.core.facts import R
from vango.core.judge import Row
from vango.core.names import Domain
from vango.core.routes import read_row
from vango.core.snapshot import BadSnapshot, Snapshot, checksum, seal, unseal
from vango.truth.outbox import Outbox

KEEP = 5
CHUNK_BYTES = 32 * 1024
PATIENCE_S = 3.0

_T = TypeVar("_T")
Rows: TypeAlias = Callable[[sqlite3.Connection], Iterable[R]]
"""Reads the rows of a snapshot out of a database, inside one read transaction."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored snapshot: `nuid` names its bytes, which never change; a name may be reused later."""

    name: str
    nuid: str
    size: int


def build(outbox: Outbox, feed: str, rows: Rows[R], stream_seq: int) -> Snapshot[R]:
    """Read a snapshot out of truth in one transaction. `stream_seq` must have been read from the stream before."""
    with reading(outbox.db) as connection:
        link = connection.execute(
            "SELECT sequence, id FROM event WHERE feed = ? ORDER BY sequence DESC LIMIT 1", [feed]
        ).fetchone()
        found = tuple(rows(connection))
    sequence, event_id = link or (0, "")
    taken_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return Snapshot(sequence, event_id, stream_seq, taken_at, found)


def routes(connection: sqlite3.Connection) -> Iterator[Row]:
    """Yield the routes as truth has them, each as the row of a view that applied everything once."""
    found = connection.execute(
        "SELECT r.name, r.owner, r.epoch, e.id FROM route AS r"
        " JOIN event AS e ON e.feed = 'route' AND e.sequence = r.sequence ORDER BY r.name"
    )
    return (Row(name, owner, epoch, made_by, epoch - 1, epoch) for name, owner, epoch, made_by in found)


async def create_bucket(wire: Connection, bucket: str = BUCKET) -> None:
    """Create the bucket, or find it. Who finds it needs no right to create one."""
    try:
        await wire.api(f"STREAM.INFO.{stream_of(bucket)}")
    except NotThere:
        pass
    else:
        return
    await _patiently(wire.client.jetstream().create_object_store(bucket, description="baselines of truth"))


async def take(wire: Connection, outbox: Outbox, domain: Domain, rows: Rows[R]) -> tuple[str, Snapshot[R]]:
    """Build a snapshot, store it, and return its name with it. Raises `Unavailable` when the bucket does not answer."""
    last_seq: int = (await wire.api(f"STREAM.INFO.{domain.stream}"))["state"]["last_seq"]
    snapshot = build(outbox, domain.feed, rows, last_seq)
    # A name of its own: replacing an object purges the chunks that somebody may be reading.
    name = f"at-{snapshot.sequence:06d}-{secrets.token_hex(2)}"
    await _put(wire, domain.bucket, name, seal(snapshot))
    await _forget_old(wire, domain.bucket)
    return name, snapshot


async def answer(request: Msg, taken: Awaitable[tuple[str, Snapshot[R]]]) -> None:
    """Take a snapshot for an edge that asks for one, and tell it the name, or why there is none."""
    try:
        name, snapshot = await taken
        said: dict[str, Any] = {"name": name, "sequence": snapshot.sequence}
    except VangoError as error:
        said = {"error": str(error)}
    await request.respond(json.dumps(said).encode())


async def fetch(wire: Connection, name: str, bucket: str = BUCKET) -> bytes:
    """Return a stored snapshot's bytes, unverified. Raises `NotThere`, `Unavailable`."""
    for one in await stored(wire, bucket):
        if one.name == name:
            return await read(wire, one, bucket)
    raise NotThere("The bucket has no such snapshot.")


async def read(wire: Connection, one: Stored, bucket: str = BUCKET) -> bytes:
    """Return the bytes of one that was found stored. Raises `NotThere` when it has gone since, `Unavailable`."""
    chunks = await direct.everything(wire, stream_of(bucket), _chunks(bucket, one.nuid))
    found = b"".join(chunk.data for chunk in chunks)
    if len(found) < one.size:
        raise NotThere(f"The snapshot {one.name} is incomplete: {len(found)} of its {one.size} bytes are left.")
    return found


async def stored(wire: Connection, bucket: str = BUCKET) -> list[Stored]:
    """Return the stored snapshots, oldest first. Raises `NotThere` without a bucket, `Unavailable`."""
    found = await direct.everything(wire, stream_of(bucket), f"$O.{bucket}.M.>")
    return [one for meta in found if (one := _read_meta(meta.data)) is not None]


def _read_meta(payload: bytes) -> Stored | None:
    """Read what the bucket says of one object; None for a deleted one, or one that no object store wrote."""
    try:
        meta = told.read_object(payload)
    except told.Unreadable:
        return None
    name, nuid, size = meta.get("name"), meta.get("nuid"), meta.get("size")
    if not isinstance(name, str) or not isinstance(nuid, str) or not isinstance(size, int) or meta.get("deleted"):
        return None
    return Stored(name, nuid, size)


async def names(wire: Connection, bucket: str = BUCKET) -> list[str]:
    """Return the names of the stored snapshots, oldest first; the last stored one is the latest."""
    return [one.name for one in await stored(wire, bucket)]


def claimed_sum(stored: bytes) -> str:
    """Return the checksum that a stored snapshot claims; empty when it cannot be read."""
    try:
        return str(told.read_object(stored)["sha256"])
    except (told.Unreadable, KeyError):
        return ""


async def corrupt_latest(wire: Connection) -> str:
    """Flip one bit of an owner in the latest snapshot and leave its checksum alone. Returns its name.

    Raises `NotThere` when there is none to corrupt, `Refused` when that was done before.
    """
    found = await stored(wire)
    if not found:
        raise NotThere("No snapshot is stored. Take one first.")
    latest = found[-1]
    try:
        snapshot = unseal(await read(wire, latest), read_row)
    except BadSnapshot as error:
        raise Refused(f"The latest snapshot is damaged already: {error}. Take a fresh one first.") from error
    if not snapshot.rows:
        raise NotThere("The latest snapshot has no route that could be corrupted.")
    rows = (replace(snapshot.rows[0], owner=flip_one_bit(snapshot.rows[0].owner)), *snapshot.rows[1:])
    forged = seal(replace(snapshot, rows=rows)).replace(
        checksum(replace(snapshot, rows=rows)).encode(), checksum(snapshot).encode()
    )
    await _put(wire, BUCKET, latest.name, forged)
    return latest.name


def flip_one_bit(owner: str) -> str:
    """Flip a bit in the last character so that another valid name comes out: alloc-a becomes alloc-c."""
    last = ord(owner[-1])
    flips = (chr(last ^ bit) for bit in (2, 1, 4, 8))
    return owner[:-1] + next((char for char in flips if char.isalnum()), chr(last ^ 1))


async def _put(wire: Connection, bucket: str, name: str, sealed: bytes) -> None:
    store = await _patiently(wire.client.jetstream(timeout=PATIENCE_S).object_store(bucket))
    meta = ObjectMeta(name=name, options=ObjectMetaOptions(max_chunk_size=CHUNK_BYTES))
    await _patiently(store.put(name, sealed, meta=meta))


async def _forget_old(wire: Connection, bucket: str) -> None:
    """Remove the oldest for good. Another take may run beside this one and be quicker: then nothing is left."""
    for one in (await stored(wire, bucket))[:-KEEP]:
        meta = base64.urlsafe_b64encode(one.name.encode()).decode()
        for subject in (f"$O.{bucket}.M.{meta}", _chunks(bucket, one.nuid)):
            await wire.api(f"STREAM.PURGE.{stream_of(bucket)}", {"filter": subject})


def _chunks(bucket: str, nuid: str) -> str:
    return f"$O.{bucket}.C.{nuid}"


async def _patiently(work: Coroutine[Any, Any, _T]) -> _T:
    """Wait for the object store, but not for ever."""
    try:
        return await tasks.in_time(work, PATIENCE_S)
    except NotFoundError as error:
        raise NotThere("The bucket has no such snapshot.") from error
    except (NatsError, OSError, TimeoutError) as error:
        raise Unavailable(
            f"The snapshot bucket does not answer: {str(error) or 'no reply in time'}.", definite=False
        ) from error
