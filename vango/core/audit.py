"""The audit: is every edge's view equal to the truth as of the sequence that the edge claims?

It compares records and names what it finds. A finding carries the records that prove it and says what would repair
it. An edge that is down or failed closed claims nothing, so it cannot be wrong. An edge that lags is not wrong either
if it says so. The verdict has three values, because "still converging" is neither sound nor violated. A scar, which
nothing can repair and which is wrong no longer, is a finding and violates nothing (`vango.core.scars`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from vango.core.ages import in_order
from vango.core.findings import Finding, listed, of_claim
from vango.core.judge import Row
from vango.core.modes import ANSWERS, Mode
from vango.core.records import Claim, Fact, Told, TruthRecord
from vango.core.scars import drained_too_often, is_outlived
from vango.core.truth_findings import stuck, untold
from vango.core.words import counted


class Differs(StrEnum):
    """Why a row of a view is not the truth's row now. `NO` says that it is."""

    NO = ""
    INVENTED = "invented"
    OUT_OF_ORDER = "out of order"
    APPLIED_TWICE = "applied twice"
    NOT_AS_TOLD = "not what its event said"
    NEVER_PUBLISHED = "never published"
    NOT_PUBLISHED = "not published"
    SKIPPED = "skipped by a gap"
    UNACKED = "delivered, unacked"
    NOT_DELIVERED = "not delivered"
    GONE = "no longer in the stream"
    NEVER_APPLIED = "never applied"


class Soundness(StrEnum):
    """The audit's verdict."""

    SOUND = "sound"
    VIOLATED = "violated"
    NOT_YET_KNOWN = "not yet known"


@dataclass(frozen=True, slots=True)
class Report:
    """The audit's answer. `sentence` sums up for a person what is wrong now; it is empty when nothing is.

    `findings` are what is wrong now, then the scars.
    """

    soundness: Soundness
    findings: tuple[Finding, ...]
    sentence: str


def audit(truth: TruthRecord, claims: Sequence[Claim]) -> Report:
    """Compare every claim with the truth as of the claimed sequence."""
    of_claims = (finding for claim in claims if claim.mode in ANSWERS for finding in of_claim(truth, claim))
    findings = in_order((*untold(truth, claims), *stuck(truth), *of_claims))
    if present(findings):
        return Report(Soundness.VIOLATED, findings, say(findings))
    behind = [c.edge for c in claims if c.mode in ANSWERS and not _has_arrived(truth, c)]
    waits = behind or truth.waiting
    return Report(Soundness.NOT_YET_KNOWN if waits else Soundness.SOUND, findings, "")


def _has_arrived(truth: TruthRecord, claim: Claim) -> bool:
    return claim.mode is Mode.CURRENT and claim.position.sequence >= truth.latest


def present(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return what is wrong now, without the scars."""
    return tuple(finding for finding in findings if not finding.is_past)


def say(findings: Sequence[Finding]) -> str:
    """Sum up what is wrong now in plain words, the first finding first; empty when nothing is."""
    wrong = present(findings)
    if not wrong:
        return ""
    first = wrong[0]
    others = list(dict.fromkeys(f.where for f in wrong if f.kind is first.kind and f.where != first.where))
    more = len({(f.kind, f.where) for f in wrong}) - 1 - len(others)
    lead = first.sentence
    if others:
        lead += f" The same finding at {listed(others)}."
    if more > 0:
        lead += f" And {counted(more, 'more finding')}."
    return f"{lead} {first.repair}"


def why_row_differs(truth: TruthRecord, claim: Claim, route: str) -> Differs:
    """Say why a view's row for a route is not the truth's row now."""
    rows = {row.route: row for row in claim.rows}
    row, fact = rows.get(route), truth.now.get(route)
    if row is not None and (wrong := _wrong_in_itself(truth, row, fact)):
        return wrong
    if fact is None:
        return Differs.INVENTED if row is not None else Differs.NO
    if row is not None and (row.owner, row.epoch) == (fact.owner, fact.epoch):
        return Differs.APPLIED_TWICE if drained_too_often(row) else Differs.NO
    if fact.told is Told.NO_OUTBOX_ROW and fact in truth.untold:
        return Differs.NEVER_PUBLISHED
    if fact.told is Told.WAITING:
        return Differs.NOT_PUBLISHED
    if fact.sequence <= claim.position.sequence:
        return Differs.SKIPPED
    return _on_its_way(truth, claim, fact)


def _on_its_way(truth: TruthRecord, claim: Claim, fact: Fact) -> Differs:
    """Say where the message of a published event is. What the tape does not show is judged by the consumer's numbers."""
    seq = truth.stored.get(fact.event_id)
    if seq is None and truth.tape_is_whole:
        return Differs.GONE
    if seq is not None and claim.delivered is not None and seq > claim.delivered:
        return Differs.NOT_DELIVERED
    if claim.outstanding:
        return Differs.UNACKED
    return Differs.NOT_DELIVERED if claim.pending or claim.pending is None else Differs.NEVER_APPLIED


def _wrong_in_itself(truth: TruthRecord, row: Row, fact: Fact | None) -> Differs:
    """Say what is wrong with a row that no further event explains."""
    if row.event_id not in truth.known_ids:
        return Differs.INVENTED
    if row.epoch < row.highest_epoch:
        return Differs.OUT_OF_ORDER
    if drained_too_often(row) and not is_outlived(row):
        return Differs.APPLIED_TWICE
    same_event = fact is not None and row.event_id == fact.event_id
    return Differs.NOT_AS_TOLD if same_event and fact is not None and row.owner != fact.owner else Differs.NO
