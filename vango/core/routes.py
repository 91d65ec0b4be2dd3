"""Routes: the facts of the lab. Who owns which route, under which epoch."""

from __future__ import annotations

from typing import Any

from vango.core.events import Event
from vango.core.facts import Facts
from vango.core.intake import read_everything, read_own
from vango.core.judge import Row, apply
from vango.core.names import ROUTES
from vango.core.rules import Foreign
from vango.core.snapshot import must_be_counts, must_be_texts


def read(payload: bytes, foreign: Foreign) -> Event | None:
    """Read a message as the rule about other domains says. Raises `InvalidEvent`."""
    return read_everything(payload) if foreign is Foreign.READ else read_own(payload)


def read_row(body: dict[str, Any]) -> Row:
    """Read a row out of a snapshot. Raises `ValueError` or `TypeError`."""
    if "doubled_at" in body:
        raise ValueError("no snapshot says what an edge did twice")
    row = Row(**body)
    must_be_counts(epoch=row.epoch, drains=row.drains, highest_epoch=row.highest_epoch)
    must_be_texts(route=row.route, owner=row.owner, event_id=row.event_id)
    return row


ROUTE_FACTS = Facts(ROUTES, read, apply, read_row)
