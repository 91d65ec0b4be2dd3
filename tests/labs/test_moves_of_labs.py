"""The moves, the words and the open checks of every lab's steps; and lab 1 played by its moves alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from labs import LABS
from studylab.author.rest import at_rest
from studylab.lab.attempt import Attempt, begin, look
from studylab.lab.guide import draw
from studylab.lab.labels import DIALOGS
from studylab.lab.locks import ALWAYS_OPEN, locked
from studylab.lab.model import Do, Evidence, Explain, Lab, Predict
from studylab.lab.moments import listed
from studylab.lab.moving import see
from studylab.lab.ticks import moves_now
from tests.few import EVERY_LAB
from tests.labs.conftest import Learner

HERE = Evidence(at_rest(), listed(), {})
MOST_WORDS = 40
MOST_IN_A_SENTENCE = 22


def do_steps(lab: Lab) -> Iterator[tuple[int, Do]]:
    """Yield the steps with something to do, each with its place."""
    for index, step in enumerate(lab.steps):
        if isinstance(step, Do):
            yield index, step


@EVERY_LAB
def test_every_step_to_do_has_a_move_and_its_verbs_are_unlocked(lab: Lab) -> None:
    for index, step in do_steps(lab):
        moves = moves_now(step, HERE)
        closed = locked(lab, replace(begin(Attempt(), at=0), step=index))
        verbs = {call.verb for move in moves for call in move.calls}
        assert any(move.calls for move in moves), step.id
        assert not verbs & closed.keys() - set(ALWAYS_OPEN), step.id


@EVERY_LAB
def test_what_a_move_lets_one_choose_or_find_has_a_dialog_or_buttons(lab: Lab) -> None:
    for _, step in do_steps(lab):
        for move in see(step, HERE):
            assert move.buttons or move.dialog or move.at, (step.id, move.words)
            assert move.dialog is None or move.dialog.verb in DIALOGS


@EVERY_LAB
def test_at_most_forty_words_stand_before_the_first_move_in_short_sentences(lab: Lab) -> None:
    for _, step in do_steps(lab):
        assert len(step.prose.split()) <= MOST_WORDS, step.id
        for said in (step.prose, *(move.words for move in moves_now(step, HERE))):
            for sentence in re.split(r"(?<=[.!?:])\s", said):
                assert len(sentence.split()) <= MOST_IN_A_SENTENCE, (step.id, sentence)


@EVERY_LAB
def test_an_open_check_after_a_prediction_shows_neither_its_label_nor_what_differs(lab: Lab) -> None:
    for index, step in do_steps(lab):
        if not isinstance(lab.steps[index - 1], Predict) or not index:
            continue
        attempt = look(lab, replace(begin(Attempt(), at=0), step=index), HERE.now, HERE.moments)
        now = draw(lab, attempt, moves=see(step, HERE, is_predicted=True)).current
        assert now is not None
        opened = [check for check in now.checks if not check.passed]
        assert not {check.label for check in opened} & {check.label for check in step.checks}, step.id
        assert not any(check.text for check in opened), step.id


def test_lab_1_is_finished_by_its_moves_alone(learner: Learner) -> None:
    lab = LABS[0]
    run = learner.opens(lab)
    learner.does(run.start())
    for step in lab.steps:
        if isinstance(step, Do):
            plays_the_moves(learner, step)
        else:
            learner.passes(step)
    assert run.guide().finished


def plays_the_moves(learner: Learner, step: Do) -> None:
    """Press the buttons of the moves in order, of a choice the last one, until the step has passed."""
    run = learner.lab_run
    evidence = Evidence(learner.sees(), listed(), run.attempt.memory)
    for move in moves_now(step, evidence):
        assert not move.asks
        learner.does(run.play(move.calls[-1:] if move.one else move.calls))
    learner.does(run.bench.wait_until(lambda seen: run.look(seen) or learner.here() != step.id, timeout_s=20))
    assert learner.here() != step.id


def test_a_step_of_a_lab_that_explains_has_no_moves() -> None:
    lab = LABS[0]
    index = next(index for index, step in enumerate(lab.steps) if isinstance(step, Explain))
    now = draw(lab, replace(begin(Attempt(), at=0), step=index)).current
    assert now is not None
    assert now.moves == ()
