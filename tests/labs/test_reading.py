"""Reading the evidence: the small questions that several labs ask."""

from __future__ import annotations

import pytest

from studylab.lab import reading


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
