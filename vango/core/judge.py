"""The judge: may this event be applied to a view that is at this position?

Three guards, three identities. Each is needed because the other two do not see what it sees:

- The **event id** guards against the same event twice. A view remembers, for each route, the id of the event that
  made its row. An epoch cannot do this work: the second copy carries the epoch that the view already holds.
- The **epoch** guards against an older owner after a newer one: a redelivery out of order, a replay from the
  beginning, a zombie relay. Ids cannot: no view remembers every id for ever. Sequences cannot either, because
  messages may come again.
- The **chain** (`sequence` and `previous_id`) guards against an event that never came: one that was evicted, purged,
  deleted or rolled back. Only the link between the events that did arrive can show that.

The judge knows no clock, no database and no broker. A duplicate or a gap is a value, not an exception.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from vango.core.causes import Cause, Reason
from vango.core.events import Event
from vango.core.facts import NOT_IN_SNAPSHOTS, Held, Notice
from vango.core.rules import EdgeRules


@dataclass(frozen=True, slots=True)
class Position:
    """How far a view has applied a feed: the sequence and id of the last event, and its stream seq (0: unknown)."""

    sequence: int = 0
    event_id: str = ""
    stream_seq: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One route in a view: who owns it, under which epoch, which event said so, and how often owners were drained.

    `highest_epoch` is the highest epoch the row ever had, and `doubled_at` the one at which an event last drained
    without raising it, 0 when none did. No edge decides by them and no snapshot has `doubled_at`; the audit reads them.
    """

    route: str
    owner: str
    epoch: int
    event_id: str
    drains: int
    highest_epoch: int
    doubled_at: int = field(default=0, metadata=NOT_IN_SNAPSHOTS)

    @property
    def key(self) -> str:
        """What the row is found by: its route."""
        return self.route


class Outcome(StrEnum):
    """What to do with an event."""

    APPLY = "apply"
    DUPLICATE = "duplicate"
    STALE_EPOCH = "stale epoch"
    GAP = "gap"
    FOREIGN = "foreign"
    INVALID = "invalid"
    """It cannot be read, so it is not judged: see `vango.core.intake`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judge's answer. `reason` is a sentence for a person, of a gap with its cause; empty when it is applied."""

    outcome: Outcome
    reason: str = ""


APPLY = Verdict(Outcome.APPLY)


def judge(position: Position, row: Held | None, event: Notice, rules: EdgeRules) -> Verdict:
    """Judge one event against the view's position and the row that it changes (None when there is none yet)."""
    if not event.key:
        return Verdict(Outcome.FOREIGN, f"{event.type} is another domain's event")
    if rules.deduplicate and row is not None and event.id == row.event_id:
        return Verdict(Outcome.DUPLICATE, f"event {event.id} already made the row of {event.key}")
    if rules.prove_continuity and (broken := broken_link(position, row, event)):
        return Verdict(Outcome.GAP, broken)
    if rules.check_epochs and row is not None and (refusal := fence(row, event)):
        return refusal
    return APPLY


def fence(row: Held, event: Notice) -> Verdict | None:
    """Refuse an owner of the past. However and however often an event comes back, its epoch has not grown."""
    if event.epoch < row.epoch:
        return Verdict(Outcome.STALE_EPOCH, f"epoch {event.epoch} of {event.key} is older than {row.epoch}")
    if event.epoch == row.epoch and event.id != row.event_id:
        words = f"two events gave {event.key} epoch {row.epoch}: {row.event_id} and {event.id}"
        return Verdict(Outcome.GAP, Reason(words, Cause.SAME_EPOCH))
    return None


def broken_link(position: Position, row: Held | None, event: Notice) -> str:
    """Say how the event breaks the chain that the view stands for; empty when it does not."""
    here, following = position.sequence, position.sequence + 1
    if event.sequence > following:
        missing = f"{following} is" if event.sequence == following + 1 else f"{following} to {event.sequence - 1} are"
        return Reason(f"event {event.sequence} came after {here}: {missing} missing", Cause.MISSING)
    if event.sequence == following and event.previous_id != position.event_id:
        held, named = position.event_id or "nothing", event.previous_id or "nothing"
        words = f"event {event.sequence} says that it follows {named}, but this view ends in {held}"
        return Reason(words, Cause.OTHER_PREDECESSOR)
    if event.sequence == here and event.id != position.event_id:
        return Reason(f"sequence {here} names two events: {position.event_id} and {event.id}", Cause.SAME_SEQUENCE)
    if event.sequence < here and (row is None or event.epoch > row.epoch):
        return Reason(
            f"event {event.sequence} is covered by this view at {here}, which has never seen it", Cause.UNSEEN
        )
    return ""


def advance(position: Position, event: Notice, stream_seq: int) -> Position:
    """Return the position after applying an event. It never goes back: an old event that is applied leaves it."""
    if event.sequence < position.sequence:
        return position
    return Position(event.sequence, event.id, stream_seq)


def apply(row: Row | None, event: Event) -> Row:
    """Return the route's new row. A change of owner drains the old owner's connections: twice is once too often."""
    drains, highest, doubled = (0, 0, 0) if row is None else (row.drains, row.highest_epoch, row.doubled_at)
    if event.previous_owner and event.epoch <= highest:
        doubled = highest
    drains += bool(event.previous_owner)
    return Row(event.route, event.owner, event.epoch, event.id, drains, max(highest, event.epoch), doubled)
