"""What an external edge may do on a bench's broker: read ROUTES and the stored snapshots, and publish its claim.

It may publish no event, change no stream, and touch no built-in edge's consumer. Its part of the JetStream API is
listed subject by subject (docs/nats-facts.md#permissions); the server refuses everything else.

Permissions check the subject of a message, but not the subject of its answer: the server would publish the answer to
any reply subject that a guest names, even into a stream. So external edges have their own account, without a stream
in it. Their requests are passed to the bench's account, and answers come back into theirs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from vango.broker.streams import BUCKET_STREAM
from vango.core.names import EDGES

BENCH, EDGES_OUTSIDE = "BENCH", "EDGES"
INBOX_PREFIX = "_INBOX_edge"
"""Where an external edge receives its answers; its client is told so when it connects."""

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
    # Clients read a bucket with it. For ROUTES it is not allowed: with a name in its body it replaces any consumer.
    f"$JS.API.CONSUMER.CREATE.{BUCKET_STREAM}",
    *(subject.format(stream=stream) for stream in ("ROUTES", BUCKET_STREAM) for subject in _STREAM),
    *(subject.format(stream=stream, consumer="*") for stream in ("ROUTES", BUCKET_STREAM) for subject in _CONSUMER),
)
NEVER = tuple(subject.format(stream="ROUTES", consumer=edge) for edge in EDGES for subject in _CONSUMER)
SUBSCRIBE = (
    f"{INBOX_PREFIX}.>",
    "control.heartbeat",
    "$JS.EVENT.ADVISORY.CONSUMER.DELETED.ROUTES.>",
    "$JS.EVENT.ADVISORY.STREAM.DELETED.ROUTES",
)


# Each has more than one answer: messages of a pull, of a batch, of a consumer that pushes.
_ANSWERED_OFTEN = ("MSG.NEXT", "DIRECT.GET", "CONSUMER.CREATE", "CONSUMER.DURABLE.CREATE")


def of_an_edge() -> str:
    """Return the permissions as nats-server's config has them."""
    return f"{{ publish: {{ allow: {_quoted(PUBLISH)}, deny: {_quoted(NEVER)} }}, subscribe: {_quoted(SUBSCRIBE)} }}"


def exports() -> str:
    """Return what the bench's account exports to the edges' account, as nats-server's config has it."""
    asked = (
        f"{{ service: {_quoted(subject)}{_answers(subject)}, accounts: [{EDGES_OUTSIDE}] }}" for subject in PUBLISH
    )
    heard = (f"{{ stream: {_quoted(subject)}, accounts: [{EDGES_OUTSIDE}] }}" for subject in SUBSCRIBE)
    return f"[{', '.join((*asked, *heard))}]"


def imports() -> str:
    """Return what the edges' account imports from the bench's, as nats-server's config has it."""
    asked = (f"{{ service: {{ account: {BENCH}, subject: {_quoted(subject)} }} }}" for subject in PUBLISH)
    heard = (f"{{ stream: {{ account: {BENCH}, subject: {_quoted(subject)} }} }}" for subject in SUBSCRIBE)
    return f"[{', '.join((*asked, *heard))}]"


def _answers(subject: str) -> str:
    return ", response_type: stream" if any(words in subject for words in _ANSWERED_OFTEN) else ""


def _quoted(subjects: Iterable[str] | str) -> str:
    return json.dumps(subjects if isinstance(subjects, str) else list(subjects))
