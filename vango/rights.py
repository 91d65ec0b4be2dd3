"""What an edge from outside may do on a bench's broker: read ROUTES and the stored snapshots, and say what it claims.

It may publish no event, change no stream, and touch no built-in edge's consumer. What it needs of the JetStream API is named
subject by subject (NATS-FACTS 1.5); everything else the server refuses.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from vango.settings import EDGES
from vango.snapshots import BUCKET_STREAM

_CONSUMER = (
    "$JS.API.CONSUMER.CREATE.{stream}.{consumer}",
    "$JS.API.CONSUMER.CREATE.{stream}.{consumer}.>",
    "$JS.API.CONSUMER.DURABLE.CREATE.{stream}.{consumer}",
    "$JS.API.CONSUMER.INFO.{stream}.{consumer}",
    "$JS.API.CONSUMER.DELETE.{stream}.{consumer}",
    "$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}",
    "$JS.ACK.{stream}.{consumer}.>",
    # Flow control of ordered consumers, with which clients read a bucket.
    "$JS.FC.{stream}.{consumer}.>",
)
_STREAM = (
    "$JS.API.STREAM.INFO.{stream}",
    "$JS.API.STREAM.MSG.GET.{stream}",
    "$JS.API.DIRECT.GET.{stream}",
    "$JS.API.DIRECT.GET.{stream}.>",
)
PUBLISH = (
    "edges.*.claim",
    "$JS.API.INFO",
    "$JS.API.STREAM.NAMES",
    # Clients read a bucket with it. Of ROUTES it is not allowed: with a name in its body it replaces any consumer.
    f"$JS.API.CONSUMER.CREATE.{BUCKET_STREAM}",
    *(subject.format(stream=stream) for stream in ("ROUTES", BUCKET_STREAM) for subject in _STREAM),
    *(subject.format(stream=stream, consumer="*") for stream in ("ROUTES", BUCKET_STREAM) for subject in _CONSUMER),
)
NEVER = tuple(subject.format(stream="ROUTES", consumer=edge) for edge in EDGES for subject in _CONSUMER)
SUBSCRIBE = (
    "_INBOX.>",
    "control.heartbeat",
    "$JS.EVENT.ADVISORY.CONSUMER.DELETED.ROUTES.>",
    "$JS.EVENT.ADVISORY.STREAM.DELETED.ROUTES",
)


def of_an_edge() -> str:
    """Return the permissions as nats-server's config has them."""
    return f"{{ publish: {{ allow: {_quoted(PUBLISH)}, deny: {_quoted(NEVER)} }}, subscribe: {_quoted(SUBSCRIBE)} }}"


def _quoted(subjects: Iterable[str]) -> str:
    return json.dumps(list(subjects))
