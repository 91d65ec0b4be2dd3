"""Recovery: how an edge that has failed closed comes back, and how an empty one begins.

A snapshot is verified, replaces view and position in one transaction, and is followed from its stream seq + 1. The
first event after it must chain on to it: the judge sees to that, and a break fails closed again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any

from nats.aio.msg import Msg

from vango.actors import told
from vango.actors.crash_points import Crashed, Point
from vango.actors.errors import NotThere, Unavailable
from vango.core.causes import Cause, Reason
from vango.core.modes import Mode, Signal
from vango.core.rules import FollowFrom, OnGap, StartFrom
from vango.core.snapshot import BadSnapshot, Snapshot, unseal
from vango.edge import consumers
from vango.edge.session import Session
from vango.edge.telling import Loaded, tell_loaded
from vango.truth import snapshots

SNAPSHOT_TIMEOUT_S = 3.0
MAX_REBUILDS = 3
ASKED_AGAIN, ASK_AGAIN_S = 5, 0.1
REFUSED_PAUSE_S = 1.0
"""How long the control plane is left alone after it had no snapshot to give: a busy one sends many heartbeats."""


class NoSnapshot(BadSnapshot):
    """There was none to load: none was given, nobody answered, or none is stored. One may be had a little later."""

    cause = Cause.NO_SNAPSHOT


async def begin(session: Session) -> None:
    """Resume from the view, or load a snapshot into an empty one, or start from what comes next."""
    is_empty, start_from = session.view.is_empty, session.rules.start_from
    if is_empty and start_from is StartFrom.SNAPSHOT and (stored := await _latest(session)):
        try:
            await load(session, stored)
        except BadSnapshot as error:
            await fail_closed(session, refusal(error))
        return
    await session.open_consumer(from_new=is_empty and start_from is StartFrom.NEW)
    session.edge.signal(Signal.RESUMED, "")


def refusal(error: BadSnapshot) -> Reason:
    """Return why a snapshot was not loaded, with its cause."""
    return Reason(f"the snapshot is refused: {error}", error.cause)


async def fail_closed(session: Session, reason: str) -> None:
    """Record why, stop reading, and recover as the rules say."""
    session.edge.signal(Signal.SURPRISE, reason)
    await recover(session)


async def recover(session: Session) -> None:
    """Out of failed closed: rebuild from a fresh snapshot, or carry on, or stay closed."""
    edge, on_gap = session.edge, session.rules.on_gap
    await session.close_pull()
    edge.wants_snapshot = False
    if edge.mode is Mode.REBUILDING:
        edge.signal(Signal.SURPRISE, Reason("the rebuild was interrupted", Cause.INTERRUPTED))
    if on_gap is OnGap.CARRY_ON:
        await carry_on(session)
    elif on_gap is OnGap.REBUILD and edge.rebuilds_in_a_row < MAX_REBUILDS:
        try:
            await rebuild(session, fresh=True)
        except BadSnapshot as error:
            edge.signal(Signal.SURPRISE, refusal(error))
            edge.wants_snapshot = edge.took_stored or isinstance(error, NoSnapshot)
        else:
            edge.rebuilds_in_a_row += 1
    elif on_gap is OnGap.REBUILD and edge.took_stored:
        # The control plane was away, and what it had stored before does not reach over the gap: ask it once more.
        edge.rebuilds_in_a_row -= 1
        edge.wants_snapshot = True


def is_due(session: Session) -> bool:
    """Whether a snapshot that could not be had is to be asked for now. On a broken connection nobody would answer."""
    edge = session.edge
    is_wanted = edge.wants_snapshot and edge.mode is Mode.FAILED_CLOSED
    return is_wanted and time.monotonic() >= edge.asks_from and not session.wire.broken.is_set()


async def carry_on(session: Session) -> None:
    """Know of the gap and read on all the same: whatever is claimed from here on rests on nothing."""
    session.edge.signal(Signal.REBUILD, "carrying on after a gap")
    session.edge.signal(Signal.LOADED, "")
    await session.open_pull()


async def rebuild(session: Session, *, fresh: bool) -> None:
    """Replace the view by a snapshot: a fresh one from the control plane, or the latest that is stored."""
    session.edge.signal(Signal.REBUILD, "")
    try:
        stored = await _fresh(session) if fresh else await _latest(session)
    except (Unavailable, NotThere) as error:
        raise NoSnapshot(f"none could be had: {error}".rstrip(".")) from error
    if not stored:
        raise NoSnapshot("none is stored")
    await load(session, stored)
    session.edge.counters["rebuilds"] += 1


async def load(session: Session, stored: bytes) -> None:
    """Verify, replace view and position in one transaction, then follow from the snapshot's stream seq + 1."""
    snapshot = unseal(stored, session.edge.facts.read_row, verify=session.rules.verify_checksum)
    await _reach_while_loading(session, snapshot)
    await session.keep(session.view.replace, [snapshot.rows], snapshot.position)
    session.claiming.note_move(mark_follows=False)
    if session.rules.follow_from is FollowFrom.SNAPSHOT:
        await follow_the_snapshot(session, snapshot)
    else:
        await follow_what_is_new(session, snapshot)
    session.edge.signal(Signal.LOADED, "")


