"""The teacher looks at a seat's bench, and drives it only while the learner agrees."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from studylab.room import watching
from tests.room.hosted import JSON, KEY, PAGE, Hosted, Sitting

PROMOTE = {"route": "shop", "to": "alloc-c"}


@pytest.fixture
def teacher(room: Hosted, ana: Sitting) -> FlaskClient:
    client = room.apps["h1"].test_client()
    assert client.get(ana.watch_link()).location == f"/room/watch/{ana.id}"
    return client


def acts(teacher: FlaskClient, seat: str) -> TestResponse:
    """Press a button on the page of a seat that the teacher looks at."""
    headers = {**JSON, "Referer": f"http://localhost/room/watch/{seat}"}
    return teacher.post("/bench/verbs/promote", json=PROMOTE, headers=headers)


def owner(ana: Sitting) -> str:
    return str({route["name"]: route["owner"] for route in ana.see()["truth"]["routes"]}["shop"])


def test_the_teacher_sees_the_learner_s_stage(teacher: FlaskClient, ana: Sitting) -> None:
    ana.page("/sandbox")
    page = teacher.get(f"/room/watch/{ana.id}", headers=PAGE).get_data(as_text=True)
    assert "You look at the bench of Ana" in page
    assert f'hx-sse:connect="/room/watch/{ana.id}/events?page="' in page
    assert ana.seat.kept.page == ""


def test_who_is_led_to_a_seat_before_it_has_come_waits_for_it(teacher: FlaskClient, room: Hosted) -> None:
    answer = teacher.get("/room/watch/not-yet", headers=PAGE)
    assert answer.status_code == 503
    assert "The bench is on its way" in answer.get_data(as_text=True)
    assert 'http-equiv="refresh"' in answer.get_data(as_text=True)
    stranger = room.apps["h1"].test_client().get("/room/watch/not-yet", headers=PAGE)
    assert stranger.status_code == 404


def test_who_only_looks_changes_nothing(teacher: FlaskClient, ana: Sitting) -> None:
    before = owner(ana)
    answer = acts(teacher, ana.id)
    assert answer.status_code == 409
    assert "You look at this bench" in answer.get_json()["error"]
    assert owner(ana) == before


def test_the_teacher_drives_once_the_learner_has_agreed_and_until_either_ends_it(
    teacher: FlaskClient, ana: Sitting
) -> None:
    assert teacher.post(f"/room/watch/{ana.id}/drive", json={"ask": "yes"}, headers=JSON).status_code == 200
    assert acts(teacher, ana.id).status_code == 409
    assert "would like to drive" in ana.page("/sandbox").get_data(as_text=True)
    assert ana.post("/room/drive", agree="yes").status_code == 200
    assert acts(teacher, ana.id).status_code == 200
    assert owner(ana) == "alloc-c"
    ana.reported(lambda report: report.agreed, "the wall knows that the learner agreed")
    assert "The teacher drives your bench" in ana.page("/sandbox").get_data(as_text=True)
    assert ana.post("/room/drive", agree="no").status_code == 200
    assert acts(teacher, ana.id).status_code == 409


def test_the_teacher_ends_it_too(teacher: FlaskClient, ana: Sitting) -> None:
    teacher.post(f"/room/watch/{ana.id}/drive", json={"ask": "yes"}, headers=JSON)
    ana.post("/room/drive", agree="yes")
    teacher.post(f"/room/watch/{ana.id}/drive", json={"ask": "no"}, headers=JSON)
    assert acts(teacher, ana.id).status_code == 409
    assert ana.post("/room/drive", agree="yes").status_code == 409


def test_a_learner_looks_at_no_other_s_bench(room: Hosted, ana: Sitting) -> None:
    bea = room.join("Bea")
    assert bea.page(f"/room/watch/{ana.id}").status_code == 404
    assert bea.client.get(f"/room/watch/{ana.id}/events").status_code == 404
    assert bea.post(f"/room/watch/{ana.id}/drive", ask="yes").status_code == 404
    assert acts(bea.client, ana.id).status_code == 404
    assert ana.seat.kept.drive == ""


def test_a_link_to_a_seat_is_good_once_for_this_host_and_this_room(room: Hosted, ana: Sitting) -> None:
    client, link = room.apps["h1"].test_client(), ana.watch_link()
    assert client.get(link).status_code == 303
    assert client.get(link).status_code == 409
    other_host = watching.write(KEY, ana.id, "h2", room.desk.room.id)
    other_room = watching.write(KEY, ana.id, "h1", "another")
    other_key = watching.write("x" * 40, ana.id, "h1", room.desk.room.id)
    answers = [client.get(f"/room/watch?ticket={ticket}").status_code for ticket in (other_host, other_room, other_key)]
    assert answers == [409, 404, 409]


def test_the_teacher_s_stream_has_the_stage_and_their_own_strip(teacher: FlaskClient, ana: Sitting) -> None:
    ana.page("/sandbox")
    with teacher.get(f"/room/watch/{ana.id}/events?page=", buffered=False) as stream:
        text = ""
        for part in stream.response:
            text += part.decode() if isinstance(part, bytes) else part
            if "#panel-truth" in text and "#watching" in text:
                break
    assert "#room" not in text
