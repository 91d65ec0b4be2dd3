"""The scenario cards of the sandbox: each is played on a real bench and ends in what it names."""

from __future__ import annotations

import asyncio

import pytest

from studylab.lab.calls import call
from studylab.scenes import playing
from studylab.scenes.playing import play
from studylab.scenes.scenarios import SCENARIOS, Scenario, scenario
from tests.labs.conftest import Learner
from vango.actors import pace
from vango.actors.errors import NotThere, Refused

PHANTOM = scenario("phantom")


@pytest.mark.parametrize("card", SCENARIOS, ids=lambda card: card.key)
def test_a_card_ends_in_the_finding_or_the_state_that_it_names(learner: Learner, card: Scenario) -> None:
    said = learner.does(play(learner.bench, card.name, card.script))
    seen = learner.does(learner.bench.observe())
    assert said.startswith(f"“{card.name}” was played")
    assert card.is_there(seen), seen.audit
    assert seen.undo == card.name


@pytest.mark.parametrize(
    "card",
    [
        pytest.param(card, id=card.key, marks=[] if card.key == "resurrected" else pytest.mark.slow)
        for card in SCENARIOS
    ],
)
def test_a_card_ends_the_same_at_the_slow_pace(
    learner: Learner, card: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No act comes before the one before it is through; none of the story is refused for that."""
    monkeypatch.setattr(pace, "SLOW_S", 0.4)
    monkeypatch.setattr(playing, "SLOW_REST_S", 3.0)
    learner.does(learner.bench.perform("pace", {"tempo": "slow"}))
    learner.does(play(learner.bench, card.name, card.script))
    assert card.is_there(learner.does(learner.bench.observe()))
    refused = [moment.text for moment in learner.bench.journal.since(0, 10_000) if moment.kind == "refused"]
    assert not any("waits at a point" in text for text in refused)


def test_there_are_ten_cards_each_with_a_name_and_a_line_of_its_own() -> None:
    assert len({(card.name, card.line) for card in SCENARIOS}) == len({card.key for card in SCENARIOS}) == 10


def test_undo_restores_the_bench_from_before_a_card(learner: Learner) -> None:
    learner.does(learner.bench.perform("promote", {"route": "api", "to": "alloc-c"}))
    learner.does(play(learner.bench, PHANTOM.name, PHANTOM.script))
    assert "was undone" in learner.does(learner.bench.perform("undo", {}))
    seen = learner.does(learner.bench.settle())
    assert {route.name: route.owner for route in seen.truth.routes}["api"] == "alloc-c"
    assert seen.audit.soundness == "sound"


def test_a_stopped_script_says_how_far_it_came(learner: Learner) -> None:
    async def begin_and_stop() -> str:
        bench = learner.bench
        playing = asyncio.create_task(play(bench, "long", (call("burst", n=2),) * 50))
        while not ((work := bench.progress.see()) and work.verb == "long" and work.done):
            await bench.changes.wait(0.01)
        bench.progress.stop()
        return await playing

    said = learner.does(begin_and_stop())
    assert said.startswith("“long” was stopped after ")
    assert learner.bench.progress.see() is None
    assert learner.does(learner.bench.settle()).truth.sequence < 103


def test_two_scripts_are_not_played_at_once(learner: Learner) -> None:
    async def twice() -> None:
        first = asyncio.create_task(play(learner.bench, "first", (call("burst", n=2),)))
        await asyncio.sleep(0)
        with pytest.raises(Refused, match="“first” is still running"):
            await play(learner.bench, "second", ())
        assert "was played" in await first

    learner.does(twice())


@pytest.mark.slow
def test_at_a_slow_pace_the_rules_are_set_at_once_and_the_story_is_slow(learner: Learner) -> None:
    learner.does(learner.bench.perform("pace", {"tempo": "slow"}))
    learner.does(play(learner.bench, PHANTOM.name, PHANTOM.script))
    verbs = [m.detail["verb"] for m in learner.bench.journal.since(0, 10_000) if m.kind == "verb"]
    assert verbs[-2:] == ["pace", "promote"]
    assert learner.bench.pace.tempo == "slow"


def test_an_unknown_scenario_is_named_with_those_that_exist() -> None:
    with pytest.raises(NotThere, match="There are phantom, lost"):
        scenario("unicorn")


def test_step_by_step_a_script_waits_for_the_learner_at_every_point(learner: Learner) -> None:
    async def release_each() -> list[str]:
        bench, released = learner.bench, list[str]()
        card = scenario("lost")
        await bench.perform("pace", {"tempo": "step"})
        playing = asyncio.create_task(play(bench, card.name, card.script))
        while not playing.done():
            if bench.pace.waiting:
                released.append(str(bench.pace.waiting[0].point))
                await bench.perform("go_on", {"actor": bench.pace.waiting[0].actor})
            await bench.changes.wait(0.01)
        assert "was played" in await playing
        return released

    assert "after ack, before apply" in learner.does(release_each())
