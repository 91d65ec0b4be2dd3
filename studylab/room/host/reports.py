"""Reports on their way out: the newest of each seat, at most two a second, many in one transaction.

A host's own database decides what its learners did. What is told here waits in its outbox while nobody hears it, and
is then told more slowly: only the newest state of a seat matters to the wall.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import msgspec

from studylab.room.carrying import pack
from studylab.room.database import Database
from studylab.room.host.hits import Stopwatches, judged
from studylab.room.host.schema import write_report
from studylab.room.parts import write_part
from studylab.room.protocol import Carry, Hit, Report, as_row, as_told, seat_key
from vango import kit
from vango.actors import tasks

BETWEEN_S = 0.5
BETWEEN_CARRIES_S = 2.0
BETWEEN_UNHEARD_S = 2.0
LINGER_S = 0.02
log = logging.getLogger(__name__)


class Reports:
    """What this host reports. `put` and `carry` may be called from any thread and wait for nothing."""

    def __init__(self, database: Database, feed: kit.Feed, is_heard: Callable[[], bool]) -> None:
        self._database, self._feed, self._is_heard = database, feed, is_heard
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._now: dict[str, Report] = {}
        self.stopwatches = Stopwatches()
        self._carry: dict[str, tuple[int, Carry]] = {}
        self._untold: set[str] = set()
        self._due: list[tuple[float, str]] = []
        self._waits: dict[str, float] = {}
        self._told_at: dict[str, float] = {}
        self._carried_at: dict[str, float] = {}
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read what was reported last, and begin to tell."""
        for (body,) in await self._database.soon(lambda db: db.execute("SELECT body FROM report").fetchall()):
            report = as_row(msgspec.json.decode(body), Report)
            self._now[report.seat] = report
        self._task = asyncio.create_task(tasks.keep_going(self._run, log.error, "the reports"), name="reports")

    async def stop(self) -> None:
        """Tell what waits, and stop."""
        await tasks.end(self._task)
        self._carried_at.clear()
        await self._tell([*self._waits])

    def of(self, seat: str) -> Report | None:
        """Return the newest report of a seat, told or not."""
        return self._now.get(seat)

    def put(self, seat: str, epoch: int, changes: Mapping[str, Any]) -> None:
        """Change what is reported of a seat. `since`, `ticked` and `at` are set here unless they are given."""
        with self._lock:
            old = self._now.get(seat)
            if old is not None and old.epoch > epoch:
                return
            now = time.time()
            start = replace(old, epoch=epoch) if old is not None else Report(seat, epoch, since=now, ticked=now)
            new = replace(start, **changes)
            if "fault" not in changes:
                after_s = self.stopwatches.read(seat, new.fault.number)
                new = replace(new, fault=judged(new, is_news="verdict" in changes, after_s=after_s))
            if new == old:
                return
            if "since" not in changes and new.verdict != start.verdict:
                new = replace(new, since=now)
            if "ticked" not in changes and (new.ticks, new.lab, new.step) != (start.ticks, start.lab, start.step):
                new = replace(new, ticked=now)
            self._now[seat] = replace(new, at=now)
            self._untold.add(seat)
        self._plan(seat)

    def strike(self, seat: str, epoch: int, number: int, *, again: bool) -> None:
        """A fault begins on a seat's bench. With `again` it was begun before, and nobody knows when."""
        self.stopwatches.start(seat, None if again else number)
        self.put(seat, epoch, {"fault": Hit(number)})

    def at_once(self, seat: str) -> Future[None]:
        """Write the newest of a seat now, without waiting for its turn. The result is there when it is committed."""
        with self._lock:
            reports = [report] if (report := self._now.get(seat)) is not None else []
        return self._database.do(lambda db: self._write(db, reports, ()))

    def carry(self, seat: str, epoch: int, carry: Carry) -> None:
        """Change what another host would rebuild the seat's bench from."""
        with self._lock:
            self._carry[seat] = epoch, carry
        self._plan(seat)

    def forget(self, seat: str) -> None:
        """Report nothing more of a seat: it is another host's."""
        self.stopwatches.start(seat, None)
        with self._lock:
            self._now.pop(seat, None)
            self._carry.pop(seat, None)
            self._waits.pop(seat, None)
            self._untold.discard(seat)

    def forget_all(self) -> None:
        """Report nothing more of anybody: the room has ended."""
        with self._lock:
            for kept in (self._now, self._carry, self._told_at, self._carried_at):
                kept.clear()
            self._waits.clear()
            self._untold.clear()

    def _plan(self, seat: str, *, not_before: float = 0.0) -> None:
        with self._lock:
            between_s = BETWEEN_S if self._is_heard() else BETWEEN_UNHEARD_S
            due = max(time.monotonic() + LINGER_S, self._told_at.get(seat, 0.0) + between_s, not_before)
            if self._waits.get(seat, due + 1) <= due:
                return
            self._waits[seat] = due
            heapq.heappush(self._due, (due, seat))
        self._loop.call_soon_threadsafe(self._news.set)

    async def _run(self) -> None:
        while True:
            self._news.clear()
            await self._tell(self._take_due())
            with self._lock:
                wait_s = self._due[0][0] - time.monotonic() if self._due else None
            try:
                async with asyncio.timeout(None if wait_s is None else max(0.0, wait_s)):
                    await self._news.wait()
            except TimeoutError:
                continue

    def _take_due(self) -> list[str]:
        with self._lock:
            found, now = [], time.monotonic()
            while self._due and self._due[0][0] <= now:
                due, seat = heapq.heappop(self._due)
                if self._waits.get(seat) == due:
                    found.append(seat)
            return found

    async def _tell(self, seats: Sequence[str]) -> None:
        """Write what is new of these seats, and tell it, in one transaction."""
        now = time.monotonic()
        with self._lock:
            for seat in seats:
                self._waits.pop(seat, None)
            reports = [self._now[seat] for seat in seats if seat in self._untold]
            self._untold.difference_update(seats)
            carries = [(seat, *self._carry.pop(seat)) for seat in seats if self._may_carry(seat, now)]
            late = {seat: self._carried_at[seat] + BETWEEN_CARRIES_S for seat in seats if seat in self._carry}
            self._told_at.update(dict.fromkeys(seats, now))
        for seat, not_before in late.items():
            self._plan(seat, not_before=not_before)
        if not reports and not carries:
            return
        try:
            await self._database.soon(lambda db: self._write(db, reports, carries))
        except kit.VangoError:
            # Held or full: the newest is tried again with the next one, and after a while in any case.
            with self._lock:
                self._carry = {seat: (epoch, carry) for seat, epoch, carry in carries} | self._carry
                self._untold.update(report.seat for report in reports if report.seat in self._now)
            for seat in seats:
                self._plan(seat)

    def _may_carry(self, seat: str, now: float) -> bool:
        if seat not in self._carry or now - self._carried_at.get(seat, -BETWEEN_CARRIES_S) < BETWEEN_CARRIES_S:
            return False
        self._carried_at[seat] = now
        return True

    def _write(
        self, db: sqlite3.Connection, reports: Sequence[Report], carries: Sequence[tuple[str, int, Carry]]
    ) -> None:
        for report in reports:
            kit.tell(db, self._feed, **write_report(db, seat_key(report.seat), report))
        for seat, epoch, carry in carries:
            for part in pack(carry, seat, epoch):
                kit.tell(db, self._feed, **as_told(part.key, write_part(db, part)["version"], part))
