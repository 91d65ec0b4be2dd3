"""Exports: the scene of a moment as a picture, and some moments as a recording that opens without the app."""

from __future__ import annotations

from flask import Blueprint, Response, request

from studylab.web import picture, recording_file
from studylab.web.recording_file import MOST_MOMENTS, Step
from studylab.web.state import call, hub
from vango.actors.errors import BadInput, NotThere
from vango.bench.bench import Bench
from vango.journal.codec import read
from vango.observe.model import Observation

export = Blueprint("export", __name__)
MOMENTS = 30


@export.get("/bench/picture.svg")
def svg() -> Response:
    """The scene of a moment, by default the last, as one SVG."""
    moment, seen = call(_seen(hub().bench, _number("at")))
    return _file(picture.picture(seen), "image/svg+xml", f"inline; filename=study-lab-{moment}.svg")


@export.get("/bench/recording.html")
def html() -> Response:
    """Some moments, by default the last 30, as one HTML file to keep."""
    steps = call(_steps(hub().bench, _number("from"), _number("to")))
    first, last = steps[0].moment.n, steps[-1].moment.n
    name = f"study-lab-{first}-{last}.html"
    return _file(recording_file.page(steps), "text/html", f"attachment; filename={name}")


def _file(text: str, kind: str, disposition: str) -> Response:
    return Response(text, mimetype=kind, headers={"Content-Disposition": disposition})


def _number(name: str) -> int | None:
    """Return a moment's number from the address; None when it names none. Raises `BadInput`."""
    given = request.args.get(name, "")
    if given and not (given.isascii() and given.isdigit() and len(given) <= 16):
        raise BadInput(f"{name} is {given[:40]!r}; expected the number of a moment.")
    return int(given) if given else None


async def _seen(bench: Bench, wanted: int | None) -> tuple[int, Observation]:
    """Return the observation of a moment, and its number; the last one is taken now."""
    last = bench.journal.last
    if wanted is None or wanted >= last:
        seen = await bench.observe()
        return seen.moment, seen
    frame = bench.recording.at(max(wanted, bench.recording.first))
    if frame is None:
        raise NotThere("Nothing is recorded yet: the recording begins when someone opens the bench.")
    return wanted, read(Observation, frame)


async def _steps(bench: Bench, begin: int | None, end: int | None) -> list[Step]:
    """Return the moments from one number to another, each with what was seen. Raises `BadInput` and `NotThere`."""
    await bench.observe()
    first, last = bench.recording.first, bench.journal.last
    end = last if end is None else min(end, last)
    begin = max(first, end - MOMENTS + 1) if begin is None else max(begin, first)
    if end - begin >= MOST_MOMENTS:
        raise BadInput(
            f"From {begin} to {end} are {end - begin + 1} moments; a recording holds at most {MOST_MOMENTS}."
        )
    steps, frames = list[Step](), dict[int, Observation]()
    for moment in bench.journal.since(begin - 1, MOST_MOMENTS):
        if moment.n <= end and (frame := bench.recording.at(moment.n)) is not None:
            seen = frames.setdefault(int(frame["moment"]), read(Observation, frame))
            steps.append(Step(moment, seen))
    if not steps:
        raise NotThere(f"There are no recorded moments from {begin} to {end}.")
    return steps
