"""The commands of an author: `check` lists every fault of lab files, `new` starts one. Both answer in sentences."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path

from studylab.author import course
from studylab.author.new import begin
from studylab.author.play import play
from studylab.author.source import Fault, Source
from studylab.author.template import leftovers
from studylab.lab.model import Do, Lab


def check(given: Path | None, *, plays: bool, nats_server: Path | None = None) -> int:
    """Check lab files, and play them if asked to. Prints a line for each fault; returns how many there are."""
    own = course.own_sources()
    sources = own if given is None else _given(given)
    others = [source for source in own if source.file not in {s.file for s in sources}]
    known = course.gather(others).faults
    found = course.gather([*others, *sources])
    faults = [fault for fault in found.faults if fault not in known]
    for fault in faults:
        print(fault)
    labs = {file: lab for lab in found.labs for slug, file in found.files.items() if slug == lab.slug}
    for source in sources:
        lab = labs.get(source.file)
        if lab is not None:
            faults += _finish(source, lab, faults, plays=plays, nats_server=nats_server)
    return len(faults)


def new(name: str, folder: Path) -> None:
    """Start a lab and return what to do with it. Raises `BadInput` or `Refused`."""
    lab = begin(name, folder)
    print(f"{lab} is a small, complete lab. Edit it, then check it and play it:")
    print(f"  python -m studylab check {lab} --play")
    print(f"  python app.py --labs {folder}")


def _given(given: Path) -> list[Source]:
    return course.outside_sources(given) if given.is_dir() else [course.source_of(given)]


def _finish(source: Source, lab: Lab, faults: Iterable[Fault], *, plays: bool, nats_server: Path | None) -> list[Fault]:
    """Play a lab that was not left out, and print a line when nothing is wrong with it."""
    where = Fault(source.file, 0, "").where
    began = time.monotonic()
    played = _played(source, lab, nats_server) if plays else []
    for fault in played:
        print(fault)
    left = [*leftovers(lab)]
    for path, what in left:
        print(Fault(*source.place_of(path), f"{what} is still the template’s"))
    if not played and all(fault.of != source.file for fault in faults):
        took = f", played with {_counted(lab)} in {time.monotonic() - began:.0f} s" if plays else ""
        print(f"{where}: nothing {'else ' if left else ''}wrong{took}")
    return played


def _played(source: Source, lab: Lab, nats_server: Path | None) -> list[Fault]:
    return [Fault(*source.place_of(slip.path), slip.sentence) for slip in asyncio.run(play(lab, nats_server))]


def _counted(lab: Lab) -> str:
    wrong = sum(len(step.wrong) for step in lab.steps if isinstance(step, Do))
    return f"{len(lab.steps)} steps and {wrong} wrong script{'' if wrong == 1 else 's'}"
