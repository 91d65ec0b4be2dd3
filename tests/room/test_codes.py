"""Codes, names and tickets: what people type and what browsers carry."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import TimestampSigner

from studylab.room import codes, guesses, names
from studylab.room.guesses import ALL_STRANGERS, CLASS, STRANGER, Guesses
from studylab.room.tickets import GOOD_FOR_S, Ticket, Tickets
from vango import kit

TICKET = Ticket("seat", 1, "Ana", 1, "h1")
KEY, ANOTHER = "k" * 32, "j" * 32


class Clock:
    """A clock that a test turns."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def wrong(limits: Guesses, address: str, times: float) -> None:
    for _ in range(int(times)):
        limits.may(address)
        limits.wrong(address)


def test_codes_have_no_letters_that_look_alike() -> None:
    assert not {*codes.LETTERS} & {*"01IJLOQUV"}
    assert (len(codes.room_code()), len(codes.resume_code())) == (6, 8)


def test_a_code_is_read_as_people_type_it() -> None:
    code = codes.room_code()
    assert {codes.read(typed) for typed in (code, code.lower(), f" {codes.shown(code)}. ")} == {code}


def test_a_stranger_is_stopped_at_the_limit_and_let_in_later() -> None:
    clock = Clock()
    limits = Guesses(clock)
    wrong(limits, "a", STRANGER.at_once)
    with pytest.raises(kit.Refused, match="Wait 10 s"):
        limits.may("a")
    limits.may("b")
    clock.now += 1 / STRANGER.a_second
    limits.may("a")


def test_a_class_behind_one_address_may_all_be_wrong_once() -> None:
    limits = Guesses(Clock())
    limits.may("school")
    limits.right("school")
    for _ in range(200):
        wrong(limits, "school", 1)
        limits.may("school")
        limits.right("school")


def test_strangers_with_many_addresses_are_stopped_and_lock_out_no_class() -> None:
    limits = Guesses(Clock())
    limits.right("school")
    for number in range(int(ALL_STRANGERS.at_once)):
        wrong(limits, f"stranger {number}", 1)
    with pytest.raises(kit.Refused):
        limits.may("another stranger")
    wrong(limits, "school", CLASS.at_once - STRANGER.at_once)


def test_addresses_of_strangers_push_out_no_address_of_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guesses, "MAX_ADDRESSES", 3)
    limits = Guesses(Clock())
    limits.right("school")
    for number in range(9):
        limits.may(f"stranger {number}")
    wrong(limits, "school", STRANGER.at_once + 1)


@pytest.mark.parametrize("typed", ["\u202eAna", "An\x00a", "  A\u2066na ", "Ana\n", "\ufeffAna"])
def test_a_name_keeps_nothing_that_could_disturb_others(typed: str) -> None:
    assert names.name(typed).replace(" ", "") == "Ana"


@given(st.text(max_size=names.MAX_NAME))
def test_a_clean_name_stays_as_it_is(typed: str) -> None:
    once = names.name(typed) if len(typed) <= 20 else ""
    assert names.name(once) == once


def test_names_and_messages_have_a_length() -> None:
    assert names.name("x" * names.MAX_NAME) == "x" * names.MAX_NAME
    with pytest.raises(kit.BadInput, match="at most 40"):
        names.name("x" * (names.MAX_NAME + 1))
    with pytest.raises(kit.BadInput, match="first"):
        names.message(" \u200d ")


def test_a_ticket_is_good_for_its_host_and_its_key_only() -> None:
    text = Tickets(KEY).write(TICKET)
    assert Tickets(KEY).read(text, "h1").seat == "seat"
    for key, host, written in ((ANOTHER, "h1", text), (KEY, "h2", text), (KEY, "h1", text[:-1]), (KEY, "h1", "")):
        with pytest.raises(kit.Refused, match="not valid"):
            Tickets(key).read(written, host)


def test_a_ticket_is_good_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    text, now = Tickets(KEY).write(TICKET), time.time()
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: int(now) + GOOD_FOR_S + 2)
    with pytest.raises(kit.Refused, match="older than a minute"):
        Tickets(KEY).read(text, "h1")
