"""A refusal has a cause beside its words: who decides by it need not read them."""

from __future__ import annotations

import pytest

from vango.core.causes import CHAIN, Cause, Reason, cause_of
from vango.core.claims import Mark, Word, stand
from vango.core.events import ROUTE_OWNER_UPDATED, Event
from vango.core.judge import Position, Row, judge
from vango.core.routes import read_row
from vango.core.rules import EdgeRules
from vango.core.snapshot import BadSnapshot, Snapshot, seal, unseal

HERE = Position(3, "three", 3)
ROW = Row("shop", "alloc-a", 2, "three", 0, 2)


def event(sequence: int, event_id: str, previous: str, epoch: int) -> Event:
    return Event(
        id=event_id, type=ROUTE_OWNER_UPDATED, subject=f"{ROUTE_OWNER_UPDATED}.shop", time="", sequence=sequence,
        previous_id=previous, revision=1, route="shop", owner="alloc-b", previous_owner="alloc-a", epoch=epoch,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("came", "cause"),
    [
        (event(5, "five", "four", 3), Cause.MISSING),
        (event(4, "four", "another", 3), Cause.OTHER_PREDECESSOR),
        (event(3, "another", "two", 3), Cause.SAME_SEQUENCE),
        (event(2, "two", "one", 3), Cause.UNSEEN),
        (event(4, "four", "three", 2), Cause.SAME_EPOCH),
    ],
)
def test_a_gap_that_an_event_shows_has_its_cause(came: Event, cause: Cause) -> None:
    verdict = judge(HERE, ROW, came, EdgeRules())
    assert cause_of(verdict.reason) is cause
    assert (cause in CHAIN) == (cause in (Cause.MISSING, Cause.OTHER_PREDECESSOR, Cause.SAME_SEQUENCE))


def test_a_gap_that_a_mark_shows_has_its_cause() -> None:
    assert cause_of(stand(HERE, Word().answered(Mark(2, "two", 2))).gap) is Cause.TRUTH_BEHIND
    assert cause_of(stand(HERE, Word().answered(Mark(3, "another", 3))).gap) is Cause.OTHER_TRUTH
    assert cause_of(stand(HERE, Word().answered(Mark(5, "five", 5))).gap) is Cause.MISSING_END
    assert cause_of(stand(HERE, Word().answered(Mark(3, "three", 3))).gap) is Cause.NOT_KNOWN


def test_a_snapshot_that_is_refused_has_its_cause() -> None:
    stored = seal(Snapshot(3, "three", 3, "", (ROW,)))
    with pytest.raises(BadSnapshot) as wrong:
        unseal(stored.replace(b"alloc-a", b"alloc-c"), read_row)
    with pytest.raises(BadSnapshot) as unreadable:
        unseal(b"{", read_row)
    assert (wrong.value.cause, unreadable.value.cause) == (Cause.CHECKSUM, Cause.BAD_SNAPSHOT)


def test_a_reason_is_read_as_its_words() -> None:
    assert (f"{Reason('gone', Cause.MISSING)}", cause_of("gone")) == ("gone", Cause.NOT_KNOWN)
