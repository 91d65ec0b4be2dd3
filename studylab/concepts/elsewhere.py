"""What the things of this course are called elsewhere: Kafka, RabbitMQ and PostgreSQL, for the debrief of each lab.

Names of other systems' own documentation. Where a system has no such thing, the entry says so.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """One thing in four systems, and the labs in which it matters."""

    here: str
    kafka: str
    rabbitmq: str
    postgres: str
    labs: tuple[str, ...]


TABLE = (
    Elsewhere(
        "outbox and relay",
        "an outbox table, read by a connector such as Debezium",
        "an outbox table and a publisher of your own",
        "an outbox table; pg_logical_emit_message() writes a message into the same transaction",
        ("commit-first", "rebuild-from-truth", "storm"),
    ),
    Elsewhere(
        "PubAck",
        "the answer to a produce request with acks=all",
        "publisher confirms",
        "a COMMIT that was answered",
        ("commit-first", "unknown-outcome"),
    ),
    Elsewhere(
        "subject, with wildcards",
        "topic; a pattern can choose topics, none can choose within one",
        "routing key on a topic exchange, with * and #",
        "a publication, with a row filter",
        ("subjects",),
    ),
    Elsewhere(
        "stream",
        "a partition of a topic",
        "a stream; a queue deletes what is acknowledged",
        "the write-ahead log, read by logical decoding",
        ("streams", "replay"),
    ),
    Elsewhere(
        "retention limits",
        "retention.ms and retention.bytes, or log compaction",
        "max-age and max-length-bytes of a stream; max-length and message TTL of a queue",
        "what a replication slot holds back, up to max_slot_wal_keep_size",
        ("streams", "fail-closed"),
    ),
    Elsewhere(
        "durable consumer",
        "a consumer group with committed offsets",
        "a durable queue; for a stream, a consumer with a name and a stored offset",
        "a replication slot",
        ("durable-consumers",),
    ),
    Elsewhere(
        "ack",
        "committing an offset",
        "basic.ack",
        "the flush position that a subscriber reports (confirmed_flush_lsn)",
        ("acks", "storm"),
    ),
    Elsewhere(
        "redelivery",
        "reading again from the last committed offset",
        "requeueing; the redelivered flag is set",
        "sending again from confirmed_flush_lsn after a reconnect",
        ("acks", "deduplication"),
    ),
    Elsewhere(
        "poison message",
        "a dead letter topic: built into Kafka Connect, else your own",
        "a dead letter exchange; quorum queues have a delivery limit",
        "an apply worker that fails again and again; ALTER SUBSCRIPTION … SKIP passes over it",
        ("acks",),
    ),
    Elsewhere(
        "replay from a stream seq",
        "seek(), or resetting the offsets of a group",
        "x-stream-offset of a stream; a queue cannot",
        "recovery from a base backup; a slot does not go back",
        ("replay",),
    ),
    Elsewhere(
        "epoch, a fencing token",
        "producer epoch, leader epoch",
        "nothing for consumers; check a version of your own",
        "a version column that each UPDATE compares",
        ("replay", "storm"),
    ),
    Elsewhere(
        "snapshot, then follow",
        "a compacted topic, or the initial snapshot of a connector",
        "nothing in the broker: read the database, then the stream",
        "the initial copy of a subscription (copy_data), then its slot",
        ("snapshots", "rebuild-from-truth"),
    ),
    Elsewhere(
        "message id and duplicate window",
        "the idempotent producer: producer id and sequence numbers",
        "a producer name and publishing ids on streams; nothing on queues",
        "a unique key and INSERT … ON CONFLICT DO NOTHING",
        ("deduplication", "unknown-outcome"),
    ),
    Elsewhere(
        "an edge’s position in its own transaction",
        "offsets stored in the database of the result",
        "the stream’s offset stored in the database of the result",
        "a replication origin",
        ("deduplication", "durable-consumers"),
    ),
    Elsewhere(
        "no answer: stored or not",
        "a time-out of a produce request; safe to retry with enable.idempotence",
        "no confirm came; publish again, and let the consumer deduplicate",
        "a connection lost during COMMIT; pg_xact_status() tells",
        ("unknown-outcome",),
    ),
    Elsewhere(
        "events that are no longer stored",
        "OffsetOutOfRange; auto.offset.reset then decides in silence",
        "a stream consumer starts at the oldest message that is left",
        "a slot that was invalidated: wal_status is lost",
        ("fail-closed", "streams"),
    ),
    Elsewhere(
        "high-water mark",
        "the end offset of a partition; lag is the distance to it",
        "nothing for queues: an empty queue does not say what was lost",
        "pg_current_wal_lsn(), compared with the position of the replica",
        ("fail-closed", "storm"),
    ),
)


def elsewhere(lab: str) -> tuple[Elsewhere, ...]:
    """Return the rows that matter in a lab; none for a lab that is not of this course."""
    return tuple(row for row in TABLE if lab in row.labs)
