"""A rule is declared once: its record has the words, the limits, the departure and the protection."""

from __future__ import annotations

from dataclasses import fields

import pytest

from vango.core.rule_record import Rule, declared
from vango.core.rules import EdgeRules, OnGap, RelayRules, in_words

RECORDS = {f"{kind.__name__}.{name}": (kind, name, record)
           for kind in (EdgeRules, RelayRules) for name, record in declared(kind).items()}  # fmt: skip


@pytest.mark.parametrize("rules", [EdgeRules, RelayRules])
def test_every_field_has_a_record(rules: type) -> None:
    assert list(declared(rules)) == [each.name for each in fields(rules)]


@pytest.mark.parametrize("key", RECORDS)
def test_the_correct_value_is_within_the_limits_and_is_not_the_one_that_takes_the_protection_away(key: str) -> None:
    kind, name, record = RECORDS[key]
    correct = getattr(kind(), name)
    assert record.words
    if isinstance(correct, int | float):
        assert record.low <= correct <= record.high
    if record.protects:
        assert type(record.protects.off) is type(correct)
        assert record.protects.off != correct


def test_a_departure_is_one_phrase_with_the_value_or_one_for_each_value() -> None:
    assert Rule("words", "takes {:g} s").departure(1.5) == "takes 1.5 s"
    assert Rule("words", {OnGap.CARRY_ON: "carries on"}).departure(OnGap.CARRY_ON) == "carries on"
    assert Rule("words", {OnGap.CARRY_ON: "carries on"}).departure(OnGap.STAY_CLOSED) == ""


def test_an_edge_says_each_departure_in_the_order_of_its_rules() -> None:
    departing = EdgeRules(max_deliver=3, on_gap=OnGap.STAY_CLOSED, subject_filter="route.{}")
    assert in_words(departing) == ("stays closed until told to load", "filter route.{}", "max_deliver 3")
