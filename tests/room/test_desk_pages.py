"""What the teacher does on the pages of the desk, with a real desk, broker and host's link behind them."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from labs import LABS
from studylab.lab import records
from studylab.lab.progress import Predicted, Record, Spent
from studylab.room.codes import shown
from studylab.room.desk.web.conduct import numbers_of
from studylab.room.protocol import Carry, Hit, Instruction, Say
from tests.room.front_desk import OWN, FrontDesk, a_front_desk
from vango.kit import BadInput

ACKS = next(lab for lab in LABS if lab.slug == "acks")
STEP = ACKS.steps[1].id


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDesk]:
    with a_front_desk(tmp_path_factory.mktemp("desk")) as found:
        yield found


@pytest.fixture
def teacher(desk: FrontDesk) -> FlaskClient:
    return desk.teacher()


def last(desk: FrontDesk) -> Instruction:
    return desk.parts.front.wall.instructions[-1]


def post(teacher: FlaskClient, path: str, status: int = 303, **form: str) -> str:
    answer = teacher.post(path, data=form, headers=OWN)
    text = answer.get_data(as_text=True)
    assert answer.status_code == status, text
    return answer.location or text


def test_everybody_is_sent_to_a_step_and_who_comes_late_as_well(desk: FrontDesk, teacher: FlaskClient) -> None:
    post(teacher, "/room/conduct/step", to=f"acks/{STEP}", who="all")
    assert (last(desk).say, last(desk).seats, last(desk).with_) == (Say.STEP, (), {"lab": "acks", "step": STEP})
    assert (desk.parts.front.wall.room.lab, desk.parts.front.wall.room.step) == ("acks", STEP)
    assert "lab 5, step 2" in teacher.get("/room/conduct/").get_data(as_text=True)


def test_some_are_chosen_by_number_or_by_where_they_stand(desk: FrontDesk, teacher: FlaskClient) -> None:
    hand = desk.sits("Hand", hand=time.time(), lab="acks")
    calm = desk.sits("Calm", lab="acks")
    post(teacher, "/room/conduct/message", text="Look here", who="hand up")
    assert last(desk).seats == (hand.id,)
    post(teacher, "/room/conduct/message", text="You two", who="numbers", numbers=f"{hand.number}-{calm.number}")
    assert set(last(desk).seats) == {hand.id, calm.id}
    assert "Nobody is meant" in post(teacher, "/room/conduct/message", 422, text="x", who="numbers", numbers="999")


def test_numbers_of_seats_are_read_as_people_write_them() -> None:
    assert numbers_of("3, 7-9 20") == {3, 7, 8, 9, 20}
    for wrong in ("", "x", "3-", "1-99999", "-4", "²"):
        with pytest.raises(BadInput):
            numbers_of(wrong)


def test_the_room_is_held_and_released(desk: FrontDesk, teacher: FlaskClient) -> None:
    post(teacher, "/room/conduct/hold")
    assert desk.parts.front.wall.room.held
    assert "held" in teacher.get("/room/").get_data(as_text=True)
    post(teacher, "/room/conduct/release")
    assert not desk.parts.front.wall.room.held


def test_a_message_is_escaped_cleaned_and_limited(desk: FrontDesk, teacher: FlaskClient) -> None:
    post(teacher, "/room/conduct/message", text="<script>\u202e hi", who="all")
    assert last(desk).with_ == {"text": "<script> hi"}
    assert "&lt;script&gt; hi" in teacher.get("/room/conduct/").get_data(as_text=True)
    assert "at most 500" in post(teacher, "/room/conduct/message", 422, text="x" * 501, who="all")


def test_one_fault_goes_to_everybody_and_the_wall_becomes_a_scoreboard(desk: FrontDesk, teacher: FlaskClient) -> None:
    seat = desk.sits("Scored", verdict="sound", since=1.0)
    board = post(teacher, "/room/conduct/fault", verb="storm", seed="7", length="4", who="all")
    assert last(desk).with_ == {"verb": "storm", "seed": "7", "length": "4"}
    desk.reports(seat, verdict="violated", since=time.time())
    desk.until(lambda: "still wrong" in teacher.get(f"{board}/now").get_data(as_text=True))
    desk.reports(seat, verdict="sound", fault=Hit(last(desk).number, hurt=True, again=True, after_s=4.5))
    assert "sound again after <b>4.5 s" in " ".join(teacher.get(f"{board}/now").get_data(as_text=True).split())


def test_a_fault_that_no_bench_can_take_is_refused_once(desk: FrontDesk, teacher: FlaskClient) -> None:
    before = desk.parts.front.wall.instructions
    assert "storm needs the argument seed" in post(teacher, "/room/conduct/fault", 422, verb="storm", who="all")
    assert "one bench at a time" in post(teacher, "/room/conduct/fault", 422, verb="fork", moment="1", who="all")
    assert desk.parts.front.wall.instructions == before
    for verb in ("storm", "edge_rules", "crash_relay", "stream_limits"):
        assert teacher.get(f"/room/conduct/fault?verb={verb}").status_code == 200


def test_a_vote_shows_its_bars_when_it_is_closed_and_a_second_one_beside_it(
    desk: FrontDesk, teacher: FlaskClient
) -> None:
    seat, on = desk.sits("Voter"), "acks/predict-queued"
    first = post(teacher, "/room/votes/", on=on)
    assert "A vote is open" in post(teacher, "/room/votes/", 409, on=on)
    a, b = list(desk.parts.front.wall.votes()[-1].options)[:2]
    desk.reports(seat, votes={"1": a})
    assert "<progress" not in teacher.get(first).get_data(as_text=True)
    post(teacher, f"{first}/close")
    assert "1 · 100%" in teacher.get(first).get_data(as_text=True)
    second = post(teacher, "/room/votes/", on=on)
    desk.reports(seat, votes={"1": a, "2": b})
    post(teacher, f"{second}/close")
    text = teacher.get(second).get_data(as_text=True)
    assert "What changed" in text
    assert "went from" in text


def test_a_seat_is_renamed_gets_a_new_code_and_is_put_out_and_let_in(desk: FrontDesk, teacher: FlaskClient) -> None:
    seat = desk.sits("Rude")
    page = f"/room/seats/{seat.number}"
    post(teacher, f"{page}/rename", name="Kind")
    post(teacher, f"{page}/code")
    post(teacher, f"{page}/out")
    now = desk.parts.board.seats[seat.id]
    assert (now.name, now.out, now.resume != seat.resume) == ("Kind", True, True)
    assert seat.id not in {tile.id for tile in desk.parts.board.tiles()}
    post(teacher, f"{page}/out")
    assert not desk.parts.board.seats[seat.id].out


def test_one_seat_is_sent_reset_told_and_asked_for_its_bench(desk: FrontDesk, teacher: FlaskClient) -> None:
    seat = desk.sits("One")
    page = f"/room/seats/{seat.number}"
    asks: list[tuple[str, dict[str, str], Say]] = [
        ("step", {"to": f"acks/{STEP}"}, Say.STEP), ("reset", {}, Say.RESET), ("message", {"text": "hi"}, Say.MESSAGE),
        ("drive", {}, Say.DRIVE), ("drive", {"end": "1"}, Say.DRIVE),
    ]  # fmt: skip
    for path, form, say in asks:
        post(teacher, f"{page}/{path}", 303, **form)
        assert (last(desk).say, last(desk).seats) == (say, (seat.id,))
    assert last(desk).with_ == {"do": "end"}
    assert teacher.get(f"{page}/watch").location.startswith("http://127.0.0.1:18009/room/watch?ticket=")


def test_the_demo_gives_the_teacher_a_bench_and_goes_through_the_plan(desk: FrontDesk, teacher: FlaskClient) -> None:
    post(teacher, "/room/plan/use", plan="demo")
    assert teacher.get("/room/demo/bench").location.startswith("http://127.0.0.1:18009/seat?ticket=")
    own = desk.parts.agenda.teacher_seat
    assert teacher.get("/room/demo/bench").status_code == 303
    assert desk.parts.agenda.teacher_seat == own, "the teacher has one seat"
    assert teacher.get("/back").location == "/room/demo/bench", "when its host is lost, the bench is found again"
    assert own in desk.parts.board.seats
    assert own not in {tile.id for tile in desk.parts.tiles()}, "nobody has to help the teacher"
    post(teacher, "/room/demo/follow", follow="off")
    post(teacher, "/room/demo/turn", by="1")
    post(teacher, "/room/demo/turn", by="1")
    assert (last(desk).say, last(desk).seats, last(desk).with_["step"]) == (Say.STEP, (own,), "watch")
    text = teacher.get("/room/demo/now").get_data(as_text=True)
    assert "The four parts, in slow motion" in text
    assert "follow a" not in text
    post(teacher, "/room/demo/follow", follow="on")
    post(teacher, "/room/demo/turn", by="1")
    assert last(desk).seats == ()


def test_a_plan_of_one_s_own_is_used_or_refused_with_its_text_kept(desk: FrontDesk, teacher: FlaskClient) -> None:
    text = '[[part]]\r\ntitle = "Mine"\r\nminutes = 5\r\n'
    assert "no title" in post(teacher, "/room/plan/text", 400, text="[[part]]\nminutes = 7")
    post(teacher, "/room/plan/text", text=text)
    assert 'title = "Mine"' in teacher.get("/room/plan/plan.toml").get_data(as_text=True)
    post(teacher, "/room/plan/use", plan="workshop")
    post(teacher, "/room/plan/go", part="2")
    assert "part 3 of 13" in " ".join(teacher.get("/room/").get_data(as_text=True).split())


def test_afterwards_there_is_a_table_and_what_the_room_believed(desk: FrontDesk, teacher: FlaskClient) -> None:
    seat = desk.sits("=cmd")
    step = next(step for step in ACKS.steps if step.id == "predict-queued")
    wrong = next(option for option in step.options if not option.happens)  # type: ignore[union-attr]
    made = Predicted(0, step.title, wrong.text, "certain", 3, 1.0, "It did not.", "Seen.", False)
    record = Record("acks", ACKS.title, 5, len(ACKS.steps), spent={"m": Spent(1, 1, 60.0)}, predictions={step.id: made})
    desk.host.carry(seat.id, Carry(lab="acks", step=STEP, progress=records.seal([record], at=1.0)))
    desk.until(lambda: desk.parts.front.wall.carries.of(seat.id))
    text = teacher.get("/room/after/").get_data(as_text=True)
    assert "1 of 1" in text
    assert "=cmd" not in teacher.get("/room/after/?names=0").get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(teacher.get("/room/after/room.csv").get_data(as_text=True))))
    assert ["'=cmd", "no"] in [[row[1], row[-1]] for row in rows]
    assert not any(
        "cmd" in cell
        for row in csv.reader(io.StringIO(teacher.get("/room/after/room.csv?names=0").text))
        for cell in row
    )


def test_the_wall_is_drawn_with_names_or_without(desk: FrontDesk, teacher: FlaskClient) -> None:
    desk.sits("Walled", lab="acks", index=1, steps=12, act="<i>x")
    text = teacher.get("/room/wall/").get_data(as_text=True)
    assert "Walled" in text
    assert "&lt;i&gt;x" in text
    assert "Walled" not in teacher.get("/room/wall/?names=0").get_data(as_text=True)


def test_the_wall_s_stream_sends_all_tiles_and_then_what_changed_only(desk: FrontDesk, teacher: FlaskClient) -> None:
    seat = desk.sits("Streamed", act="first")
    with teacher.get("/room/wall/events", headers=OWN) as answer:
        messages = (str(part, "utf-8") for part in answer.iter_encoded())
        assert "retry" in next(messages)
        assert "Streamed" in next(messages)
        desk.reports(seat, act="second")
        news = next(one for one in messages if "second" in one)
    assert f'hx-target="#tile-{seat.number}"' in news
    assert news.count('class="seat-tile') == 1


def test_the_qr_code_is_a_picture_of_the_way_in(teacher: FlaskClient) -> None:
    answer = teacher.get("/room/qr.svg")
    assert answer.mimetype == "image/svg+xml"
    assert answer.get_data(as_text=True).startswith("<svg")


def test_an_unknown_page_is_told_in_the_room_s_words(desk: FrontDesk) -> None:
    assert "Learners join at /join" in desk.learner().get("/labs/acks", headers=OWN).get_data(as_text=True)


def test_the_truth_page_shows_each_view_with_the_audit_s_verdict(desk: FrontDesk, teacher: FlaskClient) -> None:
    desk.sits("Audited")
    desk.until(lambda: "is-ok" in teacher.get("/room/truth/now").get_data(as_text=True))
    text = teacher.get("/room/truth/").get_data(as_text=True)
    for words in ("host h1", "the reports of h1", "Truth is at"):
        assert words in text


def test_a_room_is_closed_and_kept_and_not_deleted_without_its_code(desk: FrontDesk, teacher: FlaskClient) -> None:
    post(teacher, "/room/after/close")
    assert "has ended" in post(desk.learner(), "/join", 409, code=desk.code, name="Late")
    post(teacher, "/room/after/open")
    assert "Nothing was deleted" in post(teacher, "/room/after/delete", 422, code="WRONG")


def test_a_deleted_room_is_gone_from_every_page_and_another_is_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with a_front_desk(tmp_path) as desk:
        teacher, code = desk.teacher(), desk.code
        desk.sits("Xaveria", act="promoted blog")
        teacher.post("/room/demo/turn", data={"by": "1"}, headers=OWN)
        assert "Xaveria" in teacher.get("/room/wall/").get_data(as_text=True)
        post(teacher, "/room/after/delete", code=shown(code))
        assert desk.code != code
        assert f"Another is open, with the code {shown(desk.code)}." in capsys.readouterr().err
        desk.until(lambda: "Every host has deleted" in teacher.get("/room/after/ended").get_data(as_text=True))
        for page in ("/room/wall/", "/room/after/", "/room/conduct/", "/room/after/room.csv"):
            assert "Xaveria" not in teacher.get(page).get_data(as_text=True)
        assert "not begun" in teacher.get("/room/demo/").get_data(as_text=True)
        assert desk.sits("Xaveria").number == 1
        assert "Xaveria" in teacher.get("/room/wall/").get_data(as_text=True)
