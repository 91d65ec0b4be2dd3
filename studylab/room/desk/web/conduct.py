"""Conduct: everybody or some to a step, hold and release, a message, one fault for everybody and its scoreboard."""

from __future__ import annotations

import random
from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

import vango.verbs  # noqa: F401 - registers the verbs
from studylab.room.desk.web.parts import done, only_teacher, parts
from studylab.room.desk.web.scores import Outcome, median_s, scores, tally
from studylab.room.desk.web.strip import place, strip
from studylab.room.desk.web.tiles import Group, Tile
from studylab.room.names import MAX_MESSAGE, message
from studylab.room.protocol import Instruction, Say
from vango.kit import BadInput, NotThere
from vango.verbs.registry import REGISTRY, Verb, find

conduct = only_teacher(Blueprint("conduct", __name__, url_prefix="/room/conduct"))

EVERYBODY = "all"
PLACES = ("truth", "relay", "edge", "stream", "broker", "snapshot")
ON_BENCHES = ("take_away", "give_back", "storm")
COMMON = (
    ("storm", "A storm with one seed", "The same faults in the same order for each bench, on a fresh start"),
    ("kill_edge", "Kill an edge", "Its memory is gone, its view stays"),
    ("crash_relay", "Crash the relay", "At a point of its path, once"),
    ("freeze_broker", "Freeze the broker", "Nothing answers, and no connection breaks"),
    ("purge", "Purge the stream", "Who has not read it yet never will"),
    ("wipe_view", "Wipe a view", "An edge begins with nothing"),
    ("take_away", "Take a protection away", "On all edges at once"),
    ("publish_poison", "Publish poison", "A message that no edge can read"),
)
MAX_NUMBERS = 400
MOST_SAID = 12


@conduct.get("/")
def page() -> str:
    """What the teacher can tell the room."""
    shared = parts()
    return render_template(
        "conduct.html",
        here="conduct",
        strip=strip(shared),
        labs=shared.labs.values(),
        room=shared.front.wall.room,
        common=COMMON,
        verbs=faults(),
        said=so_far(),
        longest=MAX_MESSAGE,
        groups=[*Group],
        only=request.args.get("only", ""),
    )


@conduct.get("/said")
def said() -> str:
    """What was said so far, as it grows."""
    return render_template("said.html", said=so_far())


def so_far() -> list[tuple[Instruction, str, str]]:
    """Return the last instructions, newest first, each with its words and for whom it was."""
    newest = parts().front.wall.instructions[-MOST_SAID:][::-1]
    return [(one, in_words(one), whom(one)) for one in newest]


@conduct.post("/step")
def step() -> Response:
    """Send seats to a step of a lab."""
    slug, _, step_id = request.form.get("to", "").partition("/")
    lab = parts().labs.get(slug)
    if lab is None or step_id not in {one.id for one in lab.steps}:
        raise NotThere("Choose a step of a lab first.")
    seats = chosen(request.form)
    said = parts().front.say(Say.STEP, seats, lab=slug, step=step_id)
    return done(f"{whom(said).capitalize()}: {place(parts(), slug, step_id)}.", _here())


@conduct.post("/hold")
def hold() -> Response:
    """Hold the room: what learners press waits until it is released."""
    parts().front.say(Say.HOLD)
    return done("The room is held. Learners see it, and wait until you release it.", _here())


@conduct.post("/release")
def release() -> Response:
    """Release the room."""
    parts().front.say(Say.RELEASE)
    return done("The room is released.", _here())


@conduct.post("/message")
def tell() -> Response:
    """Send a message."""
    text = message(request.form.get("text", ""))
    said = parts().front.say(Say.MESSAGE, chosen(request.form), text=text)
    return done(f"Sent to {whom(said)}.", _here())


@conduct.get("/fault")
def fault_form() -> str:
    """The form of one fault."""
    verb = _fault(request.args.get("verb", "storm"))
    return render_template("fault.html", here="conduct", verb=verb, strip=strip(parts()), groups=[*Group],
                           seed=random.randrange(1, 1000))  # fmt: skip


