"""The streams: one for each domain, so that no consumer receives another domain's messages."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from vango.actors.errors import NotThere, Refused
from vango.broker.connection import Connection
from vango.core.names import ROUTES
from vango.core.rules import StreamRules


def stream_of(bucket: str) -> str:
    """Return the stream in which the server keeps an object store bucket."""
    return f"OBJ_{bucket}"


SUBJECTS: dict[str, tuple[str, ...]] = {
    "ROUTES": ("route.>",),
    "ALLOCATIONS": ("allocation.>", "operation.>"),
    "TELEMETRY": ("telemetry.>",),
}
"""What each stream stores unless it is set otherwise."""
BUCKET, BUCKET_STREAM = ROUTES.bucket, stream_of(ROUTES.bucket)
"""The object store bucket of the snapshots, and the stream that the server keeps it in."""
MAX_SUBJECTS = 16
MIN_WINDOW_S = 0.1
RECREATE_TRIES = 5
STILL_BEING_REMOVED = 10049
"""What the server answers when the files of the deleted stream are in the way of the new one's."""


def known(stream: str) -> str:
    """Return the name if it is one of the streams. Raises `NotThere`."""
    if stream not in SUBJECTS:
        raise NotThere(f"There is no stream {stream[:40]!r}. The streams are {', '.join(SUBJECTS)}.")
    return stream


def of_feed(feed: str) -> str:
    """Return the stream that stores a feed's events by default; empty when none does."""
    return next((name for name, subjects in SUBJECTS.items() if f"{feed}.>" in subjects), "")


def config(stream: str, rules: StreamRules, subjects: Sequence[str]) -> dict[str, Any]:
    """Return a stream's configuration as the JetStream API takes it."""
    return {
        "name": stream,
        "subjects": list(subjects),
        "storage": "file",
        "retention": "limits",
        "discard": "old",
        "num_replicas": 1,
        "allow_direct": True,
        "max_msgs": rules.max_msgs,
        "max_bytes": rules.max_bytes,
        "max_age": int(rules.max_age_s * 1e9),
        "duplicate_window": int(rules.duplicate_window_s * 1e9),
    }


def rules_of(found: dict[str, Any]) -> StreamRules:
    """Return the limits that the server says a stream has."""
    return StreamRules(found["max_msgs"], found["max_bytes"], found["max_age"] / 1e9, found["duplicate_window"] / 1e9)


async def listed(wire: Connection) -> dict[str, dict[str, Any]]:
    """Return what the server says of every stream, by name: one request for all of them, if they are few."""
    found: dict[str, dict[str, Any]] = {}
    while True:
        page = await wire.api("STREAM.LIST", {"offset": len(found)})
        found |= {info["config"]["name"]: info for info in page["streams"] or []}
        if not page["streams"] or len(found) >= page["total"]:
            return found


async def ensure(wire: Connection, stream: str, rules: StreamRules, subjects: Sequence[str]) -> None:
    """Create a stream unless it exists. An existing one keeps its limits."""
    try:
        await wire.api(f"STREAM.INFO.{stream}")
    except NotThere:
        await wire.api(f"STREAM.CREATE.{stream}", config(stream, rules, subjects))


async def set_rules(wire: Connection, stream: str, rules: StreamRules, subjects: Sequence[str]) -> tuple[int, int]:
    """Change a stream's limits and subjects. A smaller limit evicts at once: returns the messages before and after.

    Raises `Refused` with the server's message: for a subject that another stream has, it is 10065.
    """
    before = (await wire.api(f"STREAM.INFO.{stream}"))["state"]["messages"]
    after = (await wire.api(f"STREAM.UPDATE.{stream}", config(stream, rules, subjects)))["state"]["messages"]
    return before, after


async def recreate(wire: Connection, stream: str, rules: StreamRules, subjects: Sequence[str]) -> None:
    """Delete and create a stream. The server may fail at it, or bring old messages back: then again
    (docs/nats-facts.md#recreated-stream). Raises `Refused` in the server's words, or when that has not helped.
    """
    for _ in range(RECREATE_TRIES):
        with contextlib.suppress(NotThere):
            await wire.api(f"STREAM.DELETE.{stream}")
        try:
            made = await wire.api(f"STREAM.CREATE.{stream}", config(stream, rules, subjects))
        except Refused as error:
            if error.err_code != STILL_BEING_REMOVED:
                raise
        else:
            if made["state"]["last_seq"] == 0:
                return
    raise Refused(f"The stream {stream} could not be made empty in {RECREATE_TRIES} tries; reset the bench.")
