"""Why: two sentences computed from facts, and the moment that made it where one is in sight."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.web.test_accused import edge, of
from vango.core.accused import Accused, Part
from vango.core.audit import Differs
from vango.core.findings import Kind
from vango.journal.moment import Moment
from vango.observe.model import ProbeSeen, RowSeen
from vango.observe.why import why_asked, why_found, why_row

APPLIED = Moment(9, 0.0, "fra", "apply", "", {"routes": ["shop"]})
MOMENTS = [
    Moment(3, 0.0, "database", "commit", "", {"event_id": "e3"}),
    Moment(4, 0.0, "database", "publish", "", {"event_id": "e3"}),
    Moment(5, 0.0, "relay", "mark", "", {"stored": {"e3": 8}}),
    Moment(6, 0.0, "fra", "ack", "", {"stream_seqs": [8]}),
    Moment(7, 0.0, "fra", "ack", "", {"stream_seqs": [9]}),
    Moment(8, 0.0, "fra", "stumble", "", {"stream_seq": 9}),
    APPLIED,
    Moment(10, 0.0, "iad", "apply", "", {"routes": ["shop"]}),
    Moment(11, 0.0, "fra", "kill", "", {}),
]
MADE = {Kind.PHANTOM: 4, Kind.UNTOLD: 3, Kind.LOST: 6, Kind.STUCK: 8}


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_finding_says_what_happened_and_names_the_moment_that_made_it(kind: Kind) -> None:
    found = replace(of(kind, Accused(Part.EDGE, "fra", ("shop",))), event_ids=("e3",))
    answer = why_found(found, MOMENTS)
    assert (bool(answer.happened), answer.follows) == (True, "It stays.")
    assert answer.moment == MADE.get(kind, 9)
    assert why_found(found, []).moment == 0


@pytest.mark.parametrize("cause", [cause for cause in Differs if cause])
def test_every_cause_of_a_wrong_row_has_two_sentences(cause: Differs) -> None:
    row = RowSeen("shop", "alloc-a", 1, "e1", 0, cause, False)
    answer = why_row(edge("fra"), row, MOMENTS)
    assert answer is not None
    assert (answer.happened[-1], answer.follows[-1], answer.moment) == (".", ".", 9)
    assert why_row(edge("fra"), replace(row, cause=Differs.NO), MOMENTS) is None


def asked(outcome: str, **more: Any) -> Any:
    return replace(edge("fra"), probes=(ProbeSeen("shop", outcome, "alloc-a", "alloc-b", **more),))


def test_requests_say_why_they_were_wrong_or_refused_and_nothing_when_they_were_right() -> None:
    assert why_asked(asked("right"), MOMENTS) is None
    assert why_asked(asked("wrong", late=True), MOMENTS) is None
    wrong, refused = why_asked(asked("wrong"), MOMENTS), why_asked(asked("refused"), MOMENTS)
    assert wrong is not None
    assert refused is not None
    assert "One request for shop got the wrong owner" in wrong.happened
    assert refused.moment == 11


def test_a_row_that_a_purge_took_away_names_the_purge() -> None:
    row = RowSeen("shop", "alloc-a", 1, "e1", 0, Differs.SKIPPED, True)
    committed = Moment(3, 0.0, "database", "commit", "", {"event_id": "e3", "subject": "route.owner.updated.shop"})
    purged = Moment(4, 0.0, "stream", "purge", "", {"stream": "ROUTES", "purged": 3})
    answer = why_row(edge("fra"), row, [committed, purged, APPLIED])
    assert answer is not None
    assert (answer.happened, answer.moment) == ("The stream was purged after the event of shop was committed.", 4)
    before = why_row(edge("fra"), row, [replace(purged, n=2), committed, APPLIED])
    assert before is not None
    assert before.moment == 9
