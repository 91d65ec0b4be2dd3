"""Samples: another team's events. Only an edge that reads them depends on their format."""

from __future__ import annotations

import json

import pytest

from vango.core import telemetry
from vango.core.events import InvalidEvent, domain_of, parse
from vango.core.intake import read_everything, read_own
from vango.core.telemetry import Shape


def sample(shape: Shape) -> bytes:
    return telemetry.encode("host-1", 7, at=1.5, sample_id="s1", shape=shape)


def test_an_edge_that_looks_at_the_type_reads_neither_shape() -> None:
    assert read_own(sample(Shape.AGREED)) is None
    assert read_own(sample(Shape.RENAMED)) is None


def test_an_edge_that_reads_everything_fails_at_a_renamed_field() -> None:
    assert read_everything(sample(Shape.AGREED)) is None
    with pytest.raises(InvalidEvent, match=r"has no field 'cpu'; it has at, cpu_percent"):
        read_everything(sample(Shape.RENAMED))


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": []}, {"data": {}}, {"data": {"x" * 500: 1}}])
def test_a_sample_of_any_other_shape_is_refused_in_a_short_sentence(body: dict[str, object]) -> None:
    with pytest.raises(InvalidEvent) as caught:
        telemetry.check(body)
    assert len(str(caught.value)) <= 200


def test_what_does_not_say_its_domain_is_read_and_refused_by_both() -> None:
    for payload in (b"{}", b"[]", b'{"type": 3}', b"not json"):
        with pytest.raises(InvalidEvent):
            read_own(payload)
        with pytest.raises(InvalidEvent):
            read_everything(payload)


def test_the_domain_is_the_first_word_of_the_type() -> None:
    assert domain_of(parse(sample(Shape.AGREED))) == "telemetry"
    assert domain_of(json.loads('{"type": "route.owner.updated"}')) == "route"
    assert domain_of("text") == ""
