"""What an instruction of the teacher does to one seat's bench. What it raises, the teacher reads."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from studylab.hub import Hub
from studylab.lab.model import Lab
from studylab.room.protocol import Instruction, Say
from studylab.room.serving import kept as keeping
from studylab.room.serving import rebuilding
from vango.actors.errors import NotThere, Refused, Unavailable
from vango.verbs.registry import find

if TYPE_CHECKING:
    from studylab.room.host import HostLink
    from studylab.room.serving.seat import Seat

BUSY_S = 60.0
LOOK_S = 0.1


async def carry_out(seat: Seat, hub: Hub, labs: Mapping[str, Lab], said: Instruction, *, again: bool) -> str:
    """Carry out an instruction. Hold, release and a message need nothing of the bench: the strip reads them itself."""
    if said.say is Say.STEP:
        await _step(seat, hub, labs, said)
    elif said.say is Say.FAULT:
        await _fault(seat, hub, said, again=again)
    elif said.say is Say.RESET:
        await _reset(seat, hub)
    elif said.say is Say.DRIVE:
        drive(seat, ask=said.with_.get("do", "ask") == "ask")
    return ""


async def _step(seat: Seat, hub: Hub, labs: Mapping[str, Lab], said: Instruction) -> None:
    lab, step = labs.get(said.with_.get("lab", "")), said.with_.get("step", "")
    if lab is None:
        raise NotThere(f"This host has no lab {said.with_.get('lab', '')[:40]!r}.")
    if step and step not in {one.id for one in lab.steps}:
        raise NotThere(f"{lab.title} has no step {step[:40]!r}.")
    await _free(hub)
    seat.kept.page, seat.kept.sent = lab.slug, said.number
    seat.keep()
    await rebuilding.bring(hub, lab, step)


async def _free(hub: Hub) -> None:
    """Wait until nothing is played on the bench; what can be stopped is stopped. Raises `Unavailable`."""
    with contextlib.suppress(Refused):
        hub.bench.progress.stop()
    until = time.monotonic() + BUSY_S
    while hub.busy:
        if time.monotonic() > until:
            raise Unavailable(f"The bench was busy for {BUSY_S:g} s: {hub.busy}")
        await asyncio.sleep(LOOK_S)


async def _fault(seat: Seat, hub: Hub, said: Instruction, *, again: bool) -> None:
    """Do a verb, or a storm with its seed. One that was begun before is looked for in the journal first."""
    arguments: dict[str, Any] = dict(said.with_)
    verb = arguments.pop("verb", "storm" if "seed" in arguments else "")
    find(verb).arguments(arguments)
    journal = hub.bench.journal
    if again and seat.kept.fault == said.number:
        since = journal.since(seat.kept.fault_at, 1000)
        if any(one.kind == "verb" and one.detail.get("verb") == verb for one in since):
            return
    seat.kept.fault, seat.kept.fault_at = said.number, journal.last
    seat.keep()
    await hub.bench.perform(verb, arguments)


async def _reset(seat: Seat, hub: Hub) -> None:
    """Begin again: the lab that the learner is in, else the bench."""
    await _free(hub)
    run = hub.run(seat.kept.page) if seat.kept.page else None
    if run is not None and run.attempt.begun:
        await run.start()
    else:
        await hub.bench.perform("reset", {})


def drive(seat: Seat, *, ask: bool) -> None:
    """The teacher asks to use the bench, or has done so for long enough."""
    if ask and seat.kept.drive == keeping.DRIVEN:
        return
    seat.kept.drive, seat.kept.asked_at = (keeping.ASKED, time.time()) if ask else ("", 0.0)
    seat.keep()


def answer_drive(seat: Seat, *, agrees: bool) -> None:
    """The learner agrees or not, or ends it. Raises `Refused` when nobody has asked."""
    if agrees and not seat.kept.drive:
        raise Refused("The teacher does not ask for your bench any more.")
    seat.kept.drive = keeping.DRIVEN if agrees else ""
    seat.keep()


def note_hand(seat: Seat, link: HostLink, *, up: bool) -> None:
    """Raise the hand, or take it down."""
    report = link.reported(seat.id)
    if bool(report and report.hand) != up:
        link.report(seat.id, hand=time.time() if up else 0.0)
