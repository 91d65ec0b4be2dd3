"""Full-text search over the pages, the glossary and the recorded answers: SQLite FTS5 in memory, built once.

The input is taken as words, never as a query language, so no input is an invalid query. If not all words are found
together, the last one is shortened letter by letter, and finally any of the words is enough.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from studylab.concepts import pages, recorded
from studylab.concepts.recorded import Answered, Exchange

MOST_WORDS = 8
MOST_LETTERS = 40
SHORTEST = 3
MOST_FOUND = 20
SNIPPET_WORDS = 24
# Private-use characters, which no text contains, mark the matches, so that the text can be escaped afterwards.
BEGIN, END = "\ue000", "\ue001"

_SCHEMA = """
CREATE VIRTUAL TABLE entry USING fts5(
    title, heading, text, answer, address UNINDEXED, kind UNINDEXED, tokenize = "porter unicode61 remove_diacritics 2"
)
"""
_FIND = f"""
SELECT title, heading, address, kind, snippet(entry, 2, '{BEGIN}', '{END}', '…', {SNIPPET_WORDS}) FROM entry
WHERE entry MATCH ? ORDER BY bm25(entry, 8.0, 4.0, 2.0, 0.5), rowid LIMIT {MOST_FOUND}
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One searchable item: a page, a section of one, a word, or a recorded answer.

    `answer` is searched and not shown: the exchange on the wire.
    """

    title: str
    heading: str
    text: str
    address: str
    kind: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One result. `pieces` is the passage, each piece with whether it matched."""

    title: str
    heading: str
    address: str
    kind: str
    pieces: tuple[tuple[str, bool], ...]


class Index:
    """The index of some entries. May be asked from any thread."""

    def __init__(self, entries: Iterator[Entry]) -> None:
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        self._lock = threading.Lock()
        with self._db:
            self._db.execute(_SCHEMA)
            self._db.executemany(
                "INSERT INTO entry (title, heading, text, answer, address, kind) VALUES (?, ?, ?, ?, ?, ?)",
                ((one.title, one.heading, one.text, one.answer, one.address, one.kind) for one in entries),
            )

    def find(self, typed: str) -> tuple[Found, ...]:
        """Return the best results first, at most 20; empty for empty input."""
        words = words_of(typed)
        for query in _queries(words) if words else ():
            with self._lock:
                rows = self._db.execute(_FIND, (query,)).fetchall()
            if rows:
                return tuple(Found(title, head, to, kind, _pieces(text)) for title, head, to, kind, text in rows)
        return ()

    def close(self) -> None:
        """Free the memory."""
        self._db.close()


def words_of(typed: str) -> list[str]:
    """Return the input as words of letters and digits: at most 8, of at most 40 letters."""
    return [word[:MOST_LETTERS] for word in re.findall(r"[^\W_]+", unicodedata.normalize("NFC", typed))][:MOST_WORDS]


def _queries(words: list[str]) -> Iterator[str]:
    """Yield queries, the strictest first. Each word stands in quotes and means its beginning; a phrase counts more."""
    *others, last = (f'"{word}" *' for word in words)
    phrase = " ".join(words)
    yield f'"{phrase}" OR ({" AND ".join([*others, last])})'
    for length in range(len(words[-1]) - 1, SHORTEST - 1, -1):
        yield " AND ".join([*others, f'"{words[-1][:length]}" *'])
    yield " OR ".join([*others, last])


def _pieces(snippet: str) -> tuple[tuple[str, bool], ...]:
    parts = re.split(f"{BEGIN}(.*?){END}", snippet, flags=re.DOTALL)
    return tuple((part, index % 2 == 1) for index, part in enumerate(parts) if part)


def entries() -> Iterator[Entry]:
    """Yield all searchable items."""
    for concept in pages.concepts():
        yield Entry(concept.title, "", concept.summary, concept.address, concept.kind)
        for heading, text in concept.sections:
            address = f"{concept.address}#{pages.slug_of(heading)}"
            yield Entry(concept.title, heading, plain(text), address, concept.kind)
        recording = recorded.read(concept.slug)
        for question, lesson in concept.lessons:
            answered, address = recording.of(question), f"{concept.address}#{question}"
            yield Entry(
                concept.title, answered.title, plain(lesson), address, "recorded answer", _answer_in_words(answered)
            )
    for word in pages.glossary():
        yield Entry(word.word, "", plain(word.text), word.address, "glossary")


def plain(markdown: str) -> str:
    """Return Markdown without its marks, as one line of text to be searched and shown."""
    without_links = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    return " ".join(re.sub(r"[*`]|^- ", "", without_links, flags=re.MULTILINE).split())


def _answer_in_words(answered: Answered) -> str:
    return " ".join(_exchange_in_words(exchange) for exchange in answered.exchanges)


def _exchange_in_words(exchange: Exchange) -> str:
    values = (f"{path} {json.dumps(recorded.value_at(exchange.reply, path))}" for path in exchange.decisive)
    return " ".join([exchange.what, exchange.subject, *values])
