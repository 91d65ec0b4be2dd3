"""What an answer proves: stored, not stored, or nothing."""

from __future__ import annotations

from vango.relay.proof import WRONG_LAST_MSG_ID, Proof, prove
from vango.relay.publisher import PubAck
from vango.truth.outbox import Waiting

FIRST, SECOND, THIRD = (Waiting(n, f"e{n}", "route", n, "route.owner.updated.shop", b"{}") for n in (1, 2, 3))
REFUSED = PubAck(0, error="maximum messages exceeded", code=10077)


def wrong_last(event_id: str) -> PubAck:
    return PubAck(0, error=f"wrong last msg ID: {event_id}", code=WRONG_LAST_MSG_ID)


def test_a_puback_proves_that_the_row_is_stored_also_when_it_says_duplicate() -> None:
    acks = [PubAck(7), PubAck(7, duplicate=True)]
    assert prove([FIRST, SECOND], acks) == Proof([(FIRST, acks[0]), (SECOND, acks[1])], [], [])


def test_a_missing_answer_proves_nothing() -> None:
    assert prove([FIRST], [None]) == Proof([], [], [FIRST])


def test_a_refusal_proves_that_the_row_is_not_stored() -> None:
    assert prove([FIRST], [REFUSED]) == Proof([], [(FIRST, REFUSED)], [])


def test_a_stream_that_ends_in_this_event_proves_that_an_earlier_attempt_was_stored() -> None:
    assert prove([FIRST], [wrong_last("e1")]).stored == [(FIRST, PubAck(0, duplicate=True))]
    assert prove([FIRST], [wrong_last("e9")]).refused == [(FIRST, wrong_last("e9"))]


def test_each_row_is_judged_by_its_own_answer_also_behind_one_that_has_none() -> None:
    assert prove([FIRST, SECOND, THIRD], [None, REFUSED, PubAck(9)]) == Proof(
        [(THIRD, PubAck(9))], [(SECOND, REFUSED)], [FIRST]
    )
