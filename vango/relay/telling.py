"""What the relay does, as values, and the words that the journal gets. It decides nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vango.core.events import MAX_EVENT_BYTES
from vango.relay.proof import Answered
from vango.relay.publisher import PubAck
from vango.relay.state import RelayState
from vango.truth.outbox import Waiting

IDS_TOLD = 50


@dataclass(frozen=True, slots=True)
class Marked:
    """Rows were marked as published. `duplicates` counts the PubAcks that said so, `sql` are the first statements."""

    stored: Answered
    duplicates: int
    sql: Sequence[str]


def tell_publish(relay: RelayState, rows: Sequence[Waiting], headers: Mapping[str, str]) -> None:
    """Written before the messages leave, so that the journal has the cause above its effects."""
    first = rows[0]
    text = f"publish {first.event_id}" if len(rows) == 1 else f"publish {len(rows)} events"
    message = _readable(first.body)
    relay.tell(
        "publish",
        text,
        event_id=first.event_id,
        subject=first.subject,
        count=len(rows),
        message=message,
        headers=headers,
    )
    if odd := [row for row in rows if not row.is_json]:
        more = f" and {len(odd) - 1} more" if len(odd) > 1 else ""
        text = (
            f"the body of {odd[0].event_id} (outbox row {odd[0].position}){more} is no JSON; the bytes go as they are"
        )
        relay.tell("unreadable", text, positions=[row.position for row in odd[:IDS_TOLD]])


def tell_mark(relay: RelayState, marked: Marked) -> None:
    """Tell which rows were marked, and how many of their PubAcks said duplicate."""
    (first, _), (last, last_ack) = marked.stored[0], marked.stored[-1]
    is_one, duplicates = first is last, marked.duplicates
    what = first.event_id if is_one else f"{len(marked.stored)} events, the last"
    said = "" if not duplicates else ", duplicate" if is_one else f", {duplicates} of them duplicates"
    relay.tell(
        "duplicate" if duplicates else "mark", f"mark {what}: acked as seq {last_ack.seq}{said}",
        count=len(marked.stored), duplicates=duplicates, first_position=first.position, last_position=last.position,
        stored={row.event_id: ack.seq for row, ack in marked.stored[:IDS_TOLD]}, feed=first.feed, sql=marked.sql,
    )  # fmt: skip


def tell_silence(relay: RelayState, rows: Sequence[Waiting], trouble: str) -> None:
    """Write which rows got no PubAck."""
    relay.tell("unanswered", trouble, count=len(rows), event_ids=[row.event_id for row in rows[:IDS_TOLD]])


def tell_refusal(relay: RelayState, row: Waiting, ack: PubAck) -> None:
    """Report a row that the broker refused."""
    relay.tell("refused", relay.reason, subject=row.subject, code=ack.code, definite=True)


def tell_unsendable(relay: RelayState, row: Waiting) -> None:
    """Report a row that no broker can store."""
    relay.tell("refused", relay.reason, position=row.position, definite=True)


def _readable(body: bytes) -> Any:
    """Return what a body says, for people: its JSON, or its text."""
    try:
        document = json.loads(body.decode())
        json.dumps(document, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return body[:MAX_EVENT_BYTES].decode(errors="replace")
    return document
