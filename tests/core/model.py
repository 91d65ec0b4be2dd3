"""Truth and stream as plain values: what was committed, and what JetStream does to the messages that announce it."""

from __future__ import annotations

from dataclasses import dataclass, field

from vango.core.claims import Mark
from vango.core.events import ROUTE_OWNER_UPDATED, Event
from vango.core.judge import Row
from vango.core.records import Fact, Told
from vango.core.snapshot import Snapshot, seal

Owned = dict[str, tuple[str, int, int]]
"""Route → owner, epoch, and how often owners were drained: what a view must hold."""


class Truth:
    """What was committed: each commit is one event, chained to the one before it."""

    def __init__(self) -> None:
        self.history: list[Event] = []

    @property
    def latest(self) -> int:
        return len(self.history)

    def commit(self, route: str) -> Event:
        last = next((event for event in reversed(self.history) if event.route == route), None)
        sequence, epoch = self.latest + 1, last.epoch + 1 if last else 1
        event = Event(
            id=f"e{sequence}",
            type=ROUTE_OWNER_UPDATED,
            subject=f"{ROUTE_OWNER_UPDATED}.{route}",
            time="2026-01-01T00:00:00Z",
            sequence=sequence,
            previous_id=self.history[-1].id if self.history else "",
            revision=sequence,
            route=route,
            owner=f"alloc-{epoch}",
            previous_owner=last.owner if last else "",
            epoch=epoch,
        )
        self.history.append(event)
        return event

    def facts(self, sequence: int) -> dict[str, Fact]:
        told = self.history[:sequence]
        return {e.route: Fact(e.sequence, e.id, e.route, e.owner, e.epoch, Told.PUBLISHED) for e in told}

    def as_of(self, sequence: int) -> Owned:
        return {route: (fact.owner, fact.epoch, fact.epoch - 1) for route, fact in self.facts(sequence).items()}

    def mark(self, back: int = 0, *, unpublished: int = 0) -> Mark:
        """The control plane's word for the latest, as it was some commits ago."""
        latest = max(0, self.latest - back)
        return Mark(latest, self.history[latest - 1].id if latest else "", max(0, latest - unpublished))

    def snapshot(self, stream_seq: int) -> bytes:
        facts = self.facts(self.latest).values()
        rows = tuple(Row(f.route, f.owner, f.epoch, f.event_id, f.epoch - 1, f.epoch) for f in facts)
        last_id = self.history[-1].id if self.history else ""
        return seal(Snapshot(self.latest, last_id, stream_seq, "2026-01-01T00:00:00Z", rows))


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message as a consumer gets it. `deliveries` counts from 1."""

    payload: bytes
    stream_seq: int
    deliveries: int = 1


@dataclass(slots=True)
class Stream:
    """Stored messages by stream seq, and the one consumer: where it reads, what it waits for, what was acked."""

    stored: dict[int, bytes] = field(default_factory=dict)
    last_seq: int = 0
    next_seq: int = 1
    outstanding: dict[int, bytes] = field(default_factory=dict)
    acked: dict[int, bytes] = field(default_factory=dict)

    def store(self, payload: bytes) -> int:
        self.last_seq += 1
        self.stored[self.last_seq] = payload
        return self.last_seq

    def pending(self) -> list[int]:
        return sorted(seq for seq in self.stored if seq >= self.next_seq)

    def deliver(self, most: int) -> list[Delivered]:
        seqs = self.pending()[:most]
        self.next_seq = seqs[-1] + 1
        self.outstanding |= {seq: self.stored[seq] for seq in seqs}
        return [Delivered(self.stored[seq], seq) for seq in seqs]

    def ack(self, seq: int) -> None:
        if seq in self.outstanding:
            self.acked[seq] = self.outstanding.pop(seq)

    def evict(self, *, keep: int) -> None:
        """Purge, or evict by a limit: the consumer is not told."""
        for seq in sorted(self.stored)[: len(self.stored) - keep]:
            self.delete(seq)

    def delete(self, seq: int) -> None:
        del self.stored[seq]
        self.outstanding.pop(seq, None)

    def consume_from(self, seq: int) -> None:
        """Put the consumer back, or create it again: it forgets every ack."""
        self.next_seq = seq
        self.outstanding, self.acked = {}, {}

    def copy(self) -> Stream:
        """Copy the store. A cursor that comes back with it is the store's word; the edge's own acks are not in it."""
        return Stream(dict(self.stored), self.last_seq, self.next_seq, dict(self.outstanding))
