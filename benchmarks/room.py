"""A class in a room: a teacher with the wall, learners with open pages, all of them a process of their own.

They are busy with one verb every 5 s each, one of them floods, a fault comes to all, they rest, and processes are
killed. The room's cost is that of all its processes. Room and people share the machine.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import cpu_s, pss_gb, turns_a_second
from benchmarks.report import Row, Target, percentile
from benchmarks.room_crowd import FAULT_S, REACH_S
from benchmarks.room_open import People, Room
from benchmarks.rounds import Scale

HOSTS = 2
STEP = "commit-first/watch"
EVERY_S = 5.0
TURNS = 2
# The relay tells its mark more slowly after ten quiet seconds; idle is what comes after that.
IDLE_AFTER_S = 15.0
IDLE_ROUND_S = 6.0
FAST = 90e6
FAULT = ("wipe_view", "replay")
"""A fault after which each bench is wrong, and what mends it. Both are for edge fra."""


def limit_ms() -> int:
    """Return what a verb may take until the page shows it, p95: half as much on a machine that is fast."""
    return 150 if turns_a_second() >= FAST else 300


def p95(took: Sequence[float | None], never_ms: float = REACH_S * 1000) -> float:
    """Return the p95. What never came counts as the whole time that was waited for it: it cannot improve it."""
    return percentile([never_ms if one is None else one for one in took], 0.95)


def busy(people: People, how: str = "busy") -> dict[str, Any]:
    """Have everybody act twice, 5 s apart and not all at once."""
    return people.do(how, turns=TURNS, every_s=EVERY_S)


def is_too_much(shown: Sequence[float]) -> bool:
    """Return whether the class alone is too much for the machine: then a comparison with it says nothing."""
    return max(shown) >= REACH_S * 1000


def lost(*told: dict[str, Any]) -> float:
    """Return how many acts never reached their page."""
    return float(sum(one is None for each in told for one in each["shown_ms"]))


def _fault(people: People) -> tuple[float, float]:
    told = people.do("fault", verb=FAULT[0], edge="fra")
    people.do("mend", verb=FAULT[1], edge="fra")
    return tuple(FAULT_S if told[name] is None else told[name] for name in ("applied_s", "verdicts_s"))  # type: ignore[return-value]


def _idle(room: Room, rounds: int) -> tuple[list[float], list[float]]:
    """Return the share of one core in percent, and the memory in GB, while nobody does anything."""
    time.sleep(IDLE_AFTER_S)
    cores, memory = [], []
    for _ in range(rounds):
        processes, began = room.processes(), time.monotonic()
        before = cpu_s(processes)
        time.sleep(IDLE_ROUND_S)
        cores.append((cpu_s(processes) - before) / (time.monotonic() - began) * 100)
        memory.append(pss_gb(room.processes()))
    return cores, memory


def _rows(room: Room, people: People, n: int, rounds: int) -> list[Row]:
    people.do("open", seats=n, step=STEP, hosts=HOSTS)
    came = people.do("join", upto=n)
    first, calm, flood, spin = busy(people), [], [], []
    for _ in range(rounds):
        calm.append(busy(people))
        flood.append(busy(people, "flooded"))
        spin.append(busy(people, "spun"))
    shown = tuple(p95(one["shown_ms"]) for one in calm)
    faults = [_fault(people) for _ in range(rounds)]
    stands = people.do("stand")
    gone = [lost(one) for one in calm]
    gone[0] += lost(first)
    gone[-1] += float(n - stands["open"] + stands["wrong"])
    cores, memory = _idle(room, rounds)
    each = f"a room of {n}"
    fair = None if is_too_much(shown) else Target(1.2, of_peer=True)
    return [
        Row("room-join", f"{each}: all have come, each to a ready bench", "s", (came["took_s"],), Target(60)),
        Row("room-away", f"{each}: turned away", "learners", (float(len(came["refused"])),), Target(0)),
        Row("room-first", f"{each}, the first acts of all: verb to last fragment, p95", "ms", (p95(first["shown_ms"]),)),
        Row("room-p95", f"{each}, a verb every 5 s each: verb to last fragment, p95", "ms", shown, Target(limit_ms())),
        Row("room-lost", f"{each}: changes that never reached their page", "changes", tuple(gone), Target(0)),
        Row("room-tile", f"{each}: a learner’s act to the teacher’s tile, p95", "ms",
            tuple(p95(one["tile_ms"]) for one in calm), Target(500)),
        Row("room-flood", f"{each}, one floods: the others’ verb to last fragment, p95", "ms",
            tuple(p95(one["shown_ms"]) for one in flood), fair, "nobody floods", shown),
        Row("room-spin", f"{each}, one’s broker never rests: the others’ verb to last fragment, p95", "ms",
            tuple(p95(one["shown_ms"]) for one in spin), fair, "all brokers rest", shown),
        Row("room-fault", f"{each}: one fault until all benches have it", "s",
            tuple(one for one, _ in faults), Target(2)),
        Row("room-verdicts", f"{each}: one fault until the wall has all verdicts", "s",
            tuple(one for _, one in faults), Target(10)),
        Row("room-idle", f"{each}, idle: processor", "% of a core", tuple(cores), Target(40)),
        Row("room-memory", f"{each}, idle: memory of all processes (PSS)", "GB", tuple(memory), Target(2)),
        *_killed(room, people, each),
    ]  # fmt: skip


def _killed(room: Room, people: People, each: str) -> list[Row]:
    """Kill the desk, then a host. The supervisor starts both again; what people see of it is timed."""
    before = float(people.do("away")["away"])
    room.kill("desk")
    wall = people.do("wall_again")["whole_s"]
    away = max(0.0, float(people.do("away")["away"]) - before)
    room.kill("h1")
    back = p95(people.do("moved")["each_ms"] or [None], FAULT_S * 1000) / 1000
    return [
        Row("room-desk-killed", f"{each}, the desk is killed: until the wall is whole again", "s",
            (FAULT_S if wall is None else wall,), Target(3)),
        Row("room-undisturbed", f"{each}, the desk is killed: benches that were disturbed", "benches", (away,), Target(0)),
        Row("room-host-killed", f"{each}, a host is killed: until its learners act again, p95", "s",
            (back,), Target(10)),
    ]  # fmt: skip


def measure(scale: Scale) -> list[Row]:
    """Return the rows of a class, none for a class of 0. Raises `Unavailable` when the room or its people fail."""
    if not scale.room:
        return []
    with (
        tempfile.TemporaryDirectory() as folder,
        Room(Path(folder), HOSTS, "--max-benches", str(scale.room)) as room,
        People(room) as people,
    ):
        return _rows(room, people, scale.room, scale.rounds)
