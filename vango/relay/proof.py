"""The proof: what the broker's answers say about the rows that were published. Pure.

A PubAck proves that the row is stored. A refusal proves that it is not, with one exception: "wrong last msg ID" that
names this very event proves that an earlier attempt was stored (docs/nats-facts.md#expected-last-id). A missing answer
proves nothing: the message may be stored, on its way, or lost (docs/nats-facts.md#no-answer).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from vango.relay.publisher import PubAck
from vango.truth.outbox import Waiting

WRONG_LAST_MSG_ID = 10070

Answered = list[tuple[Waiting, PubAck]]


class Proof(NamedTuple):
    """The rows of a batch, each in its order, by what is known of them."""

    stored: Answered
    refused: Answered
    unknown: list[Waiting]


def prove(rows: Sequence[Waiting], acks: Sequence[PubAck | None]) -> Proof:
    """Sort published rows by what their answers prove. `acks` has one answer for each row, None where none came."""
    proof = Proof([], [], [])
    for row, ack in zip(rows, acks, strict=True):
        if ack is None:
            proof.unknown.append(row)
        elif not ack.error:
            proof.stored.append((row, ack))
        elif ends_in(row, ack):
            proof.stored.append((row, PubAck(0, duplicate=True)))
        else:
            proof.refused.append((row, ack))
    return proof


def ends_in(row: Waiting, ack: PubAck) -> bool:
    """Whether a refusal says that the stream ends in this very event: then an earlier attempt stored it."""
    return ack.code == WRONG_LAST_MSG_ID and ack.error.endswith(f": {row.event_id}")
