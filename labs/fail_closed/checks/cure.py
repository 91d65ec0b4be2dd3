"""How the edge with the proof came through its gaps."""

from __future__ import annotations

from labs.fail_closed.checks.common import Closure, asked_words, gap_closures, misroutes, snapshot_loads, words_of
from labs.fail_closed.checks.standing import wrong_before
from studylab.lab import Evidence, Memory, NotYet, Passed, Result, reading
from studylab.lab.observed import Cause


def _ruled(evidence: Evidence) -> int:
    """Return the moment at which fra was given its present rules; 0 when it has none of this step."""
    return max((moment.n for moment in reading.moments(evidence, "fra", "rules")), default=0)


def _gaps_met(evidence: Evidence) -> list[Closure]:
    """Return how fra noticed gaps since it has its present rules, each time from a view that was right before."""
    return [] if _wrong_when_ruled(evidence) else _all_gaps_met(evidence)


def _all_gaps_met(evidence: Evidence) -> list[Closure]:
    ruled = _ruled(evidence)
    return gap_closures(evidence, "fra", since=ruled) if ruled else []


def _wrong_when_ruled(evidence: Evidence) -> str:
    """Return what was wrong with fra when it was given its present rules. What it then notices is an older gap."""
    ruled = _ruled(evidence)
    return wrong_before(evidence, "fra", ruled) if ruled else ""


def _fooled(evidence: Evidence) -> Result | None:
    """Return how fra was fooled once more under its present rules, or that it was wrong before them, or None."""
    fra = evidence.now.edge("fra")
    if word := _wrong_when_ruled(evidence):
        return NotYet(
            f"When it was given these rules, {word}. What it notices and misroutes since may be due to that. Load a "
            "fresh snapshot into it, wait until it is current, and set its rules again."
        )
    if wrong := misroutes(fra, evidence.now):
        trusts = "" if fra.rules.ask_high_water_mark else ", because it takes “nothing pending” for “nothing missing”"
        return NotYet(f"{wrong}{trusts}.")
    if fra.asked["wrong"]:
        return NotYet(
            f"Under these rules fra misrouted {fra.asked['wrong']} requests before it knew what it had missed. New "
            "rules begin a new count."
        )
    return None


def end_survived(evidence: Evidence) -> Result:
    """Fra noticed that the end was missing, and misrouted nothing."""
    return _survived(evidence, Cause.MISSING_END, "a missing end")


def inside_survived(evidence: Evidence) -> Result:
    """Fra noticed a break in the chain, and misrouted nothing."""
    return _survived(evidence, Cause.MISSING, "a gap with an event after it")


def _survived(evidence: Evidence, cause: Cause, what: str) -> Result:
    if fooled := _fooled(evidence):
        return fooled
    met = [closure for closure in _gaps_met(evidence) if closure.cause is cause]
    if not met:
        return NotYet(f"Under its present rules fra has not met {what} yet.")
    return Passed(f"fra {met[-1].words}. Misrouted under these rules: {evidence.now.edge('fra').asked['wrong']}.")


def rebuilt_and_right(evidence: Evidence) -> Result:
    """After both, fra loaded a verified snapshot, claims to be current, and has misrouted nothing."""
    if len(_gaps_met(evidence)) < 2:
        return NotYet("First fra must meet both gaps.")
    if fooled := _fooled(evidence):
        return fooled
    fra = evidence.now.edge("fra")
    if not snapshot_loads(evidence, "fra") or not reading.is_current(fra):
        return NotYet(f"fra is {fra.claim}.")
    differs = reading.disagreement(evidence.now)
    if differs is not None and differs.edge == fra.name:
        return NotYet(str(differs))
    return Passed(f"fra {fra.claim}; under these rules {asked_words(fra)}.")


def keep_cure(evidence: Evidence) -> Memory:
    """Keep how fra fared with the proof."""
    return {"cured": asked_words(evidence.now.edge("fra")), "cured_reasons": words_of(_gaps_met(evidence))}
