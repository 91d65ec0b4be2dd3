"""The state of a bench besides its files: armed crashes, whether the broker runs, the pace, and files of others.

It is read before the files are set aside, as plain values, and given to the bench that is built from them.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from vango.actors.crash_points import Path, Point, Tempo
from vango.actors.errors import VangoError
from vango.actors.files import write_whole
from vango.bench.aside import Aside
from vango.bench.whole import Whole
from vango.journal import codec
from vango.observe.model import Constraint, RefusedRow
from vango.truth.outbox import count_waiting

ANSWERS_WITHIN_S = 0.3
CRASHES_WITHIN_S = 2.0
MOST = 2**53 - 1
"""The largest count that JSON and SQLite hold exactly. A purge from outside can set a stream further."""


def read(bench: Whole, beside: Mapping[str, str]) -> dict[str, Any]:
    """Return that state. `beside` are the files that go with it, by their path in the bench's folder."""
    return {
        "life": bench.journal.lives.current.number,
        "moment": bench.journal.last,
        "tempo": bench.pace.tempo.value,
        "broker": bench.broker.meant,
        "reason": bench.broker.reason,
        "armed": {name: path.armed.value for name, path in _paths(bench) if path.armed is not None},
        "stumbles": [edge.name for edge in bench.edges.values() if edge.stumbles],
        "refused_rows": [codec.as_plain(row) for row in bench.refused_rows],
        "beside": dict(beside),
    }


async def give_back(bench: Whole, stood: Mapping[str, Any]) -> None:
    """Give a bench that was just built its recorded state. Raises `Unavailable` when no broker starts."""
    for name, path in _paths(bench):
        armed = stood.get("armed", {}).get(name)
        path.armed = Point(armed) if armed else None
    for edge in bench.edges.values():
        edge.stumbles = edge.name in stood.get("stumbles", ())
    bench.refused_rows = tuple(map(_refused_row, stood.get("refused_rows", ())))
    # Before anybody moves: what waited at its point must not have gone on meanwhile.
    bench.pace.change(Tempo(stood.get("tempo", Tempo.LIVE)))
    if stood.get("broker") == "down":
        bench.broker.reason = str(stood.get("reason", bench.broker.reason))
        return
    await bench.broker.start()
    if stood.get("broker") == "frozen":
        await bench.broker.freeze()


def _refused_row(kept: Any) -> RefusedRow:
    """Read a row as it was kept; an earlier version kept its sentence only."""
    return RefusedRow("", "", Constraint.OTHER, kept) if isinstance(kept, str) else codec.read(RefusedRow, kept)


def _paths(bench: Whole) -> Iterable[tuple[str, Path]]:
    yield "control", bench.control.path
    yield "relay", bench.relay.path
    for edge in bench.edges.values():
        yield edge.name, edge.path


async def copy(bench: Whole, aside: Aside, name: str, stood: Mapping[str, Any]) -> None:
    """Copy a bench that is at rest. Raises `OSError`, `sqlite3.Error`, `Unavailable`; then there is no copy."""
    async with bench.broker.standing_still():
        await asyncio.to_thread(aside.copy, name, stood)


def revision(bench: Whole) -> int | None:
    """Return the position of the truth; None while a command is on its way, or when it cannot be read."""
    if not bench.pace.is_live or bench.control.is_under_way:
        return None
    try:
        return bench.truth.revision()
    except sqlite3.Error:
        return None


def has_more_to_send(bench: Whole) -> bool:
    """Return whether the relay runs and rows wait. A relay that was started counts before it is connected."""
    return bench.relay.is_running and count_waiting(bench.truth) > 0


def is_about_to_send(bench: Whole) -> bool:
    """Return whether the relay sends what waits as soon as it is connected. A row that cannot go stops it."""
    relay = bench.relay
    is_stopped = bench.broker.state != "up" or not bench.pace.is_live or (relay.state == "up" and bool(relay.reason))
    return has_more_to_send(bench) and not is_stopped


async def until_crashed(bench: Whole) -> None:
    """Let an armed relay send what waits, and crash.

    A verb that comes just before or just after the crash leads to another stream. So the next verb comes after it.
    """
    # With a truth that cannot be read, no row is sent.
    with contextlib.suppress(sqlite3.Error):
        if bench.relay.path.armed is not None and is_about_to_send(bench):
            await bench.relay.until_it_ends(CRASHES_WITHIN_S)


async def stored(bench: Whole) -> int | None:
    """Return the last stream seq of ROUTES; None when it moves, or when there is no answer at once, or none to keep."""
    if has_more_to_send(bench) or bench.broker.state != "up" or not bench.link.is_open or not bench.pace.is_live:
        return None
    try:
        told = await bench.wire().api("STREAM.INFO.ROUTES", timeout_s=ANSWERS_WITHIN_S)
    except VangoError:
        return None
    last = int(told["state"]["last_seq"])
    return last if last <= MOST else None


def read_beside(bench: Whole, folders: Iterable[str]) -> dict[str, str]:
    """Return the JSON files of some folders of a bench, by their path in it."""
    found = {}
    for file in (file for folder in folders for file in (bench.folder / folder).glob("*.json")):
        with contextlib.suppress(FileNotFoundError):
            found[file.relative_to(bench.folder).as_posix()] = file.read_text("utf-8", "replace")
    return found


def give_back_beside(bench: Whole, stood: Mapping[str, Any], folders: Iterable[str]) -> None:
    """Restore the files beside a bench. Raises `OSError`."""
    kept: Mapping[str, str] = stood.get("beside", {})
    for name in read_beside(bench, folders).keys() - kept.keys():
        (bench.folder / name).unlink(missing_ok=True)
    for name, content in kept.items():
        (bench.folder / name).parent.mkdir(exist_ok=True)
        write_whole(bench.folder / name, content)
