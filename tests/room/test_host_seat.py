"""A learner comes to a host with a ticket, has a seat and a bench, and is served under the newest epoch only."""

from __future__ import annotations

import pytest

from studylab.room.protocol import Say
from tests.room.hosted import DESK_URL, Hosted, Sitting, until


def test_a_ticket_becomes_a_cookie_and_a_bench_that_acts(ana: Sitting) -> None:
    assert ana.do("promote", route="shop", to="alloc-c").status_code == 200
    assert {route["name"]: route["owner"] for route in ana.see()["truth"]["routes"]}["shop"] == "alloc-c"


def test_a_ticket_is_good_once(room: Hosted, ana: Sitting) -> None:
    ticket = room.desk.ticket(ana.row)
    stranger = room.apps["h1"].test_client()
    assert ana.client.get(f"/seat?ticket={ticket}").status_code == 303
    answer = stranger.get(f"/seat?ticket={ticket}")
    assert answer.status_code == 409
    assert "used before" in answer.get_data(as_text=True)


def test_a_second_ticket_leads_to_the_same_bench(room: Hosted, ana: Sitting) -> None:
    ana.do("promote", route="blog", to="alloc-a")
    other = Sitting(room, ana.row)
    other.come()
    assert other.see()["truth"]["routes"] == ana.see()["truth"]["routes"]


@pytest.mark.parametrize("path", ["/", "/sandbox", "/labs/acks", "/progress", "/bench.json", "/matrix"])
def test_who_has_no_seat_is_sent_to_the_desk(room: Hosted, path: str) -> None:
    answer = room.apps["h1"].test_client().get(path)
    assert (answer.status_code, answer.location) == (303, f"{DESK_URL}/back")


def test_who_has_no_seat_gets_no_bench_by_a_post(room: Hosted) -> None:
    before = len(list((room.folder / "h1").glob("benches/*")))
    stranger = room.apps["h1"].test_client()
    answer = stranger.post("/bench", headers={"Sec-Fetch-Site": "same-origin", "Accept": "application/json"})
    assert answer.status_code == 409
    assert "Join with the room" in answer.get_json()["error"]
    assert len(list((room.folder / "h1").glob("benches/*"))) == before


def test_the_reading_matter_is_open_to_all(room: Hosted) -> None:
    stranger = room.apps["h1"].test_client()
    assert [stranger.get(path).status_code for path in ("/concepts", "/healthz")] == [200] * 2


def test_who_is_put_out_is_told_so(room: Hosted, ana: Sitting) -> None:
    room.desk.put_out(ana.id)
    until(lambda: ana.page("/sandbox").status_code == 303, "the seat is closed")
    assert "closed this seat" in ana.do("promote", route="shop", to="alloc-b").get_json()["error"]


def test_a_late_comer_begins_at_the_present_step(room: Hosted) -> None:
    lab = room.serving().labs["acks"]
    step = lab.steps[2].id
    room.say(Say.STEP, lab="acks", step=step)
    until(lambda: (row := room.serving().link.room) is not None and row.lab == "acks", "the host has heard of it")
    late = room.join("Late")
    assert late.hub().run("acks").attempt.step == 2
    late.reported(lambda report: (report.lab, report.step) == ("acks", step), "the wall has the step")
    assert late.seat.strip().where == f"lab {lab.number}, step 3"


def test_the_progress_page_has_the_resume_code(ana: Sitting) -> None:
    code = ana.row.resume
    assert f"{code[:4]}-{code[4:]}" in ana.page("/progress").get_data(as_text=True)
