"""Moves: the step's moments say which are done; and a step that has passed stays until the learner goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from labs import LABS
from studylab.lab.attempt import Attempt, begin, has_passed, look, proceed
from studylab.lab.calls import Wait, call, refused
from studylab.lab.guide import draw
from studylab.lab.model import Do, Evidence
from studylab.lab.moments import listed
from studylab.lab.move import ask, choose, does, move, moves_of, watch
from studylab.lab.moving import see
from studylab.lab.ticks import is_done, ticks
from tests.labs.conftest import Learner
from tests.labs.small import LAB, MOMENT, SEEN
from vango.actors.crash_points import Tempo
from vango.journal.moment import Moment

LAB_1 = LABS[0]
NEVER = Wait("the sky to fall", lambda _: False)


def issued(*acts: tuple[str, dict[str, Any]]) -> Evidence:
    """Return what the checks see after the learner has issued some verbs; one named `refused` was refused."""
    moments = [
        Moment(
            n,
            0.0,
            "learner",
            "refused" if verb.startswith("!") else "verb",
            "",
            {"verb": verb.strip("!"), "arguments": given},
        )
        for n, (verb, given) in enumerate(acts, 1)
    ]
    return Evidence(SEEN, listed(moments), {})


SHOP = {"route": "shop", "to": "alloc-c", "operation": ""}


def test_a_move_is_done_once_its_verb_was_issued_with_its_arguments() -> None:
    moves = (move("it", call("promote", route="shop", to="alloc-c")),)
    assert ticks(moves, issued()) == ((False,),)
    assert ticks(moves, issued(("promote", {**SHOP, "to": "alloc-b"}))) == ((False,),)
    assert ticks(moves, issued(("promote", SHOP))) == ((True,),)


def test_what_the_bench_refused_counts_only_where_a_refusal_is_the_move() -> None:
    acts = (("promote", SHOP), ("!promote", SHOP))
    assert ticks((move("it", call("promote", route="shop", to="alloc-c")),), issued(*acts)) == ((False,),)
    assert ticks((move("it", refused("promote", route="shop", to="alloc-c")),), issued(*acts)) == ((True,),)


def test_the_same_move_twice_is_done_twice() -> None:
    moves = moves_of((call("burst", n=4), call("burst", n=4)))
    assert ticks(moves, issued(("burst", {"n": 4}))) == ((True,), (False,))
    assert ticks(moves, issued(("burst", {"n": 4}), ("burst", {"n": 7}))) == ((True,), (True,))


def test_other_values_count_only_where_the_move_says_so_and_never_take_the_act_of_another() -> None:
    moves = (does(call("burst", n=2)), move("exactly", call("burst", n=3)))
    assert ticks(moves, issued(("burst", {"n": 3}))) == ((False,), (True,))
    assert ticks(moves, issued(("burst", {"n": 9}), ("burst", {"n": 3}))) == ((True,), (True,))


def test_rules_may_be_changed_together_with_others() -> None:
    moves = (move("it", call("edge_rules", edge="iad", check_epochs=True)),)
    together = {"edge": "iad", "check_epochs": True, "deduplicate": True}
    assert ticks(moves, issued(("edge_rules", together))) == ((True,),)


def test_calls_for_several_edges_are_one_move_with_a_button_each() -> None:
    (moved,) = moves_of(tuple(call("load_snapshot", edge=edge) for edge in ("fra", "iad", "syd")))
    assert moved.words == "Load the snapshot into fra, iad and syd"
    (ticked,) = ticks((moved,), issued(("load_snapshot", {"edge": "iad"})))
    assert (ticked, is_done(moved, ticked)) == ((False, True, False), False)


def test_any_choice_is_a_move_and_an_asked_one_has_no_button_that_says_the_answer() -> None:
    chosen = choose("Choose", call("write_order", order="outbox"), call("write_order", order="publish first"))
    (ticked,) = ticks((chosen,), issued(("write_order", {"order": "publish first"})))
    assert is_done(chosen, ticked)
    step = LAB.steps[1]
    assert isinstance(step, Do)
    (seen,) = see(replace(step, moves=(ask("Find a limit", "stream_limits"),)), issued())
    assert (seen.buttons, seen.dialog and seen.dialog.verb) == ((), "stream_limits")


def test_only_the_first_open_move_is_now_and_it_says_what_to_wait_for() -> None:
    step = LAB.steps[1]
    assert isinstance(step, Do)
    script = (call("burst", n=1), NEVER, call("take_snapshot"))
    drawn = see(
        replace(step, moves=(*moves_of(script), watch("Watch iad", "panel-edge-iad"))), issued(("burst", {"n": 1}))
    )
    assert [(one.state, one.wait) for one in drawn] == [
        ("done", ""),
        ("now", "Wait for the sky to fall."),
        ("later", ""),
    ]
    assert drawn[2].at == "panel-edge-iad"


def passed() -> Attempt:
    attempt = replace(begin(Attempt(), at=0), step=1)
    return look(LAB, attempt, replace(SEEN, moment=7), listed([MOMENT]), stays=True)


def test_a_step_that_has_passed_stays_with_what_was_seen_until_the_learner_goes_on() -> None:
    attempt = passed()
    guide = draw(LAB, attempt)
    assert (attempt.step, has_passed(LAB, attempt), guide.done) == (1, True, 2)
    assert guide.current is not None
    assert guide.current.saw is not None
    assert [(check.label, check.text) for check in guide.current.checks] == [("done", "done")]
    assert attempt.memory == {"moments": 1}


def test_the_evidence_of_the_next_step_begins_where_the_learner_goes_on() -> None:
    attempt = look(LAB, passed(), replace(SEEN, moment=9), listed([MOMENT]), stays=True)
    assert attempt.step == 1
    on = proceed(LAB, attempt, "do", Evidence(replace(SEEN, moment=11), listed(), {}))
    assert (on.step, on.began_at, on.passed) == (2, 11, "")
    assert "explain" in on.shown


def test_what_is_done_for_someone_who_watches_has_a_caption_for_each_act_and_the_pace_comes_back(
    learner: Learner,
) -> None:
    run = learner.opens(LAB_1)
    learner.does(run.start())
    captions: list[str] = []
    tempos: set[Tempo] = set()

    def note() -> None:
        captions.append(run.busy)
        tempos.add(run.bench.pace.tempo)

    run.on_change = note
    learner.does(run.bench.perform("pace", {"tempo": "step"}))
    learner.does(run.do_it("watch", slowly=True))
    assert any(caption.startswith("Promote blog → alloc-c: ") for caption in captions)
    assert Tempo.SLOW in tempos
    assert run.bench.pace.tempo is Tempo.STEP
    assert learner.here() == LAB_1.steps[1].id


def test_for_a_page_a_step_stays_and_for_a_script_it_does_not(learner: Learner) -> None:
    run = learner.opens(LAB_1)
    run.stays = True
    learner.does(run.start())
    learner.does(run.bench.perform("promote", {"route": "blog", "to": "alloc-c"}))
    learner.does(run.bench.wait_until(lambda seen: run.look(seen) and has_passed(LAB_1, run.attempt)))
    assert learner.here() == "watch"
    run.look(learner.sees(), goes_on=True)
    assert learner.here() == LAB_1.steps[1].id
