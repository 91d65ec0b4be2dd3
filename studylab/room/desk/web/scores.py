"""The wall as a scoreboard: what one fault, sent to everybody, did to each bench. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from studylab.room.protocol import Hit, Instruction, Report, SeatRow
from vango.core.audit import Soundness


class Outcome(StrEnum):
    """What a fault has done to a bench so far."""

    REPAIRED = "sound again"
    WRONG = "still wrong"
    CONVERGING = "converging"
    UNMOVED = "no harm seen"
    WAITING = "not there yet"
    REFUSED = "could not be done"
    LATER = "another fault since"


@dataclass(frozen=True, slots=True)
class Score:
    """The outcome for one seat. `after_s`: after how many seconds the bench was first sound again, if known."""

    seat: str
    outcome: Outcome
    after_s: float | None = None
    sentence: str = ""


def score(said: Instruction, seat: str, report: Report | None) -> Score:
    """Return what a fault did to one seat."""
    if report is None or report.done < said.number:
        return Score(seat, Outcome.WAITING)
    hit = report.fault
    if hit.number > said.number:
        return Score(seat, Outcome.LATER)
    if hit.number < said.number:
        hit = _of_an_earlier_version(said, report)
    if hit.failed:
        return Score(seat, Outcome.REFUSED, sentence=hit.failed)
    if hit.again:
        return Score(seat, Outcome.REPAIRED, hit.after_s)
    if report.verdict == Soundness.VIOLATED:
        return Score(seat, Outcome.WRONG, sentence=report.sentence)
    if report.verdict == Soundness.NOT_YET_KNOWN:
        return Score(seat, Outcome.CONVERGING)
    return Score(seat, Outcome.UNMOVED)


def _of_an_earlier_version(said: Instruction, report: Report) -> Hit:
    """Read from the rest of a report what is known of a fault, when it does not say so. Of two clocks nothing is."""
    failed = report.failed if report.done == said.number else ""
    return Hit(said.number, failed, again=report.verdict == Soundness.SOUND and report.since > said.at)


def scores(said: Instruction, seats: Mapping[str, SeatRow], reports: Mapping[str, Report]) -> list[Score]:
    """Return the score of each seat that the fault was sent to: the quickest first, then who is still wrong."""
    asked = said.seats or tuple(seats)
    found = [score(said, seat, reports.get(seat)) for seat in asked if seat in seats and not seats[seat].out]
    places = [*Outcome]
    return sorted(found, key=lambda one: (places.index(one.outcome), _late(one), seats[one.seat].number))


def _late(one: Score) -> float:
    return inf if one.after_s is None else one.after_s


def tally(found: list[Score]) -> dict[Outcome, int]:
    """Return how many seats have each outcome."""
    counted = Counter(one.outcome for one in found)
    return {outcome: counted[outcome] for outcome in Outcome}


def median_s(found: list[Score]) -> float | None:
    """Return after how many seconds half of those that are sound again were so; None before the first."""
    times = sorted(one.after_s for one in found if one.after_s is not None)
    return times[len(times) // 2] if times else None