@conduct.post("/fault")
def fault() -> Response:
    """Do one fault to every bench. The scoreboard follows what comes of it."""
    verb = _fault(request.form.get("verb", ""))
    known = {parameter.name for parameter in verb.parameters}
    given = {name: value for name, value in request.form.items() if name in known and value != ""}
    # Refused here with its reason, and not two hundred times on benches.
    verb.arguments(given)
    said = parts().front.say(Say.FAULT, chosen(request.form), verb=verb.name, **given)
    return redirect(f"/room/conduct/fault/{said.number}", 303)


@conduct.get("/fault/<int:number>")
def scoreboard(number: int) -> str:
    """The wall as a scoreboard: who is sound again, after how long, and who is still wrong."""
    return render_template("scoreboard.html", here="conduct", strip=strip(parts()), **_scored(number))


@conduct.get("/fault/<int:number>/now")
def scored(number: int) -> str:
    """The part of the scoreboard that changes."""
    return render_template("scored.html", **_scored(number))


def _scored(number: int) -> dict[str, object]:
    shared = parts()
    said = next((one for one in shared.front.wall.instructions if one.number == number), None)
    if said is None or said.say is not Say.FAULT:
        raise NotThere("There is no such fault in this room.")
    seats = {id: seat for id, seat in shared.board.seats.items() if seat.id != shared.agenda.teacher_seat}
    found = scores(said, seats, shared.board.reports)
    return {
        "said": said,
        "words": in_words(said),
        "found": [(seats[one.seat], one) for one in found],
        "tally": tally(found),
        "median": median_s(found),
        "Outcome": Outcome,
    }


def _fault(name: str) -> Verb:
    verb = find(name)
    if verb not in faults():
        raise BadInput(f"{verb.name} is for one bench at a time. Choose one of the list.")
    return verb


def faults() -> list[Verb]:
    """Return the verbs that can be sent to many benches."""
    return [verb for verb in REGISTRY.values() if verb.place in PLACES or verb.name in ON_BENCHES]


def chosen(form: MultiDict[str, str]) -> tuple[str, ...]:
    """Return the ids of the seats that a form is for; empty for everybody. Raises `BadInput` when nobody is meant."""
    who = form.get("who", EVERYBODY)
    if who == EVERYBODY:
        return ()
    is_meant: Callable[[Tile], bool]
    if who == "numbers":
        numbers = numbers_of(form.get("numbers", ""))
        is_meant = lambda tile: tile.number in numbers  # noqa: E731 - two ways to choose, one to use them
    else:
        is_meant = lambda tile: tile.group == who  # noqa: E731
    found = tuple(tile.id for tile in parts().tiles() if is_meant(tile))
    if not found:
        raise BadInput("Nobody is meant: no seat of this room fits. Nothing was sent.")
    return found


def numbers_of(typed: str) -> frozenset[int]:
    """Read numbers of seats, such as “3 7-12, 20”. Raises `BadInput`."""
    found: set[int] = set()
    for part in typed[:2000].replace(",", " ").split():
        low, dash, high = part.partition("-")
        ends = (low, high if dash else low)
        if not all(end.isascii() and end.isdecimal() and len(end) < 6 for end in ends):
            raise BadInput(f"{part[:20]!r} is no number of a seat. Write numbers such as 3 7-12 20.")
        found |= set(range(int(ends[0]), min(int(ends[1]), int(ends[0]) + MAX_NUMBERS) + 1))
    if not found or len(found) > MAX_NUMBERS:
        raise BadInput(f"Write 1 to {MAX_NUMBERS} numbers of seats, such as 3 7-12 20.")
    return frozenset(found)


def in_words(said: Instruction) -> str:
    """Say what was said, for the teacher's list."""
    with_ = dict(said.with_)
    if said.say is Say.STEP:
        return f"go to {place(parts(), with_.get('lab', ''), with_.get('step', ''))}"
    if said.say is Say.MESSAGE:
        return f"“{with_.get('text', '')}”"
    if said.say is Say.FAULT:
        verb = with_.pop("verb", "")
        rest = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in with_.items())
        return f"{verb.replace('_', ' ')}{f' ({rest})' if rest else ''}"
    return said.say.value


def whom(said: Instruction) -> str:
    """Say whom it was for."""
    if not said.seats:
        return "everybody"
    return "one seat" if len(said.seats) == 1 else f"{len(said.seats)} seats"


def _here() -> str:
    return "/room/conduct/"
