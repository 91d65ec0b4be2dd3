"""Scars: what is past is told apart from what is wrong now, by facts alone, and the newest finding leads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.test_audit import SHOP_2, TRUTH, claim, with_shop
from vango.core.ages import met, newest_first
from vango.core.audit import Differs, Soundness, audit, say, why_row_differs
from vango.core.events import Event
from vango.core.findings import Finding, Kind
from vango.core.judge import Row, apply
from vango.core.modes import Mode
from vango.core.records import Claim, Told, TruthRecord
from vango.core.scars import drained_too_often, is_outlived

UNTOLD = replace(TRUTH, untold=(replace(SHOP_2, told=Told.NO_OUTBOX_ROW),))
WIPED = replace(claim(0, Mode.DOWN), rows=())


def handled(epochs: list[int]) -> Row:
    """Return the row of a naive edge that applies events of these epochs one after the other."""
    row = Row("shop", "alloc-a", 1, "e1", 0, 1)
    for epoch in epochs:
        row = apply(row, Event(f"e{epoch}", "", "", "", epoch, "", epoch, "shop", "alloc-b", "alloc-a", epoch))
    return row


@given(st.lists(st.integers(2, 6), max_size=8))
def test_a_double_effect_is_past_exactly_when_a_later_event_came_after_it(epochs: list[int]) -> None:
    row, highest, last_is_again = handled(epochs), 1, False
    for epoch in epochs:
        last_is_again, highest = epoch <= highest, max(epoch, highest)
    if drained_too_often(row):
        assert is_outlived(row) is not last_is_again


@pytest.mark.parametrize(
    ("truth", "edges", "is_past"),
    [
        (TRUTH, [with_shop(drains=2, doubled_at=2)], False),
        (TRUTH, [with_shop(drains=2, doubled_at=1)], True),
        (UNTOLD, [claim(2)], False),
        (UNTOLD, [claim(3)], True),
        (UNTOLD, [claim(3), claim(2)], False),
        (UNTOLD, [claim(3), claim(2, Mode.FAILED_CLOSED)], True),
        (UNTOLD, [claim(3, Mode.DOWN)], True),
        (UNTOLD, [WIPED], False),
        (UNTOLD, [], False),
    ],
)
def test_whether_a_finding_is_a_scar(truth: TruthRecord, edges: list[Claim], *, is_past: bool) -> None:
    kinds = (Kind.DOUBLE_EFFECT, Kind.UNTOLD)
    (finding,) = [found for found in audit(truth, edges).findings if found.kind in kinds]
    assert finding.is_past is is_past


def test_with_nothing_but_scars_the_verdict_is_sound_and_names_them() -> None:
    report = audit(TRUTH, [with_shop(drains=2, doubled_at=1)])
    assert (report.soundness, report.sentence) == (Soundness.SOUND, "")
    assert [finding.kind for finding in report.findings] == [Kind.DOUBLE_EFFECT]


def test_a_row_that_lags_is_explained_by_what_is_missing_and_not_by_its_scar() -> None:
    lagging = replace(with_shop(drains=2, doubled_at=1), pending=1)
    assert why_row_differs(TRUTH, with_shop(drains=2, doubled_at=1), "shop") is Differs.APPLIED_TWICE
    moved_on = replace(TRUTH, now={"shop": replace(SHOP_2, event_id="e9", sequence=9, owner="alloc-c")})
    assert why_row_differs(moved_on, lagging, "shop") is Differs.NOT_DELIVERED


def found(kind: Kind, *ids: str, **more: Any) -> Finding:
    return Finding(kind, "fra", f"fra: {kind}.", "", (), ids, **more)


def test_the_newest_fault_leads_and_scars_come_last() -> None:
    old, new = found(Kind.LOST, "e1"), found(Kind.STUCK, "e2")
    scar = found(Kind.DOUBLE_EFFECT, "e3", is_past=True)
    seen = met((old,), {}, 5)
    seen = met((scar, old, new), seen, 9)
    assert [(f.kind, f.since) for f in newest_first((scar, old, new), seen)] == [
        (Kind.STUCK, 9), (Kind.LOST, 5), (Kind.DOUBLE_EFFECT, 9),
    ]  # fmt: skip
    assert say(newest_first((scar, old, new), seen)).startswith("fra: stuck. And one more finding.")


def test_a_finding_that_shrinks_is_not_newer_and_one_that_grows_is() -> None:
    seen = met((found(Kind.LOST, "e1", "e2"),), {}, 5)
    assert met((found(Kind.LOST, "e1"),), seen, 9) == {(Kind.LOST, "fra", "e1"): 5}
    grown = found(Kind.LOST, "e1", "e3")
    assert newest_first((grown,), met((grown,), seen, 9))[0].since == 9
