"""No answer: what the relay does with events whose PubAck did not come. One right way and two wrong ones.

A time-out is not a refusal. The message may be stored, it may be on its way, or it may have been lost with the
connection. The relay sees the same silence in all three cases (docs/nats-facts.md#no-answer). Only the id of the next
attempt can make the difference harmless.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from vango.core.rules import OnNoAnswer
from vango.truth.outbox import Outbox, Waiting, drop


class Unanswered:
    """The three ways, and the message ids that the second of them has handed out. Memory: a crash forgets them."""

    def __init__(self, truth: Outbox) -> None:
        self._truth = truth
        self._new_ids: dict[str, str] = {}

    def deal_with(self, rows: Sequence[Waiting], way: OnNoAnswer, *, token: int) -> str:
        """Handle unanswered rows as the rule says, and return what was done. Raises `LeaseLost` when another relay has
        taken over.
        """
        ways: dict[OnNoAnswer, Callable[[Sequence[Waiting], int], str]] = {
            OnNoAnswer.SAME_ID: self.retry_under_the_same_id,
            OnNoAnswer.NEW_ID: self.retry_under_a_new_id,
            OnNoAnswer.GIVE_UP: self.give_up,
        }
        return ways[way](rows, token)

    def retry_under_the_same_id(self, rows: Sequence[Waiting], token: int) -> str:
        """Keep the rows and their ids. If the first attempt was stored after all, the broker will say duplicate."""
        return "it will be published again under the same id"

    def retry_under_a_new_id(self, rows: Sequence[Waiting], token: int) -> str:
        """Keep the rows and give each a message id that the broker has never seen, so the broker takes it for new."""
        self._new_ids.update((row.event_id, f"{row.event_id}-{secrets.token_hex(3)}") for row in rows)
        return "it will be published again under a new id"

    def give_up(self, rows: Sequence[Waiting], token: int) -> str:
        """Treat silence as a refusal and forget the rows. A row that was not stored will never be published."""
        drop(self._truth, rows, token=token)
        return "the relay has given it up and forgotten its row"

    def message_id(self, row: Waiting) -> str:
        """Return the message id for a row's next attempt: the event's own id, unless it was given a new one."""
        return self._new_ids.get(row.event_id, row.event_id)

    def settled(self, rows: Sequence[Waiting]) -> None:
        """Forget what was handed out for rows that are answered."""
        if self._new_ids:
            for row in rows:
                self._new_ids.pop(row.event_id, None)
