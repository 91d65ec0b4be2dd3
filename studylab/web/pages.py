"""The pages with a stage: the sandbox and a lab; and the visitor's matrix."""

from __future__ import annotations

from flask import Blueprint, render_template, session

from studylab.lab.attempt import Attempt
from studylab.lab.guide import draw
from studylab.web.state import call, hub, state
from vango.actors.errors import NotThere
from vango.bench import trials
from vango.storm.fault_table import FAULTS
from vango.storm.matrix import ALL_ON
from vango.storm.protections import PROTECTIONS
from vango.verbs.registry import REGISTRY

pages = Blueprint("pages", __name__)


@pages.get("/sandbox")
def sandbox() -> str:
    """The stage with every control. A visitor without a bench is asked first: a visit alone makes none."""
    if "bench" not in session:
        return render_template("start.html", lab=None)
    context = call(hub().context(""))
    return render_template("sandbox.html", REGISTRY=REGISTRY, events_url="/events", **context)


@pages.get("/labs/<slug>")
def lab(slug: str) -> str:
    """A lab: its guide and the stage. A visitor without a bench reads what the lab is about, and starts it."""
    if slug not in state().benches.labs:
        raise NotThere(f"There is no lab {slug[:40]!r}. The labs are listed at /.")
    if "bench" not in session:
        lab = state().benches.labs[slug]
        return render_template("start.html", lab=lab, guide=draw(lab, Attempt()))
    context = call(hub().context(slug))
    return render_template("lab.html", REGISTRY=REGISTRY, events_url=f"/events?page={slug}", **context)


@pages.get("/matrix")
def matrix() -> str:
    """The visitor's own protection matrix, filled by their own trials; a page to print. Wakes no bench."""
    found = trials.load(state().benches.folder(session["bench"])) if "bench" in session else trials.Found()
    rows = [
        (row, [found.cells.get(row.key, {}).get(fault.key, "") for fault in FAULTS]) for row in (ALL_ON, *PROTECTIONS)
    ]
    tried = sum(bool(cell) for _, cells in rows for cell in cells)
    return render_template("matrix.html", rows=rows, faults=FAULTS, tried=tried, storms=found.storms[::-1])
