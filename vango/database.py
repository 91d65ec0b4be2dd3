"""SQLite the way every store of a bench uses it: WAL, fsync on commit, and transactions that lock before they read."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlite_utils import Database

from vango.files import own_database

BUSY_S = 5.0
MAX_HEARD = 8
_TEXT = partial(str, encoding="utf-8", errors="backslashreplace")
_BLOB = re.compile(r"x'((?:[0-9a-f]{2})+)'")


def connect(path: Path, *, synchronous: str = "FULL") -> Database:
    """Open or create a database. `synchronous` FULL survives a power cut; NORMAL only a crash of the process.

    Raises `sqlite3.DatabaseError` when the file is not a sound database: opening reads its first page.
    """
    own_database(path)
    # The event loop's thread uses the connection; whoever opens it may be another thread.
    connection = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False)
    try:
        database = Database(connection)
        # A row that somebody wrote into the file may hold bytes that are no text: they are read as escapes.
        connection.text_factory = _TEXT
        for pragma in ("journal_mode = WAL", f"synchronous = {synchronous}", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}").close()
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        connection.close()
        raise
    return database


def is_full(error: sqlite3.Error) -> bool:
    """Say whether an error means that the disk takes nothing more; what was committed before is sound."""
    return (error.sqlite_errorcode & 0xFF) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


@contextmanager
def transaction(database: Database, heard: list[str] | None = None) -> Iterator[sqlite3.Connection]:
    """Run a block in one write transaction: all of it is committed, or none.

    BEGIN IMMEDIATE takes the write lock first, so that what the block reads is still true when it writes. `heard` is
    given the first statements that write, as SQLite ran them.
    """
    connection = database.conn
    if heard is not None:
        connection.set_trace_callback(_listener(connection, heard))
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    finally:
        if heard is not None:
            connection.set_trace_callback(None)


def _listener(connection: sqlite3.Connection, heard: list[str]) -> Callable[[str], None]:
    """Return what SQLite calls with every statement. It hears a few and then no more: a batch has thousands."""

    def hear(statement: str) -> None:
        readable = _BLOB.sub(_readable, statement)
        # A trigger makes SQLite name the statement that it runs for once more.
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
