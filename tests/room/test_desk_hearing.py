"""The teacher's pages claim nothing of the present about a host that nobody hears, nor when the desk hears nobody."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studylab.room import silence
from studylab.room.desk.web.board import Board
from studylab.room.desk.web.strip import strip
from studylab.room.desk.web.tiles import Group, Tile
from studylab.room.host import greeting
from tests.conftest import Run
from tests.room.conftest import a_room, until
from tests.room.front_desk import OWN, FrontDesk

SINCE = r"not heard since \d\d:\d\d"
DEAF = r"The desk does not hear its hosts since \d\d:\d\d"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FrontDesk]:
    """A desk with a host at which Ana works on a sound bench. A silence is noticed sooner than in a class."""
    monkeypatch.setattr(greeting, "EACH_S", 0.2)
    monkeypatch.setattr(silence, "SILENT_AFTER_S", 1.2)
    desk = FrontDesk(tmp_path, "http://h1", 10)
    desk.sits("Ana", lab="acks", index=1, steps=12, verdict="sound", act="killed edge iad")
    yield desk
    desk.close()


def ana(desk: FrontDesk) -> Tile:
    return desk.parts.tiles()[0]


def text(desk: FrontDesk, path: str) -> str:
    """Return a page of the teacher, each run of white space as one space."""
    return " ".join(desk.teacher().get(path, headers=OWN).get_data(as_text=True).split())


def is_calm(desk: FrontDesk) -> bool:
    """Whether everything is claimed that may be claimed of Ana, who is here."""
    now = strip(desk.parts)
    return (ana(desk).group, now.here, now.unheard, now.deaf) == (Group.WORKING, 1, 0, "")


def test_a_host_that_is_gone_is_told_on_every_page_until_it_is_back(desk: FrontDesk) -> None:
    assert is_calm(desk)
    assert "Sound" in text(desk, "/room/wall/")
    assert re.search("h1</b> answers", text(desk, "/room/"))
    desk.host_goes()
    desk.until(lambda: ana(desk).group is Group.UNHEARD)
    assert re.fullmatch(SINCE, ana(desk).since)
    now = strip(desk.parts)
    assert (now.here, now.unheard, now.deaf) == (0, 1, "")
    wall, first, seat = (text(desk, path) for path in ("/room/wall/", "/room/", "/room/seats/1"))
    assert re.search(SINCE, wall)
    assert "killed edge iad" in wall
    assert "<b>1</b> not heard" in wall
    assert "<b>1 not heard</b>" in wall
    assert "Sound" not in wall + seat
    assert re.search(f"h1</b> is {SINCE}", first)
    assert not re.search(DEAF, first)
    desk.host_comes()
    desk.until(lambda: is_calm(desk))
    assert "not heard" not in text(desk, "/room/wall/")


def test_a_desk_that_cannot_hear_the_broker_says_so_until_it_hears_it_again(desk: FrontDesk) -> None:
    desk.server.kill()
    desk.until(lambda: strip(desk.parts).deaf and ana(desk).group is Group.UNHEARD)
    assert (strip(desk.parts).here, strip(desk.parts).unheard) == (0, 1)
    first = text(desk, "/room/")
    assert len(re.findall(DEAF, first)) == 2, "in the strip, and under “Is all well?”"
    assert "h1</b> answers" not in first
    assert desk.joins("Ben").host == "h1", "the host may well be there: who joins is led to it"
    assert strip(desk.parts).here == 0
    desk.server.start()
    desk.until(lambda: is_calm(desk))
    assert not re.search(DEAF, text(desk, "/room/"))


def test_pages_that_are_open_hear_that_a_host_is_gone(desk: FrontDesk) -> None:
    with desk.teacher().get("/room/wall/events", headers=OWN) as answer:
        messages = (str(part, "utf-8") for part in answer.iter_encoded())
        next(one for one in messages if "killed edge iad" in one)
        desk.host_goes()
        news = next(one for one in messages if "not heard" in one)
    assert 'hx-target="#tile-1"' in news
    assert re.search(SINCE, news)
    assert "<b>1 not heard</b>" in news


def test_a_seat_that_was_moved_is_not_called_here_before_its_new_host_reports_of_it(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path, "h1", "h2") as room:
            board, seat = Board(room.desk.wall, room.desk.hosts, {}), await room.join()
            await room.come(seat)
            room.hosts["h1"].report(seat.id, here=True, verdict="sound")
            await room.reported(seat, lambda report: report.here)
            assert board.tiles()[0].group is Group.WORKING
            moved = await asyncio.to_thread(room.desk.move, seat)
            assert (board.tiles()[0].group, board.tiles()[0].since) == (Group.UNHEARD, "no report from h2 yet")
            await room.settled()
            await room.come(moved)
            room.hosts["h2"].report(seat.id, here=True)
            await until(lambda: board.tiles()[0].group is Group.WORKING)

    run(story())


def test_a_short_hiccup_is_told_to_nobody() -> None:
    assert silence.since(time.monotonic() - silence.SILENT_AFTER_S + 0.5) is None
    assert silence.since(time.monotonic() - silence.SILENT_AFTER_S - 0.5) is not None