async def follow_the_snapshot(session: Session, snapshot: Snapshot[Any]) -> None:
    """Read on right behind the snapshot: whatever was stored since it was taken comes next."""
    tell_loaded(session, Loaded(snapshot, f"from stream seq {snapshot.stream_seq + 1}"))
    await follow_from(session, snapshot.stream_seq)


async def follow_what_is_new(session: Session, snapshot: Snapshot[Any]) -> None:
    """Read on with what is stored from now on: whatever was stored since the snapshot was taken is left out."""
    tell_loaded(session, Loaded(snapshot, "from new"))
    await session.close_pull()
    await consumers.move_to_new(session.wire, session.domain.stream, session.consumer, session.rules)
    await session.open_pull()


async def follow_from(session: Session, stream_seq: int) -> None:
    """Stop reading, set the consumer to just after a stream seq, and read on from there."""
    await session.close_pull()
    await consumers.move(session.wire, session.domain.stream, session.consumer, session.rules, after=stream_seq)
    await session.open_pull()


async def _latest(session: Session) -> bytes:
    bucket = session.domain.bucket
    names = await snapshots.names(session.wire, bucket)
    return await snapshots.fetch(session.wire, names[-1], bucket) if names else b""


async def _fresh(session: Session) -> bytes:
    session.edge.took_stored = False
    try:
        said = await _answered(session)
        answer = told.read_object(said.data)
    except Unavailable:
        stored = await _latest(session)
        session.edge.took_stored = bool(stored)
        return stored
    except told.Unreadable as error:
        raise _none_given(session, f"the control plane's answer cannot be read: {error}") from error
    if not isinstance(answer.get("name"), str):
        raise _none_given(session, str(answer.get("error", "the control plane could not take one")))
    return await snapshots.fetch(session.wire, answer["name"], session.domain.bucket)


def _none_given(session: Session, words: str) -> NoSnapshot:
    """The control plane is there and has none to give now: leave it alone for a while."""
    session.edge.asks_from = time.monotonic() + REFUSED_PAUSE_S
    return NoSnapshot(words.rstrip("."))


async def _answered(session: Session) -> Msg:
    """Ask the control plane for a snapshot; a little later again when nobody listens. Raises `Unavailable`.

    After a restart of the broker an edge may be connected before the control plane is.
    """
    for _ in range(ASKED_AGAIN):
        try:
            return await session.wire.request(session.domain.control.snapshot, timeout_s=SNAPSHOT_TIMEOUT_S)
        except Unavailable as error:
            if not error.definite:
                raise
        await asyncio.sleep(ASK_AGAIN_S)
    return await session.wire.request(session.domain.control.snapshot, timeout_s=SNAPSHOT_TIMEOUT_S)


async def _reach_while_loading(session: Session, snapshot: Snapshot[Any]) -> None:
    """The crash point half-way through: the rows are written and the transaction is not committed."""
    path = session.edge.path
    if path.armed is not Point.IN_SNAPSHOT_LOAD:
        return

    def halves() -> Iterator[Sequence[Any]]:
        yield snapshot.rows[: len(snapshot.rows) // 2]
        path.armed = None
        raise Crashed(Point.IN_SNAPSHOT_LOAD)

    await session.keep(session.view.replace, halves(), snapshot.position)
