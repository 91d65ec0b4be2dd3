"""The audit: three verdicts, seven named findings, and sentences that a person can use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vango.core.accused import Accused, Part
from vango.core.audit import Soundness, audit, present, why_row_differs
from vango.core.findings import Kind
from vango.core.judge import Position, Row
from vango.core.modes import ANSWERS, Mode
from vango.core.records import Claim, Fact, Told, TruthRecord

SHOP_1 = Fact(1, "e1", "shop", "alloc-a", 1, Told.PUBLISHED)
BLOG_1 = Fact(2, "e2", "blog", "alloc-a", 1, Told.PUBLISHED)
SHOP_2 = Fact(3, "e3", "shop", "alloc-b", 2, Told.PUBLISHED)
AS_OF = {0: {}, 1: {"shop": SHOP_1}, 2: {"shop": SHOP_1, "blog": BLOG_1}, 3: {"shop": SHOP_2, "blog": BLOG_1}}
TRUTH = TruthRecord(3, AS_OF[3], AS_OF, frozenset({"e1", "e2", "e3"}))


def claim(sequence: int = 3, mode: Mode = Mode.CURRENT, **changes: Any) -> Claim:
    """Return an honest claim at a sequence, with some of it changed."""
    facts = AS_OF[sequence].values()
    rows = tuple(Row(f.route, f.owner, f.epoch, f.event_id, f.epoch - 1, f.epoch) for f in facts)
    return replace(Claim("fra", mode, Position(sequence, f"e{sequence}", sequence), rows, 0, 0), **changes)


def with_shop(**changes: Any) -> Claim:
    """Return an honest claim at 3 whose row for shop was changed."""
    honest = claim()
    rows = tuple(replace(row, **changes) if row.route == "shop" else row for row in honest.rows)
    return replace(honest, rows=rows)


def test_an_edge_that_holds_the_truth_it_claims_is_sound() -> None:
    report = audit(TRUTH, [claim()])
    assert (report.soundness, report.findings, report.sentence) == (Soundness.SOUND, (), "")


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode not in ANSWERS])
def test_an_edge_that_does_not_answer_claims_nothing_and_cannot_be_wrong(mode: Mode) -> None:
    assert audit(TRUTH, [replace(with_shop(owner="alloc-x", event_id="e99"), mode=mode)]).soundness is Soundness.SOUND


@pytest.mark.parametrize(
    ("truth", "edge"),
    [
        (TRUTH, claim(2, Mode.CATCHING_UP, pending=1)),
        (TRUTH, claim(2, pending=1)),
        (replace(TRUTH, waiting=1), claim()),
    ],
)
def test_what_still_converges_is_not_yet_known(truth: TruthRecord, edge: Claim) -> None:
    assert audit(truth, [edge]).soundness is Soundness.NOT_YET_KNOWN


FOUND = {
    Kind.PHANTOM: (TRUTH, with_shop(event_id="e99"), "fra serves shop from an owner that the database never chose."),
    Kind.RESURRECTED: (
        TRUTH,
        with_shop(owner="alloc-a", epoch=1, event_id="e1"),
        "fra went back to an earlier owner of shop.",
    ),
    Kind.FALSE_CONFIDENCE: (
        TRUTH,
        with_shop(owner="alloc-c"),
        "fra says it is current at 3, but sends shop to alloc-c instead of alloc-b.",
    ),
    Kind.LOST: (TRUTH, claim(2), "fra says it is current at 2, but never applied event 3."),
    Kind.DOUBLE_EFFECT: (
        TRUTH,
        with_shop(drains=2, doubled_at=2),
        "fra drained the connections of shop more often than owners changed.",
    ),
    Kind.UNTOLD: (
        replace(TRUTH, untold=(SHOP_2,)),
        claim(2, Mode.CATCHING_UP),
        "The database committed event 3 of the route feed, and nothing will ever publish it.",
    ),
    Kind.STUCK: (TRUTH, claim(stuck="stream seq 9 is not JSON"), "fra is stuck: stream seq 9 is not JSON."),
}


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_lie_is_named_with_its_sentence_and_its_records(kind: Kind) -> None:
    truth, edge, sentence = FOUND[kind]
    report = audit(truth, [edge])
    finding = next(finding for finding in report.findings if finding.kind is kind)
    assert report.soundness is Soundness.VIOLATED
    assert finding.sentence == sentence
    assert finding.repair
    assert finding.records
    assert finding.where == ("truth" if kind is Kind.UNTOLD else "fra")
    part = (Part.DATABASE, "") if kind is Kind.UNTOLD else (Part.EDGE, "fra")
    routes = () if kind is Kind.STUCK else ("shop",)
    assert finding.accused == (Accused(*part, routes),)


@pytest.mark.parametrize(
    ("edge", "wrong"),
    [
        (with_shop(epoch=3, highest_epoch=3, drains=2), "has shop at epoch 3 instead of 2"),
        (replace(claim(), rows=claim().rows[1:]), "has no row for shop"),
        (with_shop(route="img"), "serves img, which does not exist, and 1 more route wrongly"),
        (replace(claim(), rows=()), "has no row for blog, and 1 more route wrongly"),
    ],
)
def test_false_confidence_names_the_first_wrong_route_and_counts_the_others(edge: Claim, wrong: str) -> None:
    (finding,) = [f for f in audit(TRUTH, [edge]).findings if f.kind is Kind.FALSE_CONFIDENCE]
    assert finding.sentence == f"fra says it is current at 3, but {wrong}."


def test_the_evidence_shows_both_sides() -> None:
    (finding,) = audit(TRUTH, [with_shop(owner="alloc-c")]).findings
    assert finding.records == (
        "shop: fra has shop → alloc-c, epoch 2, event e3; truth at 3 has shop → alloc-b, epoch 2, event e3 at 3",
    )


def test_the_same_lie_of_three_edges_is_said_once() -> None:
    edges = [replace(with_shop(drains=2, doubled_at=2), edge=name) for name in ("fra", "iad", "syd")]
    sentence = audit(TRUTH, edges).sentence
    assert "The same finding at iad and syd." in sentence
    assert "more finding" not in sentence


def test_other_lies_are_counted() -> None:
    sentence = audit(TRUTH, [with_shop(event_id="e99", drains=2, doubled_at=2)]).sentence
    assert sentence.startswith("fra serves shop from an owner that the database never chose. And one more finding.")


def test_several_untold_events_are_listed_and_the_rest_is_counted() -> None:
    untold = tuple(replace(SHOP_2, sequence=n, event_id=f"e{n}") for n in range(3, 11))
    (finding,) = audit(replace(TRUTH, untold=untold), []).findings
    assert finding.sentence.startswith("The database committed events 3, 4, 5, 6, 7 and 3 more of the route feed")


def test_several_lost_events_are_plural() -> None:
    truth = replace(TRUTH, now={"shop": SHOP_2, "blog": BLOG_1})
    finding = next(f for f in audit(truth, [claim(1)]).findings if f.kind is Kind.LOST)
    assert "never applied events 2 and 3." in finding.sentence


def test_what_is_still_outstanding_is_not_lost() -> None:
    assert audit(TRUTH, [claim(2, outstanding=1)]).findings == ()


@pytest.mark.parametrize(
    ("truth", "edge", "cause"),
    [
        (TRUTH, claim(), ""),
        (TRUTH, with_shop(event_id="e99"), "invented"),
        (TRUTH, with_shop(drains=2, doubled_at=2), "applied twice"),
        (TRUTH, with_shop(owner="alloc-a", epoch=1, event_id="e1"), "out of order"),
        (TRUTH, with_shop(owner="alloc-z"), "not what its event said"),
        (replace(TRUTH, now={"blog": BLOG_1}), claim(), "invented"),
        (TRUTH, replace(claim(2), position=Position(3, "e3", 3)), "skipped by a gap"),
        (TRUTH, claim(2, outstanding=1), "delivered, unacked"),
        (replace(TRUTH, stored={"e3": 9}), claim(2, outstanding=1, delivered=9), "delivered, unacked"),
        (replace(TRUTH, stored={"e3": 9}), claim(2, outstanding=1, delivered=8), "not delivered"),
        (replace(TRUTH, tape_is_whole=True), claim(2, outstanding=1, delivered=8), "no longer in the stream"),
        (replace(TRUTH, tape_is_whole=True), claim(2, pending=1), "no longer in the stream"),
        (TRUTH, claim(2, pending=1), "not delivered"),
        (TRUTH, claim(2, pending=None), "not delivered"),
        (TRUTH, claim(2), "never applied"),
        (replace(TRUTH, now={"shop": replace(SHOP_2, told=Told.WAITING)}), claim(2), "not published"),
    ],
)
def test_why_a_row_differs(truth: TruthRecord, edge: Claim, cause: str) -> None:
    assert why_row_differs(truth, edge, "shop") == cause


def test_a_row_differs_because_its_event_is_untold() -> None:
    untold = replace(SHOP_2, told=Told.NO_OUTBOX_ROW)
    truth = replace(TRUTH, now={"shop": untold}, untold=(untold,))
    assert why_row_differs(truth, claim(2), "shop") == "never published"


def test_a_route_that_neither_side_has_does_not_differ() -> None:
    assert why_row_differs(TRUTH, claim(), "nowhere") == ""


NAMES = st.sampled_from(["shop", "blog", "api"])
SMALL = st.integers(-1, 4)
IDS = st.sampled_from(["", "e1", "e2", "e3"])
FACTS = st.builds(Fact, SMALL, IDS, NAMES, NAMES, SMALL, st.sampled_from(Told))
ROWS = st.builds(Row, NAMES, NAMES, SMALL, IDS, SMALL, SMALL)
CLAIMS = st.builds(
    Claim,
    st.sampled_from(["fra", "iad"]),
    st.sampled_from(Mode),
    st.builds(Position, SMALL, IDS, SMALL),
    st.lists(ROWS, max_size=3).map(tuple),
    st.none() | SMALL,
    st.none() | SMALL,
    st.sampled_from(["", "message 3"]),
)
FACTS_BY_ROUTE = st.dictionaries(NAMES, FACTS, max_size=3)
TRUTHS = st.builds(
    TruthRecord,
    SMALL,
    FACTS_BY_ROUTE,
    st.dictionaries(SMALL, FACTS_BY_ROUTE, max_size=3),
    st.frozensets(IDS),
    st.lists(FACTS, max_size=7).map(tuple),
    SMALL,
)


@given(TRUTHS, st.lists(CLAIMS, max_size=3), NAMES)
def test_the_audit_answers_whatever_the_records(truth: TruthRecord, claims: list[Claim], route: str) -> None:
    report = audit(truth, claims)
    assert (report.soundness is Soundness.VIOLATED) == bool(present(report.findings)) == bool(report.sentence)
    assert all(finding.accused for finding in report.findings)
    assert [finding.is_past for finding in report.findings] == sorted(f.is_past for f in report.findings)
    assert "  " not in report.sentence
    for each in claims:
        why_row_differs(truth, each, route)
