"""Verbs on the streams: limits, purges, and foreign publishes."""

from __future__ import annotations

from typing import Annotated

from vango.core.telemetry import Shape
from vango.faults import foreign_publishes, streams, total_loss
from vango.faults import telemetry as telemetry_samples
from vango.verbs.arguments import MAX_SEQ, Bytes, Count, Limit, Seconds, Seq, given
from vango.verbs.registry import Between, Name, verb
from vango.verbs.subject import Bench


@verb("stream")
async def stream_limits(
    bench: Bench,
    *,
    stream: str = "ROUTES",
    max_msgs: Limit | None = None,
    max_bytes: Bytes | None = None,
    max_age_s: Seconds | None = None,
    duplicate_window_s: Seconds | None = None,
) -> str:
    """Set a stream's limits and its duplicate window. Lowering a limit evicts at once."""
    limits = given(max_msgs=max_msgs, max_bytes=max_bytes, max_age_s=max_age_s, duplicate_window_s=duplicate_window_s)
    return await bench.rule_changes.stream(stream, limits)


@verb("stream")
async def stream_subjects(bench: Bench, *, stream: str = "ROUTES", subjects: str) -> str:
    """Set which subjects a stream stores, separated by spaces. Those that overlap with another stream's are refused."""
    return await bench.rule_changes.subjects(stream, subjects.replace(",", " ").split())


@verb("stream", destructive=True)
async def purge(
    bench: Bench,
    *,
    stream: str = "ROUTES",
    up_to: Seq | None = None,
    keep: Annotated[int, Between(1, MAX_SEQ)] | None = None,
    subject: str = "",
) -> str:
    """Purge a stream: all of it, up to a stream seq, all but the last few, or one subject."""
    return await streams.purge(bench, stream, up_to=up_to, keep=keep, subject=subject)


@verb("stream", destructive=True)
async def delete_message(bench: Bench, *, stream: str = "ROUTES", seq: Seq) -> str:
    """Delete one message from a stream."""
    return await streams.delete_message(bench, stream, seq)


@verb("stream", destructive=True)
async def recreate_stream(bench: Bench, *, stream: str = "ROUTES") -> str:
    """Delete a stream with its consumers and create it again: numbers start at 1."""
    return await streams.recreate(bench, stream)


@verb("stream", destructive=True)
async def destroy_bus(bench: Bench) -> str:
    """Destroy the bus: every stream, every consumer and the snapshot bucket."""
    return await total_loss.destroy_bus(bench)


@verb("stream")
async def restore_bus(bench: Bench) -> str:
    """Create the streams and the bucket again, empty."""
    return await total_loss.restore_bus(bench)


@verb("stream")
async def republish(bench: Bench, *, sequence: Seq, after_window: bool = False) -> str:
    """Publish an event of the history again under its own id, at once or as soon as the broker has forgotten the id."""
    return await streams.republish(bench, sequence, after_window=after_window)


@verb("stream", destructive=True)
async def delete_consumer(bench: Bench, *, consumer: Name) -> str:
    """Delete a consumer of ROUTES: its cursor and what it has outstanding go with it."""
    return await streams.delete_consumer(bench, consumer)


@verb("stream")
async def republish_often(
    bench: Bench,
    *,
    sequence: Seq,
    times: Annotated[int, Between(1, 20)] = 8,
    every_s: Annotated[float, Between(0, 2)] = 0.15,
) -> str:
    """Publish an event of the history again and again under its own id, as a relay that retries too early does."""
    return await foreign_publishes.republish_often(bench, sequence, times=times, every_s=every_s)


@verb("stream")
async def republish_altered(bench: Bench, *, sequence: Seq, owner: Name) -> str:
    """Publish another payload under the id of an event of the history: the same event with another owner in it."""
    return await foreign_publishes.republish_altered(bench, sequence, owner)


@verb("stream", destructive=True)
async def publish_poison(bench: Bench, *, route: Name) -> str:
    """Publish a message on a route's subject that no edge can read."""
    return await foreign_publishes.publish_poison(bench, route)


@verb("stream")
async def telemetry(bench: Bench, *, n: Count = 100, shape: Shape = Shape.AGREED) -> str:
    """Let the hosts send n telemetry samples, in the agreed format or with a field renamed: not part of truth."""
    return await telemetry_samples.send(bench, n, shape)
