"""How the cost of a room grows with its class: the same room, more and more people, each time as busy as a class is."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import PROC, cpu_s, pss_gb, turns_a_second
from benchmarks.report import Row, Target, percentile
from benchmarks.room import HOSTS, STEP, busy, lost, p95
from benchmarks.room_crowd import REACH_S
from benchmarks.room_open import People, Room
from benchmarks.rounds import Scale

LIMIT_MS = 500


@dataclass(frozen=True, slots=True)
class Stage:
    """A size of the class, and what was measured at it. Times are in ms but `join_s`; `load` is that of the machine."""

    seats: int
    away: int
    join_s: float
    shown_p50: float
    shown_p95: float
    tile_p95: float
    lost: float
    cores: float
    people_cores: float
    memory_gb: float
    processes: int
    files: int
    speed: float
    load: float


COLUMNS: tuple[tuple[str, str, Callable[[Stage], float]], ...] = (
    ("away", "turned away", lambda stage: stage.away),
    ("join", "s to join", lambda stage: stage.join_s),
    ("p50", "verb to last fragment, p50, ms", lambda stage: stage.shown_p50),
    ("p95", "the same, p95", lambda stage: stage.shown_p95),
    ("tile", "act to tile, p95, ms", lambda stage: stage.tile_p95),
    ("lost", "lost", lambda stage: stage.lost),
    ("cores", "cores of the room, busy", lambda stage: stage.cores),
    ("people", "cores of its people", lambda stage: stage.people_cores),
    ("memory", "GB (PSS)", lambda stage: stage.memory_gb),
    ("processes", "processes", lambda stage: stage.processes),
    ("files", "open files", lambda stage: stage.files),
    ("speed", "M turns/s", lambda stage: stage.speed / 1e6),
    ("load", "load", lambda stage: stage.load),
)


def _stage(room: Room, people: People, seats: int) -> Stage:
    came = people.do("join", upto=seats)
    load, speed = os.getloadavg()[0], turns_a_second()
    began, processes = time.monotonic(), room.processes()
    used, theirs = cpu_s(processes), cpu_s([people.process.pid])
    told = busy(people)
    passed = time.monotonic() - began
    shown = [REACH_S * 1000 if one is None else one for one in told["shown_ms"]]
    return Stage(
        seats, len(came["refused"]), came["took_s"], percentile(shown, 0.5), percentile(shown, 0.95),
        p95(told["tile_ms"]), lost(told), (cpu_s(processes) - used) / passed,
        (cpu_s([people.process.pid]) - theirs) / passed, pss_gb(processes), len(processes),
        sum(map(_files, processes)), speed, load,
    )  # fmt: skip


def _files(pid: int) -> int:
    try:
        return len([*(PROC / str(pid) / "fd").iterdir()])
    except OSError:
        return 0


def stages(sizes: Sequence[int]) -> list[Stage]:
    """Measure one room at each of these sizes, the smallest first."""
    most = max(sizes)
    with (
        tempfile.TemporaryDirectory() as folder,
        Room(Path(folder), HOSTS, "--max-benches", str(most)) as room,
        People(room) as people,
    ):
        people.do("open", seats=most, step=STEP, hosts=HOSTS)
        return [_stage(room, people, size) for size in sorted(sizes)]


def rows_of(found: Sequence[Stage]) -> list[Row]:
    """Return each number of each stage as a row. Only the largest class has targets."""
    most = max(stage.seats for stage in found)
    targets = {"p95": Target(LIMIT_MS), "away": Target(0), "lost": Target(0)}
    return [
        Row(f"room-at-{stage.seats}-{name}", f"{stage.seats} in a room: {words}", "", (float(value(stage)),),
            targets.get(name) if stage.seats == most else None)
        for stage in found
        for name, words, value in COLUMNS
    ]  # fmt: skip


def measure(scale: Scale) -> list[Row]:
    """Return the rows of every size; none without sizes."""
    return rows_of(stages(scale.sizes)) if scale.sizes else []
