"""A room's people are a process of their own: what they wait for is timed, what never comes is counted."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from unittest import mock

import pytest

from benchmarks import room as measured
from benchmarks.room_crowd import REACH_S, Crowd
from benchmarks.room_open import People, Room
from benchmarks.room_people import Learner
from tests.conftest import Run
from vango.actors.errors import Unavailable

pytestmark = [pytest.mark.long, pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with Room(tmp_path_factory.mktemp("room"), 2) as room:
        yield room


@pytest.fixture(scope="module")
def people(room: Room) -> Iterator[People]:
    """Two learners, one at each host, and a teacher at the wall."""
    with People(room) as people:
        assert people.do("open", seats=2, step=measured.STEP, hosts=2) == {"status": 200}
        came = people.do("join", upto=2)
        assert (came["here"], came["refused"]) == (2, [])
        yield people


@pytest.mark.slow
def test_each_act_is_timed_to_its_page_and_to_its_tile(people: People) -> None:
    told = people.do("busy", turns=2, every_s=1.0)
    assert told["refused"] == []
    assert all(took is not None and took > 0 for took in [*told["shown_ms"], *told["tile_ms"]])
    assert len(told["shown_ms"]) == len(told["tile_ms"]) == 4
    stands = people.do("stand")
    assert (stands["open"], stands["wrong"]) == (2, 0)


@pytest.mark.slow
def test_who_floods_is_held_to_a_share_while_the_others_act(people: People) -> None:
    told = people.do("flooded", turns=2, every_s=2.0)
    assert [took for took in told["shown_ms"] if took is None] == []
    assert (told["broken"], len(told["shown_ms"])) == ([], 2)
    assert told["asked"] > told["granted"] > 0


@pytest.mark.slow
def test_while_one_broker_never_rests_the_others_act(people: People) -> None:
    told = people.do("spun", turns=2, every_s=2.0)
    assert [took for took in told["shown_ms"] if took is None] == []
    assert (told["broken"], len(told["shown_ms"])) == ([], 2)
    assert told["asked"] > 10, "the broker takes what it is sent"


@pytest.mark.slow
def test_a_fault_is_timed_until_every_bench_has_it_and_the_wall_has_every_verdict(people: People) -> None:
    told = people.do("fault", verb=measured.FAULT[0], edge="fra")
    assert 0 < told["applied_s"] < 60
    assert 0 < told["verdicts_s"] < 60
    assert people.do("mend", verb=measured.FAULT[1], edge="fra")["sound_ms"] > 0


@pytest.mark.slow
def test_a_killed_desk_disturbs_nobody_and_a_killed_host_gives_its_learners_back(room: Room, people: People) -> None:
    room.kill("desk")
    assert people.do("wall_again")["whole_s"] > 0
    assert people.do("away") == {"away": 0}
    room.kill("h1")
    came = people.do("moved")
    assert (len(came["each_ms"]), came["stayed"]) == (1, 1)
    assert came["each_ms"][0] > 0


@pytest.mark.slow
def test_what_people_cannot_do_is_said_with_its_reason(room: Room, people: People) -> None:
    with pytest.raises(Unavailable, match="could not fault: The fault was not sent: 404"):
        people.do("fault", verb="no_such_verb")
    with pytest.raises(Unavailable, match="has no process for h9"):
        room.kill("h9")


@pytest.mark.slow
def test_who_has_another_code_is_turned_away_with_a_sentence(room: Room) -> None:
    code, room.code = room.code, "ZZZZZZ"
    try:
        with People(room) as strangers:
            came = strangers.do("join", upto=1)
    finally:
        room.code = code
    assert (came["here"], came["each_ms"]) == (0, [None])
    assert "Learner 1 was not let in" in came["refused"][0]


def test_a_room_that_does_not_open_is_reported_in_its_own_words(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(Unavailable, match="unrecognized arguments"):
        Room(tmp_path_factory.mktemp("none"), 2, "--no-such-option")


def test_the_tile_is_waited_for_from_the_act_on_and_not_only_after_the_page(run: Run) -> None:
    waited_for_tile = asyncio.Event()

    async def until(is_so: Callable[[], bool]) -> None:
        waited_for_tile.set()

    crowd, ana = Crowd("http://desk", "code", "secret"), Learner("Ana")
    # This page shows nothing before somebody waits for the tile.
    with mock.patch.object(ana, "promote", waited_for_tile.wait), mock.patch.object(crowd.teacher, "until", until):
        page_ms, tile_ms = run(asyncio.wait_for(crowd._act(ana, []), 5))
    assert page_ms is not None
    assert tile_ms is not None


def test_beside_a_class_that_is_too_much_for_the_machine_a_flood_is_not_judged() -> None:
    assert measured.is_too_much([120.0, REACH_S * 1000])
    assert not measured.is_too_much([120.0, 9_000.0])


def test_what_never_came_cannot_improve_a_percentile() -> None:
    assert measured.p95([5.0] * 19 + [None]) == 5.0
    assert measured.p95([5.0] * 9 + [None]) == REACH_S * 1000
    assert measured.lost({"shown_ms": [1.0, None]}, {"shown_ms": [None]}) == 2
