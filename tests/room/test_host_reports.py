"""What a host says of its seats, and that no request of a learner waits for the room."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest

from studylab.lab.model import Predict
from studylab.room.protocol import Report, Say
from studylab.room.serving import seat
from tests.room.hosted import Hosted, Sitting, until


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    hosted = Hosted(tmp_path_factory.mktemp("room"))
    yield hosted
    hosted.close()


def says(act: str) -> Callable[[Report], bool]:
    return lambda report: report.act == act


def test_the_wall_has_lab_step_act_verdict_and_ticks(room: Hosted) -> None:
    ana = room.join("Ana")
    lab = room.serving().labs["acks"]
    predict = next(step for step in lab.steps if isinstance(step, Predict))
    ana.page("/labs/acks")
    ana.done(room.say(Say.STEP, ana.id, lab="acks", step=predict.id))
    ana.post("/labs/acks/predict", step=predict.id, option=predict.options[0].key, confidence="certain")
    ana.do("kill_edge", edge="fra")
    report = ana.reported(lambda report: report.act == "kill edge fra" and report.index == 1, "act and step")
    assert (report.lab, report.steps) == ("acks", len(lab.steps))
    assert report.of > 0
    assert report.verdict in ("sound", "not yet known")


def test_a_page_that_is_open_is_reported_and_that_it_is_gone(room: Hosted) -> None:
    ana = room.join("Ana")
    with ana.client.get("/events", buffered=False) as stream:
        next(iter(stream.response))
        next(iter(stream.response))
        ana.reported(lambda report: report.here, "the page is open")
    ana.reported(lambda report: not report.here, "the page is gone")


def test_a_bench_needs_nobody(room: Hosted) -> None:
    """Law 1: with the room's broker gone everything works, and what happened is told afterwards, once."""
    ana = room.join("Ana")
    ana.page("/sandbox")
    room.server.stop()
    until(lambda: room.serving().link.silent_since is not None, "the room is silent")
    began = time.monotonic()
    assert ana.do("promote", route="shop", to="alloc-c").status_code == 200
    assert ana.page("/sandbox").status_code == 200
    assert ana.post("/room/hand", up="on").status_code == 200
    assert time.monotonic() - began < 5
    page = ana.page("/sandbox").get_data(as_text=True)
    assert "The room does not answer since" in page
    assert "your bench does." in page
    room.server.start()
    ana.reported(lambda report: report.act == "promote shop, alloc-c" and report.hand > 0, "told afterwards")
    until(lambda: not ana.seat.strip().silent_since, "the room answers")


def test_a_host_that_starts_again_has_its_seats_and_their_place(room: Hosted) -> None:
    ana = room.join("Ana")
    ana.done(room.say(Say.STEP, ana.id, lab="acks", step=room.serving().labs["acks"].steps[1].id))
    said = room.say(Say.MESSAGE, ana.id, text="Wait for me.")
    ana.done(said)
    room.end()
    room.start()
    again = Sitting(room, ana.row)
    again.come()
    assert again.page("/labs/acks").status_code == 200
    assert again.attempt("acks").step == 1
    assert (again.seat.strip().message, again.seat.strip().sent_to) == ("Wait for me.", "/labs/acks")


def test_the_end_of_a_room_deletes_what_its_people_did(room: Hosted) -> None:
    ana = room.join("Ana")
    ana.do("promote", route="shop", to="alloc-c")
    folder = room.folder / "h1" / "benches" / ana.seat.key
    assert folder.is_dir()
    room.say(Say.HOLD, ana.id)
    room.desk.end()
    until(lambda: not folder.exists(), "the bench is deleted")
    assert ana.page("/sandbox").status_code == 303
    bea = room.join("Bea")
    assert not bea.seat.is_held
    assert bea.do("promote", route="shop", to="alloc-c").status_code == 200


def test_what_happens_during_a_look_is_told_after_it(room: Hosted) -> None:
    """A bench that nobody watches is observed for its report; a verb may come while it is."""
    ana = room.join("Ana")
    ana.page("/sandbox")
    for route, to in (("shop", "alloc-c"), ("blog", "alloc-b"), ("api", "alloc-a"), ("shop", "alloc-a")):
        assert ana.do("promote", route=route, to=to).status_code == 200
    ana.reported(lambda report: report.act == "promote shop, alloc-a", "the last act is told")


def test_a_carry_that_has_to_wait_repeats_no_report_and_holds_up_none(
    room: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = room.join("Ana")
    ana.page("/sandbox")
    reports = room.serving().link.reports
    written, write = list[tuple[str, ...]](), reports._write

    def note(db: Any, told: Sequence[Report], carries: Sequence[Any]) -> None:
        written.append((*(report.act for report in told), *("carried" for _ in carries)))
        write(db, told, carries)

    monkeypatch.setattr(reports, "_write", note)
    for to in ("alloc-c", "alloc-b", "alloc-c"):
        assert ana.do("promote", route="shop", to=to).status_code == 200
        ana.reported(says(f"promote shop, {to}"), "each act while a carry waits")
    until(lambda: sum("carried" in one for one in written) > 1, "the carry that waited")
    assert () not in written
    assert [one for one, after in pairwise(written) if one == after] == []


def test_an_act_is_reported_once_with_the_verdict_that_it_leads_to(
    room: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seat, "PUT_OFF", 100)
    ana = room.join("Ana")
    ana.do("edge_rules", edge="syd", handling_s=0.3)
    verdicts, put = list[str](), room.serving().link.reports.put

    def note(id: str, epoch: int, changes: Mapping[str, Any]) -> None:
        verdicts.append(changes.get("verdict", ""))
        put(id, epoch, changes)

    ana.page("/sandbox")
    with ana.client.get("/events", buffered=False) as stream:
        next(iter(stream.response))
        next(iter(stream.response))
        ana.reported(lambda report: report.here and report.verdict == "sound", "the page is open")
        monkeypatch.setattr(room.serving().link.reports, "put", note)
        for to in ("alloc-c", "alloc-b"):
            assert ana.do("promote", route="shop", to=to).status_code == 200
            ana.reported(says(f"promote shop, {to}"), "the act")
    assert "not yet known" not in verdicts


def test_a_verdict_that_stays_unknown_is_reported_all_the_same(room: Hosted) -> None:
    ana = room.join("Ana")
    ana.page("/sandbox")
    with ana.client.get("/events", buffered=False) as stream:
        next(iter(stream.response))
        next(iter(stream.response))
        ana.reported(lambda report: report.here and report.verdict == "sound", "the page is open")
        ana.do("kill_relay")
        ana.do("promote", route="shop", to="alloc-c")
        ana.reported(lambda report: report.verdict == "not yet known", "the event waits in the outbox")
