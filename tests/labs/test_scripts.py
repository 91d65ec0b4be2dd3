"""The short ways to write a script, a quiz and an answer make what would otherwise be spelled out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studylab.author.rest import at_rest
from studylab.lab import NotYet, Option, Passed, Place, question, quiz, shown, unless
from studylab.lab.model import Quiz
from studylab.lab.scripts import (
    EDGES,
    Call,
    Script,
    Wait,
    asleep,
    claims,
    load_fresh_snapshot,
    opening,
    promote,
    published,
    rebuild_edges,
    rules,
    settled,
)
from vango.core.modes import Mode
from vango.verbs.registry import find

OPTIONS = (Option("a", "A.", "Yes."), Option("b", "B.", "No."))


def verbs(script: Script) -> list[tuple[str, ...]]:
    """Return each call of a script as its verb and its arguments, and each wait by its name."""
    return [
        (item.verb, *map(str, item.arguments.values())) if isinstance(item, Call) else (item.what,) for item in script
    ]


def test_an_opening_waits_for_the_first_events_and_for_what_its_calls_have_changed() -> None:
    script = opening(*rules("fra", "iad", durable=False))
    assert verbs(script)[1:-1] == [("edge_rules", "fra", "False"), ("edge_rules", "iad", "False")]
    assert all(isinstance(item, Wait) for item in (script[0], script[-1]))


def test_an_edge_is_asleep_while_the_calls_between_are_made() -> None:
    assert verbs(asleep("syd", promote("shop", "alloc-b"))) == [
        ("kill_edge", "syd"), ("promote", "shop", "alloc-b"), ("start_edge", "syd")
    ]  # fmt: skip


def test_a_fresh_snapshot_is_loaded_into_the_edges_named_or_into_all() -> None:
    assert verbs(load_fresh_snapshot("iad")) == [("take_snapshot",), ("load_snapshot", "iad")]
    assert verbs(load_fresh_snapshot()) == [("take_snapshot",), *(("load_snapshot", edge) for edge in EDGES)]
    assert verbs(rebuild_edges())[:-1] == verbs(load_fresh_snapshot())
    assert isinstance(rebuild_edges()[-1], Wait)


def test_every_call_is_one_that_a_bench_takes() -> None:
    calls = (*rules(*EDGES, ack="before apply"), promote("shop", "alloc-b", operation="op-1"), *asleep("fra"))
    for item in (*calls, *rebuild_edges()):
        if isinstance(item, Call):
            find(item.verb).arguments(item.arguments)


@pytest.mark.parametrize("wait", [settled(), published(), claims("fra")], ids=lambda wait: wait.what)
def test_a_bench_at_rest_is_what_the_common_waits_wait_for(wait: Wait) -> None:
    rests = at_rest()
    edges = tuple(replace(edge, mode=Mode.DOWN) for edge in rests.edges)
    assert wait.until(rests)
    assert not wait.until(replace(rests, outbox=replace(rests.outbox, waiting=1), edges=edges))


def test_a_question_takes_plain_values_or_functions_of_the_memory() -> None:
    plain = question("id", "Which?", OPTIONS, right="a")
    made = question(
        "id", lambda memory: f"Which {memory['n']}?", lambda _: OPTIONS, right=lambda memory: memory["right"]
    )
    memory = {"n": 7, "right": "b"}
    assert (plain.text(memory), plain.options(memory), plain.right(memory)) == ("Which?", OPTIONS, "a")
    assert (made.text(memory), made.options(memory), made.right(memory)) == ("Which 7?", OPTIONS, "b")


def test_a_quiz_is_the_step_quiz_with_its_questions_in_order() -> None:
    one, two = question("one", "?", OPTIONS, right="a"), question("two", "?", OPTIONS, right="b")
    step = quiz(one, two, title="Two")
    assert isinstance(step, Quiz)
    assert (step.id, step.title, step.questions) == ("quiz", "Two", (one, two))


def test_an_answer_passes_when_nothing_differs() -> None:
    assert unless("", "All is well.") == Passed("All is well.")
    assert unless("One row differs.", "All is well.") == NotYet("One row differs.")


def test_records_and_places_are_shown_in_their_order() -> None:
    seen = shown(["one", "two"], "A figure.", [Place("Database", "shop", True)])
    assert (seen.records, seen.figure.caption, seen.figure.places[0].name) == (("one", "two"), "A figure.", "Database")
