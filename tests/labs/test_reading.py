"""Reading the evidence: the small questions that several labs ask."""

from __future__ import annotations

import pytest

from studylab.lab import Evidence, Moment, reading
from studylab.lab.moments import listed
from tests.labs.small import SEEN


@pytest.mark.parametrize(
    ("pattern", "subject", "does"),
    [
        (">", "route.owner.updated.shop", True),
        ("route.>", "route.owner.updated.shop", True),
        ("route.>", "route", False),
        ("route.owner.updated.>", "route.owner.updated.shop", True),
        ("route.owner.udpated.>", "route.owner.updated.shop", False),
        ("route.*.updated.shop", "route.owner.updated.shop", True),
        ("route.*", "route.owner.updated", False),
        ("route.owner", "route.owner.updated", False),
        ("route.owner.updated.shop.>", "route.owner.updated.shop", False),
    ],
)
def test_a_filter_matches_as_the_server_matches(pattern: str, subject: str, does: bool) -> None:
    assert reading.matches(pattern, subject) is does


def moment(n: int, actor: str, kind: str, **detail: object) -> Moment:
    return Moment(n, float(n), actor, kind, "", detail)


def commit(n: int, event_id: str) -> Moment:
    return moment(n, "database", "commit", event_id=event_id, subject="route.owner.updated.shop", sequence=n)


def test_a_sleep_has_what_was_committed_in_it_and_what_happened_on_its_return() -> None:
    told = (
        commit(1, "before"), moment(2, "syd", "kill"), commit(3, "a"), moment(4, "fra", "kill"), commit(5, "b"),
        moment(6, "syd", "start"), moment(7, "syd", "got", count=2), commit(8, "after"),
        moment(9, "syd", "got", count=1), moment(9, "syd", "crash"), commit(10, "c"),
    )  # fmt: skip
    first, second = reading.sleeps(Evidence(SEEN, listed(told), {}), "syd")
    assert (first.began, first.ended, first.missed, first.handed) == (2, 6, 2, 2)
    assert (second.began, second.ended, second.missed, second.handed) == (9, None, 1, 0)


def test_what_an_edge_was_handed_counts_noise_and_what_was_foreign_among_the_rest() -> None:
    told = (
        moment(1, "fra", "noise", count=5, bytes=50),
        moment(2, "fra", "got", count=3, foreign=1, bytes=30),
        moment(3, "iad", "got", count=9, foreign=0, bytes=90),
    )
    evidence = Evidence(SEEN, listed(told), {})
    assert reading.handed(evidence, "fra") == (8, 6, 80)
    assert reading.handed(evidence, "fra", after=1) == (3, 1, 30)
