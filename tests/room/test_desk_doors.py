"""The two doors of the front desk: learners come in with a code, the teacher with a secret that no address holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studylab.room import codes
from tests.room.front_desk import OWN, SECRET, FrontDesk, a_front_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDesk]:
    with a_front_desk(tmp_path_factory.mktemp("desk")) as found:
        yield found


def join(desk: FrontDesk, name: str = "Ana", code: str = "") -> tuple[object, str]:
    client = desk.learner()
    answer = client.post("/join", data={"code": code or desk.code, "name": name}, headers=OWN)
    return client, answer.get_data(as_text=True) if answer.status_code != 303 else answer.location


def test_who_knows_the_code_gets_a_seat_and_is_led_to_its_host_with_a_ticket(desk: FrontDesk) -> None:
    client = desk.learner()
    typed = codes.shown(desk.code).lower()
    assert client.post("/join", data={"code": typed, "name": "Ana"}, headers=OWN).location == "/joined"
    assert "You are in, Ana" in client.get("/joined").get_data(as_text=True)
    assert client.get("/back").location.startswith("http://127.0.0.1:18009/seat?ticket=")
    assert "You have a seat: Ana" in client.get("/join").get_data(as_text=True)


def test_a_browser_that_has_a_seat_is_led_to_it_and_gets_no_second(desk: FrontDesk) -> None:
    client = desk.learner()
    client.post("/join", data={"code": desk.code, "name": "Once"}, headers=OWN)
    before = len(desk.parts.front.wall)
    for name in ("Once", "Twice"):
        assert client.post("/join", data={"code": desk.code, "name": name}, headers=OWN).location == "/join"
    text = client.get("/join").get_data(as_text=True)
    assert "This browser has a seat already: Once." in text
    assert 'href="/back"' in text
    assert len(desk.parts.front.wall) == before


def test_another_person_at_a_shared_device_says_so_and_gets_a_seat(desk: FrontDesk) -> None:
    client = desk.learner()
    client.post("/join", data={"code": desk.code, "name": "Early"}, headers=OWN)
    client.post("/leave", headers=OWN)
    assert client.post("/join", data={"code": desk.code, "name": "Later"}, headers=OWN).location == "/joined"
    assert "You are in, Later" in client.get("/joined").get_data(as_text=True)


def test_a_wrong_code_gets_a_sentence_and_keeps_what_was_typed(desk: FrontDesk) -> None:
    answer = desk.learner().post("/join", data={"code": "XXXXXX", "name": "Bea"}, headers=OWN)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "The room has another code" in text
    assert 'value="Bea"' in text


def test_a_name_is_escaped_and_loses_what_turns_other_text(desk: FrontDesk) -> None:
    client = desk.learner()
    client.post("/join", data={"code": desk.code, "name": "<b>E\u202evil\x07"}, headers=OWN)
    text = client.get("/joined").get_data(as_text=True)
    assert "You are in, &lt;b&gt;Evil" in text


def test_two_of_one_name_are_told_apart(desk: FrontDesk) -> None:
    for name in ("Mia", "MIA 2"):
        client = desk.learner()
        client.post("/join", data={"code": desk.code, "name": "MIA" if name != "Mia" else name}, headers=OWN)
        assert f"You are in, {name}" in client.get("/joined").get_data(as_text=True)


def test_a_resume_code_brings_a_seat_to_another_device(desk: FrontDesk) -> None:
    seat = desk.sits("Jo")
    other = desk.learner()
    typed = codes.shown(seat.resume).lower()
    assert other.post("/resume", data={"resume": typed}, headers=OWN).location == "/joined"
    assert "You are in, Jo" in other.get("/joined").get_data(as_text=True)


def test_who_was_put_out_is_told_and_keeps_no_way_in(desk: FrontDesk) -> None:
    client = desk.learner()
    client.post("/join", data={"code": desk.code, "name": "Out"}, headers=OWN)
    seat = next(seat for seat in desk.parts.board.seats.values() if seat.name == "Out")
    desk.parts.front.put_out(seat.id)
    assert client.get("/back").location == "/join"
    assert "is closed" in client.get("/join").get_data(as_text=True)


def test_the_room_s_address_has_its_code_and_nothing_is_asked_twice(desk: FrontDesk) -> None:
    text = desk.learner().get(f"/join/{desk.code.lower()}").get_data(as_text=True)
    assert f'value="{desk.code}"' in text


def test_a_page_of_a_host_may_ask_whether_the_desk_is_there(desk: FrontDesk) -> None:
    answer = desk.learner().get("/healthz")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert desk.learner().get("/join").headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "path", ["/", "/wall/", "/wall/events", "/conduct/", "/votes/", "/seats/1", "/plan/", "/demo/", "/after/", "/truth/",
             "/qr.svg", "/after/room.csv", "/demo/bench", "/seats/1/watch"]
)  # fmt: skip
def test_the_teacher_s_pages_are_for_the_teacher(desk: FrontDesk, path: str) -> None:
    client = desk.learner()
    client.post("/join", data={"code": desk.code, "name": ""}, headers=OWN)
    answer = client.get(f"/room{path}", headers=OWN)
    assert (answer.status_code, answer.location) == (303, "/teach") or answer.status_code == 403


def test_every_post_of_the_teacher_is_refused_to_others(desk: FrontDesk) -> None:
    rules = [
        rule
        for rule in desk.app.url_map.iter_rules()
        if rule.rule.startswith("/room/") and "POST" in (rule.methods or ())
    ]
    assert len(rules) > 20
    for rule in rules:
        path = rule.rule.replace("<int:number>", "1")
        assert desk.learner().post(path, headers=OWN).status_code == 403, path


def test_a_wrong_secret_opens_nothing_and_guesses_are_limited(tmp_path: Path) -> None:
    with a_front_desk(tmp_path) as desk:
        answers = [desk.learner().post("/teach", data={"secret": f"no {n}"}, headers=OWN) for n in range(21)]
        assert {answer.status_code for answer in answers[:20]} == {403}
        assert answers[20].status_code == 429
        assert "Too many" in answers[20].get_data(as_text=True)


def test_no_page_and_no_address_has_the_teacher_s_secret(desk: FrontDesk) -> None:
    teacher = desk.teacher()
    pages = [teacher.get(path) for path in ("/room/", "/room/show-code", "/room/demo/", "/room/truth/", "/teach")]
    assert all(SECRET not in page.get_data(as_text=True) and SECRET not in (page.location or "") for page in pages)


def test_the_first_page_says_the_three_things_to_do_first(desk: FrontDesk) -> None:
    text = desk.teacher().get("/room/").get_data(as_text=True)
    for words in ("Three things to do first", "Let them join", "on the wall", "Begin the plan", codes.shown(desk.code)):
        assert words in text
