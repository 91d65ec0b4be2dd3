"""Votes: a prediction of a lab opened to the room, bars only when closed, and a second vote beside the first."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from studylab.lab.model import Lab, Predict
from studylab.room.desk.web import ballots
from studylab.room.desk.web.parts import only_teacher, parts
from studylab.room.desk.web.strip import strip
from studylab.room.protocol import VoteRow
from vango.kit import NotThere, Refused

votes = only_teacher(Blueprint("votes", __name__, url_prefix="/room/votes"))


@votes.get("/")
def page() -> str:
    """The predictions that can be opened, those of the present lab first, and the votes so far."""
    shared = parts()
    now = shared.front.wall.room.lab
    labs = sorted(shared.labs.values(), key=lambda lab: (lab.slug != now, lab.number))
    return render_template(
        "votes.html",
        here="votes",
        strip=strip(shared),
        offers=[(lab, offers) for lab in labs if (offers := predictions(lab))],
        now=now,
        so_far=[ballots.count(vote, shared.reports()) for vote in shared.front.wall.votes()[::-1]],
    )


@votes.post("/")
def begin() -> Response:
    """Open a vote. One at a time, so that a learner's page has one question."""
    shared = parts()
    if open_now := [vote for vote in shared.front.wall.votes() if not vote.closed]:
        raise Refused(f"A vote is open: “{open_now[-1].question}” Close it first.")
    slug, _, step_id = request.form.get("on", "").partition("/")
    lab = shared.labs.get(slug)
    step = next((one for one in predictions(lab) if one.id == step_id), None) if lab else None
    if step is None:
        raise NotThere("There is no such prediction. Choose one of the list.")
    options = {option.key: option.text for option in step.options}
    vote = shared.front.open_vote(slug, step_id, step.title, options)
    return redirect(f"/room/votes/{vote.number}", 303)


@votes.post("/<int:number>/close")
def close(number: int) -> Response:
    """Close a vote: from now on its bars are shown."""
    parts().front.close_vote(number)
    return redirect(f"/room/votes/{number}", 303)


@votes.get("/<int:number>")
def one(number: int) -> str:
    """One vote, for the projector. What was voted before on the same question stands beside it."""
    return render_template("vote.html", here="votes", strip=strip(parts()), **_seen(number))


@votes.get("/<int:number>/now")
def now(number: int) -> str:
    """The part of a vote's page that changes."""
    return render_template("voted.html", **_seen(number))


def predictions(lab: Lab) -> list[Predict]:
    """Return the predictions of a lab, in order."""
    return [step for step in lab.steps if isinstance(step, Predict)]


def _seen(number: int) -> dict[str, object]:
    shared = parts()
    all_votes = shared.front.wall.votes()
    vote = next((one for one in all_votes if one.number == number), None)
    if vote is None:
        raise NotThere("There is no such vote in this room.")
    reports = shared.reports()
    first = ballots.before(vote, all_votes)
    return {
        "count": ballots.count(vote, reports),
        "first": ballots.count(first, reports) if first else None,
        "changes": ballots.changes(first, vote, reports) if first else [],
        "prose": _prose(vote),
        "room_of": sum(report.here for report in reports.values()),
    }


def _prose(vote: VoteRow) -> str:
    """Return what the lab says before its question, as it is written, with the marks of its emphasis left out."""
    lab = parts().labs.get(vote.lab)
    step = next((one for one in predictions(lab) if one.id == vote.step), None) if lab else None
    return step.prose.replace("*", "").replace("`", "") if step else ""
