"""What counts for a gap or a crash: only an edge that was current and right just before, and the event of that crash."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from labs.fail_closed.checks.standing import wrong_before
from studylab.lab.model import Evidence
from studylab.lab.moments import listed
from tests.labs.small import SEEN
from vango.core.modes import Mode
from vango.journal.moment import Moment

Told = tuple[str, str, dict[str, Any]]


def of(*told: Told) -> Evidence:
    """Return the evidence of some moments, numbered from 1."""
    moments = [Moment(n, 0.0, actor, kind, "", detail) for n, (actor, kind, detail) in enumerate(told, 1)]
    return Evidence(SEEN, listed(moments), {})


def commit(sequence: int) -> Told:
    return "database", "commit", {"sequence": sequence, "subject": "route.owner.updated.shop"}


def loads(sequence: int) -> Told:
    return "fra", "snapshot", {"sequence": sequence, "stream_seq": sequence}


def applies(sequence: int, before: int) -> Told:
    return "fra", "apply", {"before": before, "position": sequence, "sequences": [sequence]}


def becomes(after: Mode, before: Mode = Mode.CURRENT) -> Told:
    return "fra", "mode", {"before": before.value, "after": after.value}


PURGE: Told = ("stream", "purge", {"stream": "ROUTES", "purged": 3})
ASLEEP = becomes(Mode.DOWN)


def stood(*told: Told, opens_right: bool = False) -> str:
    """Return what was wrong with fra just before the purge that comes last."""
    return wrong_before(of(*told, PURGE), "fra", len(told) + 1, opens_right=opens_right)


def before_the_gap() -> Iterator[Told]:
    """An edge that is given a snapshot, applies what comes, and goes to sleep at 10 of 10."""
    yield from (loads(9), commit(10), applies(10, 9))


def test_an_edge_that_was_current_and_right_when_it_went_to_sleep_stands_well() -> None:
    assert stood(*before_the_gap(), ASLEEP, commit(11), commit(12)) == ""


def test_an_edge_that_had_failed_closed_before_it_slept_proves_nothing() -> None:
    slept = becomes(Mode.DOWN, before=Mode.FAILED_CLOSED)
    assert stood(*before_the_gap(), slept, commit(11)) == "fra was failed closed"


def test_an_edge_that_lacks_an_event_proves_nothing_until_it_loads_a_snapshot() -> None:
    skipped = (*before_the_gap(), commit(11), commit(12), applies(12, 10))
    assert stood(*skipped, ASLEEP) == "fra lacked event 11"
    assert stood(*skipped, loads(12), ASLEEP, commit(13)) == ""


def test_an_edge_that_was_behind_when_it_went_to_sleep_proves_nothing() -> None:
    assert stood(*before_the_gap(), commit(11), ASLEEP) == "fra was at 10 and the database at 11"


def test_without_a_snapshot_in_the_step_an_edge_is_right_only_where_the_lab_opens_right() -> None:
    told = (ASLEEP, commit(11))
    assert "had loaded no snapshot" in stood(*told)
    assert stood(*told, opens_right=True) == ""


def test_what_an_edge_missed_before_its_first_snapshot_of_a_step_counts_all_the_same() -> None:
    assert stood(commit(12), applies(12, 10), ASLEEP, opens_right=True) == "fra lacked event 11"
