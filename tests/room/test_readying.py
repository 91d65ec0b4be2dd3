"""A bench that is not ready at the first try: it comes later, with all that its seat had, and nobody else waits."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from studylab.lab.model import Predict
from studylab.room.protocol import Say
from studylab.room.serving import fence, readying
from studylab.sessions import Benches
from tests.room.hosted import WITHIN_S, Hosted, Sitting, until
from vango import kit
from vango.bench.bench import Bench

LAB = "acks"
OFTEN_S = 0.01


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """What the next benches that are opened raise, one after the other."""
    raised: list[Exception] = []
    real = Benches._open

    async def opened(self: Benches, folder: Path) -> Bench:
        if raised:
            raise raised.pop(0)
        return await real(self, folder)

    monkeypatch.setattr(Benches, "_open", opened)
    monkeypatch.setattr(readying, "AGAIN_S", OFTEN_S)
    return raised


@pytest.mark.parametrize("error", [kit.Unavailable("nats-server was not ready in time"), RuntimeError("unforeseen")])
def test_a_moved_seat_whose_bench_fails_at_first_goes_on_where_it_was(
    tmp_path: Path, failing: list[Exception], error: Exception
) -> None:
    room = Hosted(tmp_path, "h1", "h2")
    try:
        ana = room.join("Ana")
        predict = next(step for step in room.serving(ana.row.host).labs[LAB].steps if isinstance(step, Predict))
        chosen = predict.options[-1]
        ana.done(room.say(Say.STEP, ana.id, lab=LAB, step=predict.id))
        ana.post(f"/labs/{LAB}/predict", step=predict.id, option=chosen.key, confidence="certain")
        until(lambda: chosen.text in carried(room, ana), "the desk has the prediction")
        failing += [error, error]
        moved = Sitting(room, room.desk.move(ana.row))
        moved.come()
        assert (failing, moved.seat.trouble) == ([], "")
        assert moved.attempt(LAB).predictions[predict.id].option == chosen.key
        assert moved.do("promote", route="shop", to="alloc-c").status_code == 200
        moved.reported(lambda report: "promote" in report.act, "the act is reported")
        assert chosen.text in carried(room, moved)
    finally:
        room.close()


def test_between_two_tries_the_page_shows_what_its_learner_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(*_: Any) -> None:
        raise kit.Unavailable("not now")

    monkeypatch.setattr(readying.Readying, "_bring", refuses)
    monkeypatch.setattr(readying, "AGAIN_S", 600.0)
    room = Hosted(tmp_path, "h1")
    try:
        ana = Sitting(room, room.desk.join(room.desk.room.code, "Ana", "10.0.0.1"))
        assert ana.client.get(f"/seat?ticket={room.desk.ticket(ana.row)}").status_code == 303
        until(lambda: ana.seat.trouble, "the first try has failed")
        with ana.client.get("/events", headers={"Accept": "text/event-stream"}) as page:
            stream = iter(page.response)
            until(lambda: "panel-acts" in str(next(stream)), "the page is there")
            assert ana.do("promote", route="shop", to="alloc-c").status_code == 200
            until(lambda: "epoch 2" in str(next(stream)), "the act is shown")
    finally:
        room.close()


def test_a_stage_is_shown_when_its_bench_stands_where_its_learner_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_begin = threading.Event()
    real = readying.Readying._bring

    async def bring(self: readying.Readying, *given: Any) -> None:
        await asyncio.to_thread(may_begin.wait)
        await real(self, *given)

    monkeypatch.setattr(readying.Readying, "_bring", bring)
    monkeypatch.setattr(fence, "STANDS_S", OFTEN_S)
    room = Hosted(tmp_path)
    try:
        room.say(Say.STEP, lab=LAB)
        ana = Sitting(room, room.desk.join(room.desk.room.code, "Ana", "10.0.0.1"))
        ana.client.get(f"/seat?ticket={room.desk.ticket(ana.row)}")
        early = ana.page(f"/labs/{LAB}")
        assert early.status_code == 200
        assert "Your bench is being made ready" in early.text
        assert 'http-equiv="refresh"' in early.text
        monkeypatch.setattr(fence, "STANDS_S", WITHIN_S)
        with ThreadPoolExecutor(1) as browser:
            coming = browser.submit(ana.page, f"/labs/{LAB}")
            may_begin.set()
            page = coming.result(WITHIN_S)
        assert page.status_code == 200
        assert "hx-sse:connect" in page.text
        assert ana.attempt(LAB).begun
    finally:
        may_begin.set()
        room.close()


def test_a_bench_that_is_made_for_a_seat_is_not_reset(tmp_path: Path) -> None:
    room = Hosted(tmp_path)
    try:
        room.say(Say.STEP, lab=LAB)
        ana = room.join("Ana")
        assert ana.attempt(LAB).begun
        refused = ana.do("undo")
        assert refused.status_code == 409
        assert refused.get_json()["error"].startswith("There is nothing to undo: "), refused.text
    finally:
        room.close()


def test_while_a_bench_cannot_be_made_the_desk_keeps_what_its_seat_had(
    tmp_path: Path, failing: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readying, "TRIES", 2)
    room = Hosted(tmp_path, "h1", "h2")
    try:
        ana = room.join("Ana")
        ana.done(room.say(Say.STEP, ana.id, lab=LAB))
        until(lambda: LAB in carried(room, ana), "the desk has what Ana did")
        before = carried(room, ana)
        failing += [kit.Unavailable("no place")] * 2
        moved = Sitting(room, room.desk.move(ana.row))
        moved.come()
        assert "could not be brought to where you were" in moved.seat.trouble
        assert moved.do("promote", route="shop", to="alloc-c").status_code == 200
        moved.reported(lambda report: "promote" in report.act, "the act is reported")
        assert carried(room, ana) == before
    finally:
        room.close()


def test_who_joins_while_the_host_has_not_heard_where_the_room_is_comes_there_later(tmp_path: Path) -> None:
    room = Hosted(tmp_path)
    try:
        ana = room.join("Ana")
        room.server.kill()
        said = room.say(Say.STEP, lab=LAB)
        ben = Sitting(room, room.desk.join(room.desk.room.code, "Ben", "10.0.0.2"))
        ben.come()
        assert not ben.attempt(LAB).begun
        room.server.start()
        for sitting in (ana, ben):
            sitting.done(said)
            assert sitting.attempt(LAB).begun
    finally:
        room.close()


def carried(room: Hosted, sitting: Sitting) -> str:
    """Return what the desk keeps of a seat, as text."""
    found: Any = room.desk.wall.carries.of(sitting.id)
    return f"{found.lab} {found.step} {found.progress}" if found is not None else ""
