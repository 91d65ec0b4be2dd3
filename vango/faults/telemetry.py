"""Telemetry: samples that share the broker with the truth's events and are not part of truth."""

from __future__ import annotations

import secrets
import time
from typing import Any

from vango.actors.errors import Refused, Unavailable
from vango.broker.connection import Connection
from vango.core.telemetry import Shape
from vango.core.telemetry import encode as encode_sample
from vango.faults.target import Target

SAMPLES = "samples"


async def send(bench: Target, n: int, shape: Shape) -> str:
    """Publish telemetry samples, directly into the stream that stores them. They are not part of truth."""
    wire = bench.wire()
    progress, asked_for = bench.progress, n
    with progress.counting(n, SAMPLES):
        for number in range(n - 1):
            if await progress.step(number, SAMPLES):
                n = number + 1
                break
            await wire.publish(*_sample(number, shape))
    # Only the last one is confirmed. All were sent over one connection, so those before it are stored as well.
    where, asked = await _store(wire, *_sample(n, shape))
    if n < asked_for:
        where += f"; stopped, {asked_for:,} were asked for"
        arguments = {"n": n, "shape": shape.value}
        bench.journal.write("learner", "stopped", f"stopped after {n}", verb="telemetry", arguments=arguments)
    text = f"{n} telemetry sample{'' if n == 1 else 's'}, {shape}: {where}"
    bench.journal.write("stream", "telemetry", text, count=n, shape=shape.value, api=asked)
    return f"{n} sample{' was' if n == 1 else 's were'} sent: {where}."


def _sample(number: int, shape: Shape) -> tuple[str, bytes]:
    host = f"host-{number % 8}"
    sample_id = f"telemetry-{secrets.token_hex(6)}"
    sample = encode_sample(host, number % 100, at=time.time(), sample_id=sample_id, shape=shape)
    return f"telemetry.sampled.{host}", sample


async def _store(wire: Connection, subject: str, sample: bytes) -> tuple[str, dict[str, Any]]:
    """Store the last sample. Returns where, in words, and the request with its answer; empty when none came."""
    try:
        ack = await wire.store(subject, sample)
    except Refused as error:
        return f"not stored: {error}".rstrip("."), {}
    except Unavailable as error:
        return f"possibly not stored: {error}".rstrip("."), {}
    return f"stored in {ack['stream']}, the last as seq {ack['seq']}", wire.last
