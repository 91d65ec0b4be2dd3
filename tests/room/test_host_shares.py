"""Fair shares of one seat: at the limit it is served, above it there is a sentence, and others notice nothing."""

from __future__ import annotations

import os
import sys

import pytest

from studylab.room.serving.shares import (
    ACTS,
    HELD_AT_ONCE,
    HELD_BACK_S,
    LONG_AT_ONCE,
    LOOKS,
    MAX_BURST,
    Shares,
    TooFast,
    check,
)
from tests.room.hosted import Hosted, Sitting
from vango.actors.errors import BadInput, Refused
from vango.broker.keeper_child import NICE


@pytest.mark.parametrize("share", [ACTS, LOOKS])
def test_a_seat_may_do_a_few_acts_at_once_and_then_a_few_each_second(share: object) -> None:
    assert share in (ACTS, LOOKS)
    kind = ACTS if share == ACTS else LOOKS
    now = [0.0]
    shares = Shares(lambda: now[0], lambda _: None)
    for _ in range(int(kind.at_once)):
        shares.take("ana", kind)
    with pytest.raises(TooFast, match=f"may do {kind.a_second:g} "):
        shares.take("ana", kind)
    shares.take("bea", kind)
    now[0] = 1.0
    for _ in range(int(kind.a_second)):
        shares.take("ana", kind)
    with pytest.raises(TooFast):
        shares.take("ana", kind)


@pytest.mark.skipif(sys.platform != "linux", reason="only there a broker gives way")
def test_the_broker_of_a_seat_gives_way_to_what_serves_everybody(ana: Sitting) -> None:
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, ana.see()["broker"]["pid"]) == min(mine + NICE, 19)


def test_a_seat_that_floods_is_told_and_another_is_served(room: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    ana, bea = room.join("Ana"), room.join("Bea")
    monkeypatch.setattr(room.serving(), "shares", Shares(lambda: 0.0, lambda _: None))
    answers = [ana.do("go_on", actor="relay") for _ in range(int(ACTS.at_once) + 1)]
    refused = answers[-1]
    assert [answer.status_code for answer in answers].count(429) == 1
    assert "One seat may do 5 things on its bench a second" in refused.get_json()["error"]
    assert bea.do("promote", route="shop", to="alloc-c").status_code == 200


def test_who_is_refused_waits_a_moment_for_the_answer_but_never_holds_the_last_threads() -> None:
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        # While this one waits, the next one is refused.
        with pytest.raises(TooFast):
            shares.take("ana", ACTS)

    shares = Shares(lambda: 0.0, wait)
    for _ in range(int(ACTS.at_once)):
        shares.take("ana", ACTS)
    with pytest.raises(TooFast):
        shares.take("ana", ACTS)
    assert waits == [HELD_BACK_S] * HELD_AT_ONCE
    shares.take("bea", ACTS)


def test_a_burst_has_a_limit_in_a_room() -> None:
    check("burst", {"n": MAX_BURST}, 0)
    check("burst", {"n": "many"}, 0)
    with pytest.raises(BadInput, match="at most 2,000 changes in one burst"):
        check("burst", {"n": str(MAX_BURST + 1)}, 0)


def test_a_burst_above_the_limit_changes_nothing(room: Hosted) -> None:
    ana = room.join("Ana")
    before = ana.see()["truth"]["revision"]
    answer = ana.do("burst", n=MAX_BURST + 1)
    assert (answer.status_code, ana.see()["truth"]["revision"]) == (422, before)


def test_a_storm_has_eight_gusts_at_most(room: Hosted) -> None:
    ana: Sitting = room.join("Ana")
    answer = ana.do("storm", seed=1, length=9)
    assert answer.status_code == 422
    assert "expected a whole number from 1 to 8" in answer.get_json()["error"]


def test_long_verbs_take_turns() -> None:
    check("storm", {}, LONG_AT_ONCE - 1)
    check("promote", {}, LONG_AT_ONCE)
    with pytest.raises(Refused, match="On 4 other benches"):
        check("storm", {}, LONG_AT_ONCE)
