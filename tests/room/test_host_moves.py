"""A seat moves to another host: its bench is made again there, and the host before serves it no more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from studylab.lab.model import Predict
from studylab.room.protocol import Say
from tests.room.hosted import DESK_URL, Hosted, Sitting, until


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    hosted = Hosted(tmp_path_factory.mktemp("room"), "h1", "h2")
    yield hosted
    hosted.close()


def carried(room: Hosted, sitting: Sitting, text: str) -> None:
    """Wait until the desk has what another host would need, with a word in it."""

    def is_there() -> bool:
        carry = room.desk.wall.carries.of(sitting.id)
        return carry is not None and text in f"{carry.lab} {carry.step} {carry.script} {carry.progress}"

    until(is_there, f"the carry holds {text}", lambda: room.desk.wall.carries.of(sitting.id))


def moved(room: Hosted, sitting: Sitting) -> Sitting:
    after = Sitting(room, room.desk.move(sitting.row))
    after.come()
    return after


def test_a_bench_is_made_again_with_lab_step_predictions_and_what_was_done(room: Hosted) -> None:
    ana = room.join("Ana")
    lab = room.serving().labs["acks"]
    place = next(n for n, step in enumerate(lab.steps) if isinstance(step, Predict))
    predict = lab.steps[place]
    assert isinstance(predict, Predict)
    ana.page("/labs/acks")
    ana.done(room.say(Say.STEP, ana.id, lab="acks", step=predict.id))
    chosen = predict.options[-1].key
    ana.post("/labs/acks/predict", step=predict.id, option=chosen, confidence="certain")
    assert ana.hub().run("acks").attempt.step == place + 1
    carried(room, ana, lab.steps[place + 1].id)
    assert ana.do("kill_edge", edge="syd").status_code == 200
    carried(room, ana, "kill_edge edge=syd")
    after = moved(room, ana)
    attempt = after.hub().run("acks").attempt
    assert (attempt.step, attempt.predictions[predict.id].option) == (place + 1, chosen)
    assert next(edge["mode"] for edge in after.see()["edges"] if edge["name"] == "syd") == "down"


def test_a_hand_and_a_vote_go_along(room: Hosted) -> None:
    ana = room.join("Ana")
    vote = room.desk.open_vote("acks", "predict", "What happens?", {"a": "Nothing", "b": "A gap"})
    until(lambda: ana.seat.strip().vote is not None, "the vote is open here")
    ana.post("/room/hand", up="on")
    ana.post("/room/vote", number=str(vote.number), option="b")
    until(lambda: (found := room.desk.wall.carries.of(ana.id)) is not None and found.votes, "the carry has the vote")
    after = moved(room, ana)
    found = after.reported(lambda report: report.epoch == after.row.epoch and bool(report.votes), "it is told again")
    assert found.hand > 0
    assert found.votes == {str(vote.number): "b"}
    assert after.seat.strip().hand
    assert room.desk.wall.tally(vote.number)["b"] == 1


def test_the_host_before_sends_its_browsers_on(room: Hosted) -> None:
    ana = room.join("Ana")
    before = ana.client
    key = ana.seat.key
    name = ana.row.host
    after = moved(room, ana)
    until(lambda: room.serving(name).seat(ana.id) is None, "the host before has given the seat up")
    page = before.get("/sandbox")
    assert (page.status_code, page.location) == (303, f"{DESK_URL}/back")
    refused = before.post(
        "/bench/verbs/promote", json={"route": "shop", "to": "alloc-b"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert refused.status_code == 409
    assert "at another place now" in refused.get_json()["error"]
    assert b"data-gone" in before.get("/events").data
    assert room.apps[name].extensions["studylab"].benches.at_hand(key) is None
    assert after.do("promote", route="shop", to="alloc-b").status_code == 200


def test_a_ticket_of_an_older_epoch_opens_nothing(room: Hosted) -> None:
    ana = room.join("Ana")
    old = room.desk.ticket(ana.row)
    away = moved(room, ana)
    back = moved(room, away)
    assert (back.row.host, back.row.epoch) == (ana.row.host, 3)
    assert ana.client.get(f"/seat?ticket={old}").status_code == 409


def test_a_sandbox_is_made_again_from_its_verbs(room: Hosted) -> None:
    ana = room.join("Ana")
    ana.page("/sandbox")
    ana.do("promote", route="api", to="alloc-c")
    carried(room, ana, "promote route=api to=alloc-c")
    after = moved(room, ana)
    assert {route["name"]: route["owner"] for route in after.see()["truth"]["routes"]}["api"] == "alloc-c"


def test_a_seat_on_another_host_is_no_key_to_a_bench_here(room: Hosted) -> None:
    """The cookie of one host opens nothing at another, and a seat's id in it is not enough."""
    ana = room.join("Ana")
    other = next(name for name in room.names if name != ana.row.host)
    with ana.client.session_transaction() as session:
        stolen = dict(session)
    stranger = room.apps[other].test_client()
    with stranger.session_transaction() as session:
        session.update(stolen)
    assert stranger.get("/bench.json").status_code == 303
