"""A database of the room, written by one thread: many pieces of work in one transaction, off the event loop.

Each piece of work is whole or not at all; its future has its result once the transaction is committed and synced. A
hundred joins at once then cost the disk what one costs. An event is told in the same work as its change.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

from vango import kit
from vango.actors.errors import VangoError
from vango.actors.sqlite import connect, is_full

T = TypeVar("T")
Work: TypeAlias = Callable[[sqlite3.Connection], T]
BUSY_MS = 5000
LINGER_S = 0.003
"""The thread waits so long between two transactions: the relay, which polls for the lock, finds it free."""
TOGETHER = 400
PRUNE_EACH_S = 60.0
KEEP_EVENTS = 10_000
FULL = "The disk of the room is full: nothing was changed. The teacher can free some space; then try again."


@dataclass(slots=True)
class _Job(Generic[T]):
    work: Work[T]
    done: Future[T] = field(default_factory=Future)
    alone: bool = False
    """It is no transaction, and commits what it likes."""


def _nothing() -> None:
    return None


class Database:
    """One database file and the thread that writes it. `on_commit` is called on that thread after each transaction.

    `schema` is run at the start, beside the tables of the outbox. Every method may be called from any thread.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        self.on_commit: Callable[[], None] = _nothing
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._db = connect(path)
        try:
            self._db.conn.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            # What is deleted is overwritten: the end of a room deletes what people wrote.
            self._db.conn.execute("PRAGMA secure_delete = ON").close()
            self._db.conn.executescript(schema)
            kit.create(self._db.conn)
        except BaseException:
            self._db.close()
            raise
        self._pruned_at = time.monotonic()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"writes {path.name}", daemon=True)
        self._thread.start()

    def do(self, work: Work[T]) -> Future[T]:
        """Have a piece of work done in a transaction. Its future has the result when that is committed.

        What the work raises undoes the work, and no other's. An error of the disk is `Unavailable`.
        """
        return self._put(_Job(work))

    def _put(self, job: _Job[T]) -> Future[T]:
        if self._closed:
            job.done.set_exception(kit.Unavailable(f"{self.path.name} is closed: the program is ending."))
        else:
            self._jobs.put(job)
        return job.done

    def now(self, work: Work[T], *, timeout_s: float = 10.0) -> T:
        """Do a piece of work and wait for it: for threads that have no loop. Raises `Unavailable` after a while."""
        try:
            return self.do(work).result(timeout_s)
        except TimeoutError as error:
            words = f"{self.path.name} did not take the change within {timeout_s:g} s."
            raise kit.Unavailable(words, definite=False) from error

    async def soon(self, work: Work[T]) -> T:
        """Do a piece of work and wait for it while the loop turns."""
        return await asyncio.wrap_future(self.do(work))

    async def sweep(self) -> None:
        """Forget every event that is published and replaced, and empty the log of changes beside the file."""
        await asyncio.wrap_future(self._put(_Job(self._sweep, alone=True)))

    def close(self) -> None:
        """Do what waits, then close the database."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            self._thread.join()

    def _run(self) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                if not self._batch(job):
                    break
        finally:
            self._db.close()

    def _batch(self, first: _Job[Any]) -> bool:
        """Do what waits, all in one transaction. Returns False when the last of it was the order to end."""
        time.sleep(LINGER_S)
        jobs, goes_on, after = [first], True, None
        while len(jobs) < TOGETHER and not self._jobs.empty():
            job = self._jobs.get()
            if job is None:
                goes_on = False
                break
            if job.alone:
                after = job
                break
            jobs.append(job)
        # From here on nobody can cancel it: what was cancelled before is not done.
        if together := [job for job in jobs if not job.alone and job.done.set_running_or_notify_cancel()]:
            self._commit(together)
        for job in (first if first.alone else None, after):
            if job is not None and job.done.set_running_or_notify_cancel():
                self._do_alone(job)
        if goes_on and time.monotonic() - self._pruned_at > PRUNE_EACH_S:
            self._prune()
        return goes_on

    def _commit(self, jobs: list[_Job[Any]]) -> None:
        db = self._db.conn
        outcomes: list[tuple[_Job[Any], Any, BaseException | None]] = []
        try:
            db.execute("BEGIN IMMEDIATE")
            outcomes = [(job, *_try(db, job.work)) for job in jobs]
            db.execute("COMMIT")
        except sqlite3.Error as error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            why = _in_words(error, self.path.name)
            outcomes = [(job, None, why) for job in jobs]
        self.on_commit()
        for job, result, failed in outcomes:
            if failed is None:
                job.done.set_result(result)
            else:
                job.done.set_exception(failed)

    def _do_alone(self, job: _Job[Any]) -> None:
        try:
            job.done.set_result(job.work(self._db.conn))
        except sqlite3.Error as error:
            if self._db.conn.in_transaction:
                self._db.conn.execute("ROLLBACK")
            job.done.set_exception(_in_words(error, self.path.name))

    def _prune(self) -> None:
        """Forget events that are published and replaced: what was told a thousand times is kept once."""
        self._pruned_at = time.monotonic()
        # If it fails, another time: nothing depends on it but the size of the file.
        self._do_alone(_Job(lambda db: kit.prune(db, keep=KEEP_EVENTS)))

    def _sweep(self, db: sqlite3.Connection) -> None:
        kit.prune(db)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()


def _try(db: sqlite3.Connection, work: Work[Any]) -> tuple[Any, BaseException | None]:
    db.execute("SAVEPOINT work")
    try:
        result = work(db)
    except Exception as error:
        if isinstance(error, sqlite3.Error) and not isinstance(error, sqlite3.IntegrityError):
            raise
        db.execute("ROLLBACK TO work")
        return None, error
    finally:
        if db.in_transaction:
            db.execute("RELEASE work")
    return result, None


def _in_words(error: sqlite3.Error, name: str) -> VangoError:
    if is_full(error):
        return kit.Unavailable(FULL)
    return kit.Unavailable(f"{name} could not be written: {error}. Nothing was changed; try again.")
