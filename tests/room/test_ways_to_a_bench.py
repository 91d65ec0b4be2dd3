"""Every way to a bench: a hold holds on all of them, and so do the limits. Each new route is decided about here."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from studylab.lab.model import Predict
from studylab.room.protocol import Say
from studylab.room.serving.acts import HELD, HELD_MEANWHILE, is_act, is_held_back
from studylab.room.serving.shares import ACTS, LONG_AT_ONCE, MAX_BURST, Shares
from studylab.scenes import acts, links
from studylab.web.guard import SAFE
from tests.room.hosted import Hosted, Sitting, until
from vango.verbs.script import Act, act

DECIDED = {
    "an act": {
        "bench.verbs", "scenes.play_scenario", "scenes.play_script", "labs.start", "labs.do_it", "labs.catch_up",
        "tour.start", "tour.go_on", "tour.skip",
    },
    "an act, open to the held": {"labs.predict", "labs.quiz", "labs.hint", "labs.proceed"},
    "no act": {
        "bench.begin", "bench.stop", "scenes.keep", "scenes.forget", "progress.bring_in",
        "room.hand", "room.read", "room.vote", "room.drive", "watch.drive",
    },
}  # fmt: skip
GIVEN = {"slug": "acks", "verb": "promote", "key": "phantom", "seat": "nobody"}
TWO = (act("promote", route="shop", to="alloc-c"), act("promote", route="api", to="alloc-d"))
LARGE = (*TWO, act("burst", n=MAX_BURST + 1))
STORM = (*TWO, act("storm", seed=1))


def unsafe(room: Hosted) -> list[Rule]:
    return [rule for rule in room.apps["h1"].url_map.iter_rules() if (rule.methods or set()).difference(SAFE)]


def knock(ana: Sitting, rule: Rule) -> TestResponse:
    """Send an empty request to a route."""
    _, path = rule.build({name: GIVEN[name] for name in rule.arguments}) or ("", "")
    return ana.post(path)


def play(ana: Sitting, *script: Act) -> TestResponse:
    return ana.post("/bench/scripts/play", script=links.write(script))


def error(answer: TestResponse) -> str:
    return str(answer.get_json()["error"])


def hold(room: Hosted, ana: Sitting) -> None:
    room.say(Say.HOLD, ana.id)
    until(lambda: ana.seat.is_held, "the hold is heard")


def many_at_work(room: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room.serving(), "at_work", lambda but: LONG_AT_ONCE)


def moment(ana: Sitting) -> Any:
    """Return the last moment of the journal: it grows with whatever is done."""
    return ana.hub().bench.journal.last


def test_it_is_decided_of_every_route_whether_it_is_an_act(room: Hosted) -> None:
    known = {endpoint: decided for decided, endpoints in DECIDED.items() for endpoint in endpoints}
    found = {str(rule.endpoint) for rule in unsafe(room)}
    assert found == set(known), "a route is new or gone: decide about it here, and in studylab/room/serving/acts.py"
    for endpoint, decided in known.items():
        assert (is_act(endpoint), is_held_back(endpoint)) == (decided != "no act", decided == "an act"), endpoint


def test_a_hold_holds_on_every_way_to_a_bench(room: Hosted, ana: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room.serving(), "shares", Shares(sleep=lambda _: None))
    ana.page("/sandbox")
    hold(room, ana)
    before = moment(ana)
    answers = {str(rule.endpoint): knock(ana, rule) for rule in unsafe(room) if rule.endpoint in DECIDED["an act"]}
    assert {name: (answer.status_code, error(answer)) for name, answer in answers.items()} == dict.fromkeys(
        DECIDED["an act"], (409, HELD)
    )
    assert moment(ana) == before
    for rule in unsafe(room):
        if rule.endpoint not in answers:
            assert HELD not in knock(ana, rule).get_data(as_text=True), rule.endpoint


def test_a_held_learner_reads_and_answers_the_questions_of_the_guide(room: Hosted, ana: Sitting) -> None:
    lab = room.serving().labs["acks"]
    predict = next(step for step in lab.steps if isinstance(step, Predict))
    ana.done(room.say(Say.STEP, ana.id, lab="acks", step=predict.id))
    hold(room, ana)
    option = predict.options[0].key
    answer = ana.post("/labs/acks/predict", step=predict.id, option=option, confidence="certain")
    assert answer.status_code == 200, answer.text
    assert ana.attempt("acks").step > lab.index(predict.id)
    assert ana.page("/labs/acks").status_code == 200


@pytest.mark.parametrize("way", ["a link", "a name"])
def test_a_script_has_the_limits_of_its_verbs_before_it_is_played(room: Hosted, ana: Sitting, way: str) -> None:
    ana.page("/sandbox")
    acts.keep(ana.hub().bench.folder, "large", LARGE)
    before, alone = moment(ana), ana.do("burst", n=MAX_BURST + 1)
    answer = play(ana, *LARGE) if way == "a link" else ana.post("/bench/scripts/play", name="large")
    assert (answer.status_code, error(answer)) == (422, error(alone))
    assert moment(ana) == before


def test_storms_take_turns_in_scripts_too(room: Hosted, ana: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    ana.page("/sandbox")
    many_at_work(room, monkeypatch)
    before, alone = moment(ana), ana.do("storm", seed=1)
    answer = play(ana, *STORM)
    assert (answer.status_code, error(answer)) == (409, error(alone))
    assert moment(ana) == before
    assert play(ana, *TWO).status_code == 200


def test_storms_that_a_lab_plays_take_turns(room: Hosted, ana: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [step.id for step in room.serving().labs["storm"].steps]
    assert ana.post("/labs/storm/start").status_code == 200
    many_at_work(room, monkeypatch)
    before = moment(ana)
    for answer in (
        ana.post("/labs/storm/do-it", step="storm"),
        ana.post("/labs/storm/do-it", step="everything"),
        ana.post("/labs/storm/catch-up", step=steps[-1]),
    ):
        assert answer.status_code == 409
        assert f"On {LONG_AT_ONCE} other benches" in error(answer)
    assert moment(ana) == before
    assert ana.post("/labs/storm/do-it", step="quiet").status_code == 200


def test_a_script_costs_its_share_of_acts(room: Hosted, ana: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room.serving(), "shares", Shares(lambda: 0.0, lambda _: None))
    assert play(ana, *TWO).status_code == 200
    answers = [ana.do("go_on", actor="relay").status_code for _ in range(int(ACTS.at_once))]
    assert answers.count(429) == 1 + len(TWO)


def test_a_script_waits_for_the_acts_that_its_share_does_not_have_yet() -> None:
    now, rested = [0.0], list[float]()

    async def rest(seconds: float) -> None:
        rested.append(seconds)
        now[0] += seconds

    async def play(shares: Shares) -> None:
        for _ in range(200):
            await shares.turn("ana", ACTS)

    asyncio.run(play(Shares(lambda: now[0], rest=rest)))
    assert sum(rested) == pytest.approx((200 - ACTS.at_once) / ACTS.a_second, abs=0.5)


def test_a_hold_ends_a_script_that_is_being_played(room: Hosted, ana: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    """No act of its share is left at the second act; it waits there, and is held meanwhile."""
    waits, left = threading.Event(), [0.0]

    async def rest(_: float) -> None:
        waits.set()
        await asyncio.sleep(0.01)
        left[0] += 1.0 if ana.seat.is_held else 0.0

    shares = Shares(lambda: left[0], lambda _: None, rest)
    for _ in range(int(ACTS.at_once) - 2):
        shares.take(ana.id, ACTS)
    monkeypatch.setattr(room.serving(), "shares", shares)
    with ThreadPoolExecutor(1) as at_once:
        answer = at_once.submit(play, ana, *TWO)
        until(waits.is_set, "the script waits")
        hold(room, ana)
    assert (answer.result().status_code, error(answer.result())) == (409, HELD_MEANWHILE)
    assert [row.verb for row in ana.hub().bench.journal.lives.current.rows] == ["promote"]
