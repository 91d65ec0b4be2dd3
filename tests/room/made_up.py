"""A class that is made up: names, and what each seat is doing, always the same for one seed."""

from __future__ import annotations

import random
import time
from typing import Any

from labs import LABS
from studylab.room.protocol import SeatRow
from tests.room.front_desk import FrontDesk

NAMES = (
    "Ana", "Ben", "Chidi", "Dana", "Emre", "Fatima", "Goran", "Hana", "Ivo", "Jun", "Kofi", "Lena", "Mia", "Noor",
    "Olga", "Pavel", "Quynh", "Rosa", "Sam", "Tomas", "Uma", "Vera", "Wei", "Ximena", "Yara", "Zoe", "Łukasz", "Émile",
)  # fmt: skip
ACTS = (
    "promoted blog to alloc-c", "killed edge iad", "purged ROUTES", "made 20 changes", "restarted the relay",
    "took a snapshot", "replayed edge fra from 1", "changed the rules of edge syd", "predicted",
)  # fmt: skip
WRONG = "Edge iad serves blog from alloc-a; the truth has alloc-c."
LAB = LABS[0]


def doing(chance: random.Random, now: float) -> dict[str, Any]:
    """Return what somebody might be doing."""
    index = chance.choice([1, 2, 2, 3, 4, 5, 6])
    verdict = chance.choices(["sound", "violated", "not yet known"], [6, 2, 1])[0]
    is_stuck, has_hand = chance.random() < 0.08, chance.random() < 0.04
    return {
        "here": chance.random() > 0.03, "lab": LAB.slug, "step": LAB.steps[index].id, "index": index,
        "steps": len(LAB.steps), "ticks": chance.choice([0, 1, 2]), "of": 3, "act": chance.choice(ACTS),
        "verdict": verdict, "sentence": WRONG if verdict == "violated" else "", "since": now - chance.random() * 100,
        "ticked": now - (200 + chance.random() * 500 if is_stuck else chance.random() * 90),
        "hand": now - chance.random() * 400 if has_hand else 0.0,
    }  # fmt: skip


def class_of(desk: FrontDesk, size: int, seed: int = 7) -> list[SeatRow]:
    """Bring a class into a room, and wait until the desk has heard of each. A few have joined and come to no bench."""
    chance, now = random.Random(seed), time.time()
    seats = [desk.joins(chance.choice([*NAMES, ""])) for _ in range(size)]
    here = [seat for seat in seats if chance.random() > 0.04]
    for seat in here:
        desk.begins(seat)
    for seat in here:
        desk.host.report(seat.id, **doing(chance, now))

    def is_heard() -> bool:
        known = [desk.parts.front.wall.tile(seat.id) for seat in here]
        return all(one is not None and one.report is not None and one.report.act for one in known)

    desk.until(is_heard)
    return here
