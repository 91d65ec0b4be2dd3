"""The room lives by the lesson: its truth beside every view of it, with the audit's verdict."""

from __future__ import annotations

from flask import Blueprint, render_template

from studylab.room.desk.web.parts import only_teacher, parts
from studylab.room.desk.web.strip import strip
from studylab.room.desk.web.tiles import LOOKS

truth = only_teacher(Blueprint("truth", __name__, url_prefix="/room/truth"))


@truth.get("/")
def page() -> str:
    """Every view of the room."""
    return render_template("truth.html", here="truth", strip=strip(parts()), **_seen())


@truth.get("/now")
def now() -> str:
    """The part of the page that changes."""
    return render_template("truths.html", **_seen())


def _seen() -> dict[str, object]:
    front = parts().front
    found = front.truth()
    return {
        "truth": found,
        "look": LOOKS[found.soundness],
        "seats": len(front.wall),
        "said": len(front.wall.instructions),
        "votes": len(front.wall.votes()),
    }
