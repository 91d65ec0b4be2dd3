"""SQLite the way every store of a bench uses it: WAL, fsync on commit, and transactions that lock before they read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

BUSY_S = 5.0


def connect(path: Path, *, synchronous: str = "FULL") -> Database:
    """Open or create a database. `synchronous` FULL survives a power cut; NORMAL only a crash of the process.

    Raises `sqlite3.DatabaseError` when the file is not a sound database: opening reads its first page.
    """
    # The event loop's thread uses the connection; whoever opens it may be another thread.
    connection = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False)
    try:
        database = Database(connection)
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
def transaction(database: Database) -> Iterator[sqlite3.Connection]:
    """Run a block in one write transaction: all of it is committed, or none.

    BEGIN IMMEDIATE takes the write lock first, so that what the block reads is still true when it writes.
    """
    connection = database.conn
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
