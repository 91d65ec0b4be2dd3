"""What a host says of a seat, read from its bench, its lab and the last observation. Pure but for what it reads."""

from __future__ import annotations

from typing import Any

from studylab.hub import Hub
from studylab.lab.attempt import current
from studylab.lab.model import Do
from studylab.lab.runner import LabRun
from studylab.web.guests import verdict_of
from vango.journal.verb_log import DONE, UNKNOWN, Row
from vango.observe.model import Observation

MAX_ACT = 120


def of_lab(run: LabRun) -> dict[str, Any]:
    """Return where a learner is in a lab, as fields of a report."""
    lab, attempt = run.lab, run.attempt
    step = current(lab, attempt)
    said = attempt.said.get(step.id, {}) if step is not None else {}
    checks = len(step.checks) if isinstance(step, Do) else 0
    return {
        "lab": lab.slug,
        "step": step.id if step is not None else "",
        "index": attempt.step if attempt.begun else 0,
        "steps": len(lab.steps),
        "ticks": min(checks, sum(one.passed for one in said.values())),
        "of": checks,
        "finished": run.record.finishes,
    }


NO_LAB: dict[str, Any] = {"lab": "", "step": "", "index": 0, "steps": 0, "ticks": 0, "of": 0, "finished": 0}


def of_bench(seen: Observation) -> dict[str, Any]:
    """Return what the audit says of a bench, as fields of a report."""
    audit = verdict_of(seen)
    return {"verdict": audit.soundness.value, "sentence": str(audit.sentence)}


def last_act(hub: Hub) -> str:
    """Return the last verb on a bench in words, empty when nothing was done since its beginning."""
    rows = hub.bench.journal.lives.current.rows
    return in_words(rows[-1]) if rows else ""


def in_words(row: Row) -> str:
    """Return a verb as it reads: “promote shop, alloc-c”, and that it was refused."""
    given = ", ".join(str(value) for value in row.arguments.values() if value is not None)
    end = "" if row.outcome in (DONE, UNKNOWN) else " (refused)"
    return f"{row.verb.replace('_', ' ')} {given}".strip()[:MAX_ACT] + end
