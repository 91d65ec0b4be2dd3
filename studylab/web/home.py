"""The first page: for whom this is, a small picture of a bench, what to press next, and the labs as a path.

Reading it makes no bench and wakes none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, session
from werkzeug.wrappers import Response

from studylab.lab import records, store
from studylab.lab.model import Lab
from studylab.lab.progress import Record, first_open
from studylab.web.miniature import Miniature, of, recorded
from studylab.web.state import call, state

home = Blueprint("home", __name__)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the path: labs with numbers up to `last`."""

    title: str
    about: str
    last: int


PATH = (
    Stretch("Publish", "From the database to the stream: what is announced, and to whom.", 3),
    Stretch("Consume", "From the stream to a view: who remembers what, and what the second time does.", 8),
    Stretch("Survive", "When nobody answers, something is missing, or a disk is gone.", 12),
    Stretch("More labs", "Labs of your own folder.", 10_000),
)
STARTS_WITH = 1
DRAWN_TRAPS = frozenset(
    ("commit-first", "subjects", "streams", "durable-consumers", "acks", "replay", "snapshots", "deduplication",
     "unknown-outcome", "fail-closed", "rebuild-from-truth", "storm")
)  # fmt: skip
"""The labs whose trap has a drawing in static/icons/traps.svg."""


@home.get("/")
def course() -> str:
    """The first page."""
    labs = state().benches.labs
    found = records.load_all(state().benches.folder(session["bench"]))[0] if "bench" in session else {}
    cards = [_card(lab, found) for lab in labs.values()]
    return render_template(
        "course.html", path=_stretches(cards), next=_next(cards, found), bench=_miniature(), faults=state().faults
    )


@home.get("/miniature")
def miniature() -> str | Response:
    """The small picture of the visitor's bench as it is now; nothing when the bench is not awake."""
    bench = _miniature()
    return Response(status=204) if bench.is_recorded else render_template("miniature.html", bench=bench)


def _miniature() -> Miniature:
    """Return what the bench of the visitor shows now, if it is awake, else the recorded one."""
    benches = state().benches
    hub = benches.at_hand(session["bench"]) if "bench" in session else None
    if hub is None:
        return recorded()
    try:
        return of(call(hub.bench.observe()))
    finally:
        hub.release()


def _stretches(cards: list[dict[str, Any]]) -> list[tuple[Stretch, list[dict[str, Any]]]]:
    """Divide the labs over the path; a part without labs is left out."""
    first, found = 0, []
    for stretch in PATH:
        here = [card for card in cards if first < card["number"] <= stretch.last]
        first = stretch.last
        if here:
            found.append((stretch, here))
    return found


def _next(cards: list[dict[str, Any]], found: dict[str, Record]) -> dict[str, Any] | None:
    """Return where the one button leads: on with the lab that was touched last, or to the next one."""
    begun = [card for card in cards if card["slug"] in found and card["begun"]]
    if begun:
        last = max(begun, key=lambda card: found[card["slug"]].last_at)
        if last["at"] < last["steps"]:
            return {**last, "words": f"Continue lab {last['number']}, step {last['at'] + 1}"}
    ahead = [card for card in cards if not card["finished"]]
    if not ahead or not found:
        return None
    return {**ahead[0], "words": f"Go on to lab {ahead[0]['number']}"}


def _card(lab: Lab, found: dict[str, Record]) -> dict[str, Any]:
    card = {"slug": lab.slug, "number": lab.number, "title": lab.title, "question": lab.question, "story": lab.story,
            "trap": lab.failure_trap, "icon": lab.slug if lab.slug in DRAWN_TRAPS else "", "minutes": lab.minutes,
            "steps": len(lab.steps), "done": 0, "at": 0, "begun": False, "finished": False,
            "active_s": 0.0}  # fmt: skip
    record = found.get(lab.slug)
    if record is not None:
        done = sum(step.id in record.done for step in lab.steps)
        attempt = store.load(state().benches.folder(session["bench"]), lab.slug)
        at = attempt.step if attempt.begun else first_open(lab, record)
        card |= {"done": done, "at": at, "begun": attempt.begun or bool(done), "finished": bool(record.finishes),
                 "active_s": record.active_s}  # fmt: skip
    return card
