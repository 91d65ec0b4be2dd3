"""A tile of the wall, in words: where a seat stands, how long, and who needs the teacher first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from labs import LABS
from studylab.room.desk.web.tiles import STUCK_AFTER_S, Group, Tile, counts, in_order, tile, without_name
from studylab.room.protocol import Report, RoomRow, SeatRow

LAB = LABS[0]
BY_SLUG = {lab.slug: lab for lab in LABS}
NOW = 10_000.0
ROOM = RoomRow(code="ABCDEF")
SEAT = SeatRow("s", 7, "Ana", "h1", 1, "CODE")
WORKS = Report("s", 1, lab=LAB.slug, step=LAB.steps[2].id, index=2, steps=len(LAB.steps), ticks=1, of=3,
               act="killed edge iad", verdict="sound", ticked=NOW - 10, here=True)  # fmt: skip


UNHEARD = "not heard since 14:02"


def drawn(room: RoomRow = ROOM, seat: SeatRow = SEAT, unheard: str = "", **report: Any) -> Tile:
    return tile(seat, replace(WORKS, **report), room, BY_SLUG, now=NOW, unheard=unheard)


def test_a_tile_says_lab_step_ticks_last_act_and_verdict_in_words() -> None:
    found = drawn()
    assert (found.name, found.lab, found.step, found.ticks, found.of) == ("Ana", "lab 1", "3/10", 1, 3)
    assert (found.act, found.look.words, found.group) == ("killed edge iad", "Sound", Group.WORKING)
    assert found.title == LAB.steps[2].title


@pytest.mark.parametrize(
    ("report", "group", "since"),
    [
        ({"hand": NOW - 130}, Group.HAND, "hand up 2 min"),
        ({"hand": NOW - 5}, Group.HAND, "hand up now"),
        ({"ticked": NOW - STUCK_AFTER_S}, Group.STUCK, "stuck 3 min"),
        ({"ticked": NOW - STUCK_AFTER_S + 1}, Group.WORKING, ""),
        ({"ticked": 0.0}, Group.WORKING, ""),
        ({"index": len(LAB.steps), "ticked": 1.0}, Group.DONE, ""),
        ({"here": False, "hand": NOW}, Group.AWAY, ""),
        ({"lab": "", "ticked": 1.0}, Group.WORKING, ""),
    ],
)
def test_where_a_seat_stands(report: dict[str, Any], group: Group, since: str) -> None:
    found = drawn(**report)
    assert (found.group, found.since) == (group, since)


def test_nobody_is_stuck_while_the_room_is_held() -> None:
    assert drawn(replace(ROOM, held=True), ticked=1.0).group is Group.WORKING


def test_done_is_measured_by_the_step_that_the_room_is_at() -> None:
    room = replace(ROOM, lab=LAB.slug, step=LAB.steps[2].id)
    assert drawn(room, ticks=2).group is Group.WORKING
    assert drawn(room, ticks=3).group is Group.DONE
    assert drawn(room, index=3, ticks=0).group is Group.DONE
    assert drawn(room, index=1, ticks=3).group is Group.WORKING


def test_who_has_not_come_is_away_and_a_guest_has_a_number() -> None:
    found = tile(replace(SEAT, name=""), None, ROOM, BY_SLUG, now=NOW)
    assert (found.name, found.group, found.is_guest) == ("guest 7", Group.AWAY, True)


@pytest.mark.parametrize("report", [{}, {"hand": NOW - 130}, {"index": len(LAB.steps)}, {"here": False}])
def test_nothing_is_claimed_of_the_present_of_a_seat_whose_host_is_not_heard(report: dict[str, Any]) -> None:
    found = drawn(unheard=UNHEARD, **report)
    assert (found.group, found.since, found.look.words) == (Group.UNHEARD, UNHEARD, "Not known")
    assert found.look.tone != "is-ok"
    assert found.act == "killed edge iad"
    assert tile(SEAT, None, ROOM, BY_SLUG, now=NOW, unheard=UNHEARD).group is Group.UNHEARD


def test_a_name_can_be_hidden_for_the_projector() -> None:
    assert without_name(drawn()).name == "seat 7"


def test_who_needs_help_is_first_and_who_waits_longest_before_the_others() -> None:
    seats: dict[str, dict[str, Any]] = {
        "hand, since long": {"hand": NOW - 400},
        "hand": {"hand": NOW - 40},
        "stuck, since long": {"ticked": NOW - 900},
        "stuck": {"ticked": NOW - 300},
        "wrong": {"verdict": "violated"},
        "works": {},
        "done": {"index": len(LAB.steps)},
        "not heard, hand": {"hand": NOW - 4, "unheard": UNHEARD},
        "not heard": {"unheard": UNHEARD},
        "away": {"here": False},
    }
    made = [
        drawn(seat=replace(SEAT, name=name, number=11 - at), **report)
        for at, (name, report) in enumerate(seats.items())
    ]
    assert [one.name for one in in_order(made[::-1])] == list(seats)
    assert [*counts(made).values()] == [2, 2, 2, 1, 2, 1]
