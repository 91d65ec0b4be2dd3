"""The schema of the database of truth. It refuses what must never be true, whatever the code above does."""

STATE = """
CREATE TABLE IF NOT EXISTS allocation (
    name TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'draining', 'gone'))
) STRICT;

CREATE TABLE IF NOT EXISTS route (
    name TEXT PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES allocation (name),
    epoch INTEGER NOT NULL CHECK (epoch >= 1),
    sequence INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT;

CREATE TRIGGER IF NOT EXISTS a_new_route_needs_a_ready_owner BEFORE INSERT ON route
WHEN (SELECT state FROM allocation WHERE name = NEW.owner) IS NOT 'ready'
BEGIN SELECT RAISE(ABORT, 'the owner of a route must be ready'); END;

CREATE TRIGGER IF NOT EXISTS a_new_owner_must_be_ready BEFORE UPDATE OF owner ON route
WHEN (SELECT state FROM allocation WHERE name = NEW.owner) IS NOT 'ready'
BEGIN SELECT RAISE(ABORT, 'the owner of a route must be ready'); END;

CREATE TRIGGER IF NOT EXISTS epochs_grow_by_one BEFORE UPDATE OF epoch ON route
WHEN NEW.epoch <> OLD.epoch + 1
BEGIN SELECT RAISE(ABORT, 'an epoch grows by exactly one'); END;

-- One row for each commit: the revision.
CREATE TABLE IF NOT EXISTS revision (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    summary TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS operation (
    id TEXT PRIMARY KEY,
    command TEXT NOT NULL,
    revision INTEGER NOT NULL REFERENCES revision (number)
) STRICT;

-- The history: every committed fact, in the words that were or should have been told.
CREATE TABLE IF NOT EXISTS event (
    feed TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    body BLOB NOT NULL,
    route TEXT NOT NULL,
    owner TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    revision INTEGER NOT NULL REFERENCES revision (number),
    PRIMARY KEY (feed, sequence)
) STRICT;
CREATE INDEX IF NOT EXISTS event_of_route ON event (route, sequence) WHERE feed = 'route';
"""

OUTBOX = """
CREATE TRIGGER IF NOT EXISTS a_feed_has_no_holes BEFORE INSERT ON event
WHEN NEW.sequence <> 1 + (SELECT coalesce(max(sequence), 0) FROM event WHERE feed = NEW.feed)
BEGIN SELECT RAISE(ABORT, 'a feed has no holes'); END;

-- The outbox: what is still to be told. `position` is the order of publishing. AUTOINCREMENT: the position of a row
-- that was deleted is handed out to no other.
CREATE TABLE IF NOT EXISTS outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE REFERENCES event (id),
    feed TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    stream_seq INTEGER,
    published_at REAL,
    queued_at REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_waiting_by_feed ON outbox (feed, position) WHERE published_at IS NULL;
CREATE INDEX IF NOT EXISTS outbox_waiting_feed ON outbox (feed, sequence) WHERE published_at IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS outbox_feed ON outbox (feed, sequence);

-- How far each feed was published, kept apart from the outbox, whose published rows anybody may clear away.
CREATE TABLE IF NOT EXISTS published (
    feed TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT;

-- Facts without an outbox row: committed without one, or theirs was deleted unpublished. A row that is deleted after
-- it was published leaves nothing here.
CREATE TABLE IF NOT EXISTS rowless (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE REFERENCES event (id)
) STRICT;

CREATE TRIGGER IF NOT EXISTS a_fact_has_no_row_at_first AFTER INSERT ON event
BEGIN INSERT INTO rowless (event_id) VALUES (NEW.id); END;

CREATE TRIGGER IF NOT EXISTS a_row_will_tell AFTER INSERT ON outbox
BEGIN DELETE FROM rowless WHERE event_id = NEW.event_id; END;

CREATE TRIGGER IF NOT EXISTS a_row_that_goes_unpublished_tells_nobody AFTER DELETE ON outbox
WHEN OLD.published_at IS NULL
BEGIN INSERT OR IGNORE INTO rowless (event_id) VALUES (OLD.event_id); END;

-- One relay at a time, or order is gone.
CREATE TABLE IF NOT EXISTS lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    token INTEGER NOT NULL,
    expires_at REAL NOT NULL
) STRICT;
"""
"""What an outbox needs beside a table `event` that has `feed`, `sequence` and `id`, for any facts."""

OF_AN_OLDER_VERSION = "DROP INDEX IF EXISTS outbox_waiting;"

SCHEMA = STATE + OUTBOX + OF_AN_OLDER_VERSION

REMEMBER_PUBLISHED = """
INSERT INTO published (feed, sequence)
SELECT o.feed, max(o.sequence) FROM outbox AS o
LEFT JOIN (SELECT feed, min(sequence) AS sequence FROM outbox WHERE published_at IS NULL GROUP BY feed) AS w
USING (feed)
WHERE o.published_at IS NOT NULL AND (w.sequence IS NULL OR o.sequence < w.sequence) GROUP BY o.feed
ON CONFLICT (feed) DO UPDATE SET sequence = max(sequence, excluded.sequence);
"""
"""For a database that an older version, or a rebuild, filled: what its rows say, before they are deleted."""

REMEMBER_ROWLESS = """
INSERT OR IGNORE INTO rowless (event_id)
SELECT e.id FROM event AS e LEFT JOIN outbox AS o ON o.event_id = e.id WHERE o.event_id IS NULL ORDER BY e.rowid;
"""
"""For a database of an older version: the facts that have no row now."""
