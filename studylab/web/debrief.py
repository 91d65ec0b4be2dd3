"""The debrief of a lab as a page of its own, to read and to print. Reading it wakes no bench."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from flask import Blueprint, redirect, render_template, session
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from studylab.concepts.elsewhere import elsewhere
from studylab.lab import store
from studylab.lab.attempt import Attempt
from studylab.lab.code import highlighted
from studylab.lab.guide import draw
from studylab.lab.model import Lab
from studylab.lab.seen import CodeSeen
from studylab.web.run_picture import forecasts, marks, score
from studylab.web.state import state
from vango.actors.errors import NotThere

debrief = Blueprint("debrief", __name__)
ALIKE = 0.25
"""The part of the shorter function that both must have, for what differs to be worth marking."""


@dataclass(frozen=True, slots=True)
class Side:
    """One function beside its opposite. Each line comes with whether the other has none like it."""

    code: CodeSeen
    lines: tuple[tuple[Markup, bool], ...]


@debrief.get("/labs/<slug>/debrief")
def page(slug: str) -> str | AnyResponse:
    """What one run of a lab came to. A run that is not at its end leads back to the lab."""
    lab = state().benches.labs.get(slug)
    if lab is None:
        raise NotThere(f"There is no lab {slug[:40]!r}. The labs are listed at /.")
    attempt = store.load(state().benches.folder(session["bench"]), slug) if "bench" in session else Attempt()
    seen = draw(lab, attempt).debrief
    if seen is None:
        return redirect(f"/labs/{slug}", 303)
    predicted = forecasts(lab, attempt)
    return render_template(
        "debrief.html", lab=lab, seen=seen, marks=marks(lab, attempt), forecasts=predicted, score=score(predicted),
        pairs=pairs(seen.code), rows=elsewhere(slug), next=lab_after(lab.slug),
    )  # fmt: skip


def pairs(code: Iterable[CodeSeen]) -> list[tuple[Side | None, Side | None]]:
    """Put each trap beside its cure. Where the two are alike, the lines are marked that the other has not."""
    shown = list(code)
    traps, cures = ([one for one in shown if one.role == role] for role in ("trap", "cure"))
    return [
        (_side(trap, cure) if trap else None, _side(cure, trap) if cure else None)
        for trap, cure in zip_longest(traps, cures)
    ]


@debrief.app_template_global()
def checklist(lines: Iterable[str]) -> str:
    """Return the checklist as text to paste: Markdown with a box for each line."""
    return "\n".join(f"- [ ] {line}" for line in lines)


def _side(code: CodeSeen, other: CodeSeen | None) -> Side:
    lines = [line.strip() for line in code.source.rstrip("\n").split("\n")]
    theirs = [line.strip() for line in other.source.split("\n")] if other else []
    matched = SequenceMatcher(None, lines, theirs, autojunk=False).get_matching_blocks()
    same = {index for block in matched for index in range(block.a, block.a + block.size) if lines[index]}
    tells = bool(theirs) and len(same) >= ALIKE * min(sum(map(bool, lines)), sum(map(bool, theirs)))
    html = str(highlighted(code.source)).rstrip("\n").split("\n")
    marked = (
        (Markup(line), tells and bool(lines[index]) and index not in same)  # noqa: S704 - escaped there
        for index, line in enumerate(html)
    )
    return Side(code, tuple(marked))


@debrief.app_template_global()
def lab_after(slug: str) -> Lab | None:
    """Return the lab after this one; None after the last."""
    labs = state().benches.labs
    return next((other for other in labs.values() if other.number > labs[slug].number), None)
