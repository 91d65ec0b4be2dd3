"""One moment of the journal, and how its detail is stored and read back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from vango.actors.told import Unreadable, fit, plain, read_object
from vango.core.words import Sentence
from vango.journal import codec

F = TypeVar("F")

_MAY_BE_UNFIT = re.compile(r"\\u|\x7f|NaN|Infinity")


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. `n` counts from 1; `at` is Unix time in seconds; `detail` is plain JSON values.

    `text` is for people; what a program goes by is `read` of the detail. It can be a key: its hash leaves the detail
    out, its equality does not.
    """

    n: int
    at: float
    actor: str
    kind: str
    text: Sentence
    detail: dict[str, Any] = field(hash=False)

    def read(self, kind: Callable[..., F]) -> F:
        """Return what the moment tells as a record of `vango.journal.facts`. What its detail lacks is not known."""
        return codec.read_known(kind, self.detail)


def written_detail(detail: dict[str, Any]) -> str:
    """Return a moment's detail as JSON that can be stored and shown, whatever its content."""
    try:
        written = codec.write(detail)
    except (TypeError, ValueError, RecursionError):
        return json.dumps(plain(detail))
    return json.dumps(plain(json.loads(written))) if _MAY_BE_UNFIT.search(written) else written


def stored_detail(detail: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a moment's detail as JSON, and as it is read back: it is the same before and after it is on the disk.

    Nearly every detail is plain ASCII. A null may be a number that JSON does not have, and is left to the slow way.
    """
    try:
        written = codec.write_fast(detail)
    except (TypeError, ValueError, RecursionError, OverflowError):
        written = ""
    if written and written.isascii() and "null" not in written and not _MAY_BE_UNFIT.search(written):
        return written, codec.read_fast(written)
    written = written_detail(detail)
    return written, json.loads(written)


def moment_of(row: tuple[Any, ...]) -> Moment:
    """Read a moment back from its row."""
    try:
        detail = read_object(row[5]) if _MAY_BE_UNFIT.search(row[5]) else json.loads(row[5])
    except (Unreadable, ValueError):
        detail = {"unreadable": fit(row[5])}
    return Moment(row[0], row[1], row[2], row[3], fit(row[4]), detail)
