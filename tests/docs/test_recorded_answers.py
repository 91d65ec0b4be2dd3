"""What the pages show as a server's answers is what a server answers: every question is asked again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from studylab.concepts import asking, recorded
from studylab.concepts.asking import Question, Server
from studylab.concepts.questions import QUESTIONS
from studylab.concepts.recorded import Act, Answered, Exchange, Recording
from vango.actors.errors import NotThere

KEPT = Answered(
    "left", "What is left?",
    (Exchange(Act.ASKED, "It is asked.", "$JS.API.STREAM.INFO.ROUTES", None, None,
              {"state": {"first_seq": 8, "first_ts": "2026-11-24"}}, ("state.first_seq",)),),
)  # fmt: skip


@pytest.fixture(scope="module")
def now() -> dict[str, Recording]:
    """Every answer of a server of today, by page."""
    return asyncio.run(asking.record(QUESTIONS))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: f"{question.concept}-{question.id}")
def test_a_server_still_answers_as_recorded(now: dict[str, Recording], question: Question) -> None:
    kept, today = recorded.read(question.concept), now[question.concept]
    found = list(recorded.differences(kept.of(question.id), today.of(question.id)))
    assert not found, (
        f"recorded from {kept.server}, asked {today.server}; if the page is right about the new answer, or has been "
        f"made so, run `python -m studylab record`: {found}"
    )


def test_the_title_on_the_page_is_the_question_s() -> None:
    for question in QUESTIONS:
        assert recorded.read(question.concept).of(question.id).title == question.title


def test_every_question_has_something_that_decides() -> None:
    for question in QUESTIONS:
        exchanges = recorded.read(question.concept).of(question.id).exchanges
        assert any(exchange.decisive for exchange in exchanges), question.id


def answered(reply: object) -> Answered:
    return replace(KEPT, exchanges=(replace(KEPT.exchanges[0], reply=reply),))


def test_another_value_is_no_difference_unless_it_decides() -> None:
    assert not list(recorded.differences(KEPT, answered({"state": {"first_seq": 8, "first_ts": "later"}})))
    (told,) = recorded.differences(KEPT, answered({"state": {"first_seq": 1, "first_ts": "later"}}))
    assert "state.first_seq was 8 and is 1" in told


@pytest.mark.parametrize(
    "reply",
    [
        {"state": {"first_seq": 8}},
        {"state": {"first_seq": 8, "first_ts": 0}},
        {"state": {"first_seq": 8, "first_ts": "", "last_seq": 12}},
        {"error": {"err_code": 10059}},
    ],
)
def test_a_field_that_came_went_or_changed_its_type_is_a_difference(reply: object) -> None:
    assert list(recorded.differences(KEPT, answered(reply)))


def test_a_question_asked_in_another_way_is_a_difference() -> None:
    other = replace(KEPT.exchanges[0], subject="$JS.API.STREAM.INFO.OTHER")
    assert list(recorded.differences(KEPT, replace(KEPT, exchanges=(other,))))
    assert list(recorded.differences(KEPT, replace(KEPT, exchanges=())))


def test_an_answer_that_is_not_the_same_twice_is_told() -> None:
    first = {"stream": Recording("2.15.1", "2026-11-24", (KEPT,))}
    other = answered({"state": {"first_seq": 1, "first_ts": ""}})
    assert not list(recorded.unsteady(first, first))
    assert list(recorded.unsteady(first, {"stream": replace(first["stream"], answered=(other,))}))


def test_what_decides_must_be_in_the_reply() -> None:
    async def ask(server: Server) -> None:
        await server.stream()
        await server.ask("What is left?", "STREAM.INFO.ROUTES", decisive=("state.first", "state.last_seq"))

    with pytest.raises(NotThere, match=r"The reply has no state\.first; it is .*first_seq"):
        asyncio.run(asking.record([Question("stream", "left", "What is left?", ask)]))


def test_a_recording_is_read_as_it_was_written(tmp_path: Path) -> None:
    recording = Recording("2.15.1", "2026-11-24", (KEPT,))
    recorded.write("stream", recording, tmp_path)
    assert recorded.read("stream", tmp_path) == recording
    with pytest.raises(NotThere, match="python -m studylab record"):
        recorded.read("nothing", tmp_path)
    with pytest.raises(NotThere, match="python -m studylab record"):
        recording.of("nothing")
