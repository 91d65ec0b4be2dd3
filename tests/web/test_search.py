"""The search finds what is there by its words, whatever else is typed, and in a few milliseconds."""

from __future__ import annotations

import statistics
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studylab.concepts.search import MOST_FOUND, Index, entries, words_of

INDEX = Index(entries())
A_FEW_MS = 10.0


def first(typed: str) -> str:
    return INDEX.find(typed)[0].address


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("outbox", "/concepts/glossary#outbox"),
        ("10065", "/concepts/subject#overlap"),
        ("subjects overlap", "/concepts/subject#overlap"),
        ("Durable consumer", "/concepts/durable-consumer"),
        ("high-water mark", "/concepts/glossary#high-water-mark"),
        ("MAX_DELIVERIES", "/concepts/ack#how-you-would-notice"),
    ],
)
def test_what_was_looked_for_comes_first(typed: str, address: str) -> None:
    assert first(typed) == address


@pytest.mark.parametrize("typed", ["repl", "replayi", "replayin", "replaying", "REPLAY", "replay zzzzzz", "rēplay"])
def test_beginnings_endings_and_slips_still_find(typed: str) -> None:
    assert first(typed) == "/concepts/replay"


@pytest.mark.parametrize(
    "typed",
    ['"', "'", '"ack', "ack AND", "NEAR(ack", "ack*", "title:ack", "-ack", "ack OR", "(ack", "^ack", "{ack}", "a\0ack", "%' OR 1=1 --"],
)  # fmt: skip
def test_signs_of_a_query_language_are_nothing_but_signs(typed: str) -> None:
    found = INDEX.find(typed)
    assert bool(found) == ("ack" in typed or "OR" in typed)


@pytest.mark.parametrize("typed", ["", "   ", "***", "\ud800", "🙂"])
def test_nothing_to_look_for_finds_nothing(typed: str) -> None:
    assert INDEX.find(typed) == ()


@given(st.text(max_size=300))
def test_no_text_is_a_wrong_query(typed: str) -> None:
    assert len(INDEX.find(typed)) <= MOST_FOUND
    assert len(words_of(typed)) <= 8


def test_what_was_found_is_marked_in_its_passage() -> None:
    hits = [text for found in INDEX.find("retention") for text, hit in found.pieces if hit]
    assert {hit.lower() for hit in hits} == {"retention"}


def test_it_answers_in_a_few_milliseconds() -> None:
    took = []
    for typed in (
        "a",
        "ack floor",
        "zzz yyy xxx www vvv uuu ttt sss",
        "x" * 5000,
        "the stream that keeps five messages",
    ) * 5:
        began = time.perf_counter()
        INDEX.find(typed)
        took.append((time.perf_counter() - began) * 1000)
    assert statistics.median(took) < A_FEW_MS
