"""The pages with a stage: the sandbox and a lab; and the visitor's matrix."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session
from werkzeug.wrappers import Response

from studylab.hub import SANDBOX
from studylab.lab import records, store
from studylab.lab.attempt import Attempt
from studylab.lab.guide import draw
from studylab.lab.locks import ever_unlocked
from studylab.lab.model import Lab
from studylab.lab.progress import first_open
from studylab.scenes.scenarios import SCENARIOS
from studylab.web.known import loaded
from studylab.web.scenes import proposal
from studylab.web.state import hub, state
from vango.actors.errors import NotThere
from vango.bench import trials
from vango.storm.fault_table import FAULTS
from vango.storm.matrix import ALL_ON
from vango.storm.protections import PROTECTIONS

pages = Blueprint("pages", __name__)


@pages.get("/sandbox")
def sandbox() -> str:
    """The stage with every control. A visitor without a bench is asked first: a visit alone makes none."""
    if "bench" not in session:
        return render_template("start.html", lab=None)
    context = loaded(hub(), SANDBOX) | {"proposal": proposal(), "scenarios": SCENARIOS}
    return render_template("sandbox.html", events_url="/events", **context)


@pages.get("/labs/<slug>")
def lab(slug: str) -> str | Response:
    """A lab: its guide and the stage. A visitor without a bench reads what the lab is about, and starts it.

    Progress that was made elsewhere leads to the first step that is not done: the address asks to be brought there.
    """
    if slug not in state().benches.labs:
        raise NotThere(f"There is no lab {slug[:40]!r}. The labs are listed at /.")
    if "bench" not in session:
        lab = state().benches.labs[slug]
        return render_template("start.html", lab=lab, guide=draw(lab, Attempt()))
    if "step" not in request.args and (at := _brought_to(state().benches.labs[slug])):
        return redirect(f"/labs/{slug}?step={at + 1}", 303)
    context = loaded(hub(), slug) | {"unlocked": ever_unlocked(state().benches.labs[slug])}
    asked = render_template("guide/asked.html", asked=request.args.get("step", ""), **context)
    context["panels"].alone["asked-step"] = asked
    return render_template("lab.html", events_url=f"/events?page={slug}", **context)


def _brought_to(lab: Lab) -> int:
    """Return the place of the first step ahead, for a lab that was done in part on another bench; else 0."""
    folder = state().benches.folder(session["bench"])
    record = records.load(folder, lab.slug)
    if record is None or store.load(folder, lab.slug).begun or record.finishes:
        return 0
    mine = record.spent.get(records.mark_of(folder))
    ahead = first_open(lab, record)
    return ahead if ahead < len(lab.steps) and not (mine and mine.rounds) else 0


@pages.get("/matrix")
def matrix() -> str:
    """The visitor's own protection matrix, filled by their own trials; a page to print. Wakes no bench."""
    found = trials.load(state().benches.folder(session["bench"])) if "bench" in session else trials.Found()
    rows = [
        (row, [found.cells.get(row.key, {}).get(fault.key, "") for fault in FAULTS]) for row in (ALL_ON, *PROTECTIONS)
    ]
    tried = sum(bool(cell) for _, cells in rows for cell in cells)
    return render_template("matrix.html", rows=rows, faults=FAULTS, tried=tried, storms=found.storms[::-1])
