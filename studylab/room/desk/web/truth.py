"""The room lives by the lesson: its truth beside every view of it, with the audit's verdict."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template

from studylab.room.desk.web.parts import only_teacher, parts
from studylab.room.desk.web.strip import strip

truth = only_teacher(Blueprint("truth", __name__, url_prefix="/room/truth"))


@dataclass(frozen=True, slots=True)
class View:
    """One view: whose, of what, its state in words with a tone, the sequence that it claims and the newest there is."""

    name: str
    of: str
    words: str
    tone: str
    at: int
    latest: int
    reason: str = ""


@truth.get("/")
def page() -> str:
    """Every view of the room."""
    return render_template("truth.html", here="truth", strip=strip(parts()), **_seen())


@truth.get("/now")
def now() -> str:
    """The part of the page that changes."""
    return render_template("truths.html", **_seen())


def _seen() -> dict[str, object]:
    shared = parts()
    found = getattr(shared.front, "views", None)
    views: list[View] = list(found()) if found else []
    wall = shared.front.wall
    return {
        "views": views,
        "rows": {
            "seats": len(wall),
            "instructions": len(wall.instructions),
            "votes": len(wall.votes()),
        },
    }
