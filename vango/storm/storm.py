"""The storm: a seed becomes a script of verbs, and a script that fails is shrunk to a minimal one that fails the same.

Pure: the same seed gives the same script on every machine, and the shrinker is told by its caller how a script fares.
A script is changes of truth with kills, crashes, freezes, purges, second copies and zombies between them. Any part of
a script is a script as well, which is what makes shrinking possible: what cannot be done is refused and passed over.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random

from vango.core.names import EDGES
from vango.verbs.script import Act, act

LENGTH = 12
MAX_LENGTH = 40
MAX_RUNS = 60
SMALL = 12
ROUTES = ("shop", "blog", "api")
READY = ("alloc-a", "alloc-b", "alloc-c")
NOT_READY = "alloc-d"

Script = tuple[Act, ...]
Fails = Callable[[Script], Awaitable[bool]]


def script(seed: int, length: int = LENGTH) -> Script:
    """Return the script of a seed: `length` gusts, each of one to four acts that belong together."""
    random = Random(seed)
    acts: list[Act] = []
    for _ in range(length):
        gust = random.choices(list(_GUSTS), list(_GUSTS.values()))[0]
        acts += gust(random)
    return tuple(acts)


def _promote(random: Random) -> list[Act]:
    """A change of owner; now and then one that the database must refuse."""
    to = random.choice(READY) if random.random() < 0.9 else NOT_READY
    return [act("promote", route=random.choice(ROUTES), to=to)]


def _crash_control(random: Random) -> list[Act]:
    return [act("crash_control"), *_promote(random)]


def _crash_relay(random: Random) -> list[Act]:
    at = random.choice(("before publish", "after publish, before mark"))
    return [act("crash_relay", at=at), *_promote(random), act("start_relay")]


def _crash_edge(random: Random) -> list[Act]:
    edge = random.choice(EDGES)
    at = random.choice(("after receive", "after apply, before ack", "after ack, before apply"))
    return [act("crash_edge", edge=edge, at=at), *_promote(random), act("start_edge", edge=edge)]


def _kill_edge(random: Random) -> list[Act]:
    return [act("kill_edge", edge=random.choice(EDGES)), *_promote(random)]


def _start_edges(random: Random) -> list[Act]:
    return [act("start_edge", edge=edge) for edge in EDGES]


def _kill_relay(random: Random) -> list[Act]:
    return [act("restart_relay"), *_promote(random)]


def _kill_broker(random: Random) -> list[Act]:
    return [act("kill_broker"), *_promote(random), act("start_broker")]


def _freeze_broker(random: Random) -> list[Act]:
    return [act("freeze_broker"), *_promote(random), act("thaw_broker")]


def _roll_back(random: Random) -> list[Act]:
    return [act("keep_store"), *_promote(random), act("rollback_store")]


def _purge(random: Random) -> list[Act]:
    return [act("purge") if random.random() < 0.5 else act("purge", keep=1)]


def _delete(random: Random) -> list[Act]:
    return [act("delete_message", seq=random.randint(3, 9))]


def _recreate(random: Random) -> list[Act]:
    return [act("recreate_stream")]


def _again(random: Random) -> list[Act]:
    """A second copy or a zombie: an event of the history, stored again after the window."""
    return [act("republish", sequence=random.randint(1, 9), after_window=True)]


def _replay(random: Random) -> list[Act]:
    return [act("replay", edge=random.choice(EDGES), from_seq=1)]


def _new_edge(random: Random) -> list[Act]:
    return [act("wipe_view", edge=random.choice(EDGES))]


def _bad_snapshot(random: Random) -> list[Act]:
    return [act("take_snapshot"), act("corrupt_snapshot"), act("load_snapshot", edge=random.choice(EDGES))]


_GUSTS: dict[Callable[[Random], list[Act]], int] = {
    _promote: 6,
    _crash_control: 2,
    _crash_relay: 2,
    _crash_edge: 3,
    _kill_edge: 3,
    _start_edges: 2,
    _kill_relay: 1,
    _kill_broker: 1,
    _freeze_broker: 1,
    _roll_back: 1,
    _purge: 3,
    _delete: 1,
    _recreate: 1,
    _again: 4,
    _replay: 2,
    _new_edge: 1,
    _bad_snapshot: 1,
}
"""What a storm is made of, with its weight. Add a gust by adding a line; the scripts of all seeds change then."""


async def shrink(failing: Script, fails: Fails, *, max_runs: int = MAX_RUNS) -> Script:
    """Return the smallest part of a failing script that was found to fail.

    Pieces are left out one after another, the late ones first because they are seldom the cause: halves of a long
    script, then ever smaller pieces, in the end single acts, until none can go. `fails` runs a script from a fresh
    start. The result fails, and when the runs sufficed no single act can be left out of it.
    """
    tried: set[Script] = set()
    size = len(failing) // 2 if len(failing) > SMALL else 1
    while True:
        before, end = failing, len(failing)
        while end > 0:
            part = failing[: max(0, end - size)] + failing[end:]
            if part and part not in tried:
                if len(tried) == max_runs:
                    return failing
                tried.add(part)
                failing = part if await fails(part) else failing
            end -= size
        if size == 1 and failing == before:
            return failing
        size = max(1, size // 2)
