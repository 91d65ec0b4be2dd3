"""What the teacher says is done on the bench, once and in order, and reported with its reason when it fails."""

from __future__ import annotations

from studylab.room.protocol import Say
from tests.room.hosted import Hosted, Sitting, until


def test_a_seat_is_sent_to_a_step_by_catching_up(room: Hosted, ana: Sitting) -> None:
    step = room.serving().labs["acks"].steps[1].id
    report = ana.done(room.say(Say.STEP, ana.id, lab="acks", step=step))
    assert (report.failed, report.lab, report.step, report.index) == ("", "acks", step, 1)
    assert ana.hub().run("acks").attempt.step == 1
    assert ana.seat.strip().sent_to == "/labs/acks"


def test_what_cannot_be_done_is_reported_in_a_sentence(room: Hosted, ana: Sitting) -> None:
    assert "has no lab 'nothing'" in ana.done(room.say(Say.STEP, ana.id, lab="nothing", step="x")).failed
    assert "no verb 'explode'" in ana.done(room.say(Say.FAULT, ana.id, verb="explode")).failed
    assert ana.done(room.say(Say.FAULT, ana.id, verb="kill_edge", edge="fra")).failed == ""


def test_a_fault_for_all_is_done_on_every_bench_and_judged(room: Hosted) -> None:
    class_ = [room.join(f"Learner {number}") for number in range(3)]
    said = room.say(Say.FAULT, verb="kill_edge", edge="iad")
    for one in class_:
        one.done(said)
        assert next(edge["mode"] for edge in one.see()["edges"] if edge["name"] == "iad") == "down"
        one.reported(lambda report: bool(report.verdict) and report.act == "kill edge iad", "the wall has the verdict")


def test_a_storm_with_its_seed_is_played(room: Hosted, ana: Sitting) -> None:
    assert ana.done(room.say(Say.FAULT, ana.id, seed="7", length="1")).failed == ""
    assert ana.see()["storm"]["seed"] == 7


def test_instructions_are_carried_out_in_order_and_once(room: Hosted, ana: Sitting) -> None:
    for edge in ("fra", "iad", "syd"):
        last = room.say(Say.FAULT, ana.id, verb="kill_edge", edge=edge)
    ana.done(last)
    told = ana.client.get("/bench/journal.json").get_json()["moments"]
    verbs = [
        one["detail"]["arguments"]["edge"]
        for one in told
        if one["kind"] == "verb" and one["detail"]["verb"] == "kill_edge"
    ]
    assert verbs == ["fra", "iad", "syd"]


def test_held_buttons_answer_with_a_sentence_until_the_release(room: Hosted, ana: Sitting) -> None:
    room.say(Say.HOLD, ana.id)
    until(lambda: ana.seat.is_held, "the hold is heard")
    answer = ana.do("promote", route="shop", to="alloc-b")
    assert answer.status_code == 409
    assert "The teacher holds the room here" in answer.get_json()["error"]
    assert ana.post("/labs/acks/start").status_code == 409
    assert ana.seat.strip().held
    room.say(Say.RELEASE, ana.id)
    until(lambda: not ana.seat.is_held, "the release is heard")
    assert ana.do("promote", route="shop", to="alloc-b").status_code == 200


def test_a_hold_for_one_holds_no_other(room: Hosted, ana: Sitting) -> None:
    other = room.join("Bea")
    ana.done(room.say(Say.HOLD, ana.id))
    assert other.do("promote", route="shop", to="alloc-b").status_code == 200


def test_who_comes_into_a_held_room_is_held(room: Hosted) -> None:
    room.say(Say.HOLD)
    late = room.join("Late")
    until(lambda: late.seat.is_held, "the hold is heard")
    room.say(Say.RELEASE)
    until(lambda: not late.seat.is_held, "the release is heard")


def test_a_message_stands_in_the_strip_until_it_is_read(room: Hosted, ana: Sitting) -> None:
    said = room.say(Say.MESSAGE, ana.id, text="Look at <b>iad</b>.")
    ana.done(said)
    page = ana.page("/sandbox").get_data(as_text=True)
    assert "Look at &lt;b&gt;iad&lt;/b&gt;." in page
    assert ana.post("/room/read", number=str(said.number)).status_code == 200
    assert "From the teacher" not in ana.page("/sandbox").get_data(as_text=True)


def test_a_reset_begins_the_lab_again(room: Hosted, ana: Sitting) -> None:
    ana.done(room.say(Say.STEP, ana.id, lab="acks", step=room.serving().labs["acks"].steps[1].id))
    report = ana.done(room.say(Say.RESET, ana.id))
    assert report.failed == ""
    ana.reported(lambda report: (report.lab, report.index) == ("acks", 0), "the wall has the beginning")


def test_a_hand_and_a_vote_reach_the_wall(room: Hosted, ana: Sitting) -> None:
    vote = room.desk.open_vote("acks", "predict", "What happens?", {"a": "Nothing", "b": "A gap"})
    until(lambda: ana.seat.strip().vote is not None, "the vote is open here")
    assert ana.post("/room/hand", up="on").status_code == 200
    assert ana.post("/room/vote", number=str(vote.number), option="b").status_code == 200
    ana.reported(lambda report: report.hand > 0 and report.votes == {str(vote.number): "b"}, "hand and vote")
    assert room.desk.wall.tally(vote.number) == {"a": 0, "b": 1}
    assert ana.post("/room/vote", number=str(vote.number), option="z").status_code == 409
    room.desk.close_vote(vote.number)
    until(lambda: ana.seat.strip().vote is None, "the vote is closed here")
