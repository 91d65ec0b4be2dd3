"""The debrief as a page: the run as a picture, the score, trap beside cure, the checklist, and other systems' words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from labs import LABS
from studylab.concepts.elsewhere import TABLE, elsewhere
from studylab.lab import Lab, Predict, store
from studylab.lab.attempt import DONE_FOR_YOU, Attempt, Prediction
from studylab.lab.guide import draw
from studylab.web.debrief import Side, pairs
from studylab.web.run_picture import forecasts, marks, score
from tests.web.learner import Learner

LAB = LABS[0]
PAGE = {"Accept": "text/html"}
FIRST, SECOND = (step for step in LAB.steps if isinstance(step, Predict))
AT_THE_END = Attempt(
    begun=True, step=len(LAB.steps), finishes=1, hints={LAB.steps[2].id: 2}, marks={LAB.steps[0].id: DONE_FOR_YOU},
    predictions={
        FIRST.id: Prediction(FIRST.options[0].key, "certain", FIRST.options[1].key, "Measured <b>this</b>."),
        SECOND.id: Prediction(SECOND.options[0].key, "guessing", SECOND.options[0].key, "As said."),
    },
)  # fmt: skip


@pytest.fixture
def folder(shared: Flask, learner: Learner) -> Iterator[Path]:
    """The folder of a learner's bench."""
    with learner.client.session_transaction() as session:
        yield shared.extensions["studylab"].benches.folder(session["bench"])


def test_before_the_end_the_address_leads_back_to_the_lab(learner: Learner) -> None:
    answer = learner.client.get(f"/labs/{LAB.slug}/debrief", headers=PAGE)
    assert (answer.status_code, answer.location) == (303, f"/labs/{LAB.slug}")
    assert learner.client.get("/labs/nothing/debrief", headers=PAGE).status_code == 404


def test_the_page_tells_the_run_and_escapes_what_was_measured(learner: Learner, folder: Path) -> None:
    store.save(folder, LAB.slug, AT_THE_END)
    text = learner.client.get(f"/labs/{LAB.slug}/debrief", headers=PAGE).text
    assert "1 of 2 predictions came true." in text
    assert "Measured &lt;b&gt;this&lt;/b&gt;." in text
    assert f"{LAB.steps[0].title} ({DONE_FOR_YOU})" in text
    assert "with 2 hints" in text
    for line in LAB.debrief.take_away:
        assert f"- [ ] {line}" in text
    assert f"Next: lab 2, {LABS[1].title}" in text
    assert "confirmed_flush_lsn" not in text
    assert "publisher confirms" in text


def test_the_score_counts_what_was_measured_and_says_what_was_skipped() -> None:
    assert score(forecasts(LAB, AT_THE_END)) == "1 of 2 predictions came true."
    assert score(forecasts(LAB, Attempt())) == "You made no prediction in this run."
    one = Attempt(predictions={FIRST.id: AT_THE_END.predictions[FIRST.id]})
    assert score(forecasts(LAB, one)) == "0 of 1 predictions came true. 1 skipped."


def code_of(lab: Lab) -> list[tuple[Side | None, Side | None]]:
    seen = draw(lab, Attempt(begun=True, step=len(lab.steps))).debrief
    assert seen is not None
    return pairs(seen.code)


def test_the_picture_has_a_mark_for_each_step() -> None:
    found = marks(LAB, AT_THE_END)
    assert [mark.number for mark in found] == list(range(1, len(LAB.steps) + 1))
    assert {mark.outcome for mark in found if mark.kind == "predict"} == {"right", "wrong"}
    assert {mark.outcome for mark in found if mark.kind != "predict"} == {"plain"}


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.slug)
def test_trap_and_cure_stand_whole_beside_each_other_and_never_marked_all_over(lab: Lab) -> None:
    for trap, cure in code_of(lab):
        for side in (trap, cure):
            if side:
                assert len(side.lines) == len(side.code.source.rstrip("\n").split("\n"))
                assert not all(differs for text, differs in side.lines if str(text).strip())


def test_lines_that_differ_are_marked_where_trap_and_cure_are_alike() -> None:
    (trap, cure), *_ = code_of(LABS[0])
    assert trap
    assert cure
    for side in (trap, cure):
        plain = [str(text) for text, differs in side.lines if not differs and str(text).strip()]
        assert any(differs for _, differs in side.lines)
        assert len(plain) >= 2
    (silence, retention), *_ = code_of(LABS[2])
    assert silence
    assert retention
    assert not any(differs for _, differs in (*silence.lines, *retention.lines))


def test_every_lab_has_words_of_other_systems_and_every_row_is_whole() -> None:
    assert all(elsewhere(lab.slug) for lab in LABS)
    assert {slug for row in TABLE for slug in row.labs} <= {lab.slug for lab in LABS}
    assert all(text.strip() for row in TABLE for text in (row.here, row.kafka, row.rabbitmq, row.postgres))
