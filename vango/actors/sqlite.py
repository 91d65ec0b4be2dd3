"""SQLite as every store of a bench uses it: WAL, fsync on commit, and transactions that lock before they read.

All benches share one event loop, so nothing here waits for a lock. A transaction is refused at once while another
program holds the database, and `patiently` tries it again while the loop turns.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from sqlite_utils import Database

from vango.actors.errors import Unavailable
from vango.actors.files import own_database

HELD_S = 0.8
TRY_AGAIN_S = 0.02
HELD = "another program holds the database; close it and try again"
MAX_HEARD = 8
_SMALL_PAGES = "page_size = 1024"
"""A bench has five small databases. Each connection takes 20 pages at once, and a commit writes whole pages."""
_TEXT = partial(str, encoding="utf-8", errors="backslashreplace")
P = ParamSpec("P")
T = TypeVar("T")
_BLOB = re.compile(r"x'((?:[0-9a-f]{2})+)'")


class Held(Unavailable):
    """Another program holds the write lock. Nothing was changed."""

    def __init__(self) -> None:
        super().__init__(f"Nothing was changed: {HELD}.")


def connect(path: Path, *, synchronous: str = "FULL") -> Database:
    """Open or create a database. `synchronous` FULL survives a power cut; NORMAL only a crash of the process.

    Raises `sqlite3.DatabaseError` when the file is not a sound database: opening reads its first page.
    """
    own_database(path)
    # The event loop's thread uses the connection, but another thread may open it.
    connection = sqlite3.connect(path, timeout=0, check_same_thread=False)
    try:
        database = Database(connection)
        # A row written by another program may hold bytes that are not text: they are read as escapes.
        connection.text_factory = _TEXT
        for pragma in (_SMALL_PAGES, "journal_mode = WAL", f"synchronous = {synchronous}", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}").close()
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        connection.close()
        raise
    return database


def is_held(error: sqlite3.Error) -> bool:
    """Return whether an error means that another program holds the database."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_full(error: sqlite3.Error) -> bool:
    """Return whether an error means that the disk is full; what was committed before is sound."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def is_damaged(error: sqlite3.Error) -> bool:
    """Return whether an error means that the file is not a sound database."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def trouble(error: sqlite3.Error) -> str:
    """Return what a person can try after an error of the database of truth."""
    if is_held(error):
        return f"{HELD[0].upper()}{HELD[1:]}."
    return "Free some space, then try again." if is_full(error) else "Reset the bench to start again."


@contextmanager
def transaction(database: Database, heard: list[str] | None = None) -> Iterator[sqlite3.Connection]:
    """Run a block in one write transaction: all of it is committed, or none.

    BEGIN IMMEDIATE takes the write lock first, so that what the block reads is still true when it writes. `heard` is
    given the first statements that write, as SQLite ran them. Raises `Held` at once when another program has the lock.
    """
    connection = database.conn
    if heard is not None:
        connection.set_trace_callback(_listener(connection, heard))
    try:
        _lock(connection)
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    finally:
        if heard is not None:
            connection.set_trace_callback(None)


@contextmanager
def reading(database: Database) -> Iterator[sqlite3.Connection]:
    """Run a block in one read transaction: it sees one state, and takes no lock that blocks others."""
    connection = database.conn
    connection.execute("BEGIN")
    try:
        yield connection
    finally:
        connection.execute("COMMIT")


async def patiently(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Do a piece of work that is one transaction, and repeat it while another program holds the database.

    The loop turns meanwhile. Raises `Held` when it is still held after `HELD_S`.
    """
    deadline = time.monotonic() + HELD_S
    while True:
        try:
            return work(*arguments, **named)
        except Held:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(TRY_AGAIN_S)


def _lock(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if is_held(error):
            raise Held from error
        raise


def _listener(connection: sqlite3.Connection, heard: list[str]) -> Callable[[str], None]:
    """Return a function that SQLite calls with every statement. It records a few and then no more: a batch has
    thousands.
    """

    def hear(statement: str) -> None:
        readable = _BLOB.sub(_readable, statement)
        # A trigger makes SQLite report the statement that it runs for once more.
        if statement.startswith(("SELECT", "--")) or heard[-1:] == [readable]:
            return
        heard.append(readable)
        if len(heard) == MAX_HEARD:
            connection.set_trace_callback(None)

    return hear


def _readable(blob: re.Match[str]) -> str:
    """Write a BLOB that holds text as that text."""
    try:
        text = bytes.fromhex(blob[1]).decode()
    except UnicodeDecodeError:
        return blob[0]
    return "CAST('{}' AS BLOB)".format(text.replace("'", "''"))
