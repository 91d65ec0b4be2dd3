"""The concept pages and the glossary hold what they must, lead nowhere that is not there, and rest on recorded answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labs import LABS
from studylab.concepts import pages, recorded
from studylab.concepts.pages import Concept
from studylab.concepts.questions import QUESTIONS
from studylab.concepts.words import said_of
from vango.actors.errors import BadInput
from vango.core.findings import Kind
from vango.core.names import EDGES

CONCEPTS = {
    "subject", "stream", "durable-consumer", "ack", "replay", "snapshot", "deduplication", "database-authority",
}  # fmt: skip
PRINCIPLES = {"commit-first", "publish-second", "replay-carefully", "fail-closed"}
COURSE = {
    "commit-first", "subjects", "streams", "durable-consumers", "acks", "replay", "snapshots", "deduplication",
    "unknown-outcome", "fail-closed", "rebuild-from-truth", "storm",
}  # fmt: skip
WORDS = [
    "truth",
    "route",
    "owner",
    "epoch",
    "allocation",
    "operation",
    "revision",
    "event",
    "feed",
    "sequence",
    "continuity proof",
    "stream seq",
    "outbox",
    "relay",
    "edge",
    "position",
    "claim",
    "snapshot",
    "gap",
    "high-water mark",
    "failed closed",
    "probe",
    "rules",
    "bench",
    "journal",
    "audit",
]
FIELD = [
    "promote", "control plane", "drain", "broker", "PubAck", "message id", "ack", "ack floor", "ack_wait", "max_deliver",
    "consumer", "durable", "ephemeral", "redelivery", "duplicate window", "retention", "evicted", "purge", "hole", "poison",
    "advisory", "stream", "subject", "filter", "heartbeat", "rebuild", "crash point", "view", "idempotent", "storm",
    "protection", "ack+mark", "zombie", "second copy", "shrink", "replay",
]  # fmt: skip
PANELS = ("truth", "relay", "stream", "journal", "verdict", "broker")
EVERY = pytest.mark.parametrize("concept", pages.concepts(), ids=lambda concept: concept.slug)


def everything(concept: Concept) -> str:
    return "\n".join(text for _, text in (*concept.sections, *concept.lessons))


def test_every_concept_and_every_principle_has_a_page() -> None:
    of_kind = {kind: {found.slug for found in pages.concepts() if found.kind == kind} for kind in pages.KINDS}
    assert of_kind["concept"] >= CONCEPTS
    assert of_kind["principle"] >= PRINCIPLES


def test_every_lab_of_the_course_has_a_page_to_read() -> None:
    assert {slug for concept in pages.concepts() for slug in concept.labs} >= COURSE
    assert {lab.slug for lab in LABS} <= {slug for concept in pages.concepts() for slug in concept.labs}


@EVERY
def test_a_page_names_a_number_or_an_advisory_to_watch(concept: Concept) -> None:
    notice = dict(concept.sections)["How you would notice"]
    assert notice.count("\n- **") + notice.startswith("- **") >= 3
    assert "advisory" in notice.lower() or "`" in notice or "age" in notice


@EVERY
def test_a_page_explains_each_of_its_recorded_answers_and_no_other(concept: Concept) -> None:
    asked = [question.id for question in QUESTIONS if question.concept == concept.slug]
    assert sorted(question for question, _ in concept.lessons) == sorted(asked)
    assert all(lesson for _, lesson in concept.lessons)
    assert {answered.id for answered in recorded.read(concept.slug).answered} == set(asked)


@EVERY
def test_an_error_code_on_a_page_is_one_that_the_server_gave(concept: Concept) -> None:
    given = {
        str(exchange.reply["error"]["err_code"])
        for answered in recorded.read(concept.slug).answered
        for exchange in answered.exchanges
        if exchange.reply and "error" in exchange.reply
    }
    assert set(re.findall(r"\b10\d{3}\b", everything(concept))) <= given


def test_the_glossary_has_every_word_once_and_every_finding_of_the_audit() -> None:
    words = [entry.word for entry in pages.glossary()]
    assert len(words) == len(set(words))
    assert set(WORDS) | {kind.value for kind in Kind} <= set(words)
    assert len({entry.anchor for entry in pages.glossary()}) == len(words)


def test_every_link_in_the_texts_leads_to_a_page() -> None:
    there = {concept.address for concept in pages.concepts()} | {entry.address for entry in pages.glossary()}
    for text in (*map(everything, pages.concepts()), *(entry.text for entry in pages.glossary())):
        assert set(re.findall(r"\]\(([^)]+)\)", text)) <= there


def test_the_glossary_links_to_the_page_of_a_word_that_has_one() -> None:
    linked = {form: concept.address for concept in pages.concepts() for form in concept.words}
    for entry in pages.glossary():
        if entry.word in linked:
            assert f"({linked[entry.word]})" in entry.text


@pytest.mark.parametrize("word", [*WORDS, *FIELD])
def test_a_pop_over_says_every_word_in_one_short_sentence(word: str) -> None:
    said = said_of(pages.slug_of(word))
    assert said is not None
    assert len(said.sentence.split()) <= 22
    assert said.sentence.endswith(".")


def test_a_form_of_a_word_and_the_name_of_a_page_are_said_too() -> None:
    assert {said.word for form in ("promoted", "promotions") if (said := said_of(form))} == {"promote"}
    assert {said.address for slug in ("durable", "durable-consumer") if (said := said_of(slug))} == {
        "/concepts/durable-consumer"
    }
    assert said_of("no-such-word") is None


def test_where_a_word_is_on_the_stage_is_a_panel() -> None:
    stages = {entry.stage for entry in pages.glossary() if entry.stage}
    assert stages <= {f"panel-{name}" for name in (*PANELS, *(f"edge-{edge}" for edge in EDGES))}


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda text: text.replace("## Failure trap", "## Trap"), "must have these sections"),
        (lambda text: text.replace("title: Ack\n", ""), "lacks title"),
        (lambda text: text.replace("kind: concept", "kind: idea"), "kind is one of"),
        (lambda text: text.removeprefix("---\n"), "does not begin with front matter"),
    ],
)
def test_a_page_that_is_not_whole_is_refused_with_a_sentence(tmp_path: Path, spoil: object, says: str) -> None:
    assert callable(spoil)
    text = (pages.FOLDER / "ack.md").read_text(encoding="utf-8")
    (tmp_path / "ack.md").write_text(spoil(text), encoding="utf-8")
    with pytest.raises(BadInput, match=rf"^ack\.md.*{says}"):
        pages.concepts(tmp_path)
