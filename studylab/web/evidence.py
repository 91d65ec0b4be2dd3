"""The evidence of a moment: message, SQL, JetStream API request and reply, command line and source line.

A moment without a request has no tab for one. Statements and requests were written into the journal as they ran. The
command line is the same request as a `nats` command (`vango.observe.nats_command`). The source is read from the
running program.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

from markupsafe import Markup

from studylab.lab.code import highlighted
from vango.journal import codec
from vango.journal.moment import Moment
from vango.journal.source import ROOT
from vango.observe import nats_command

SHOWN_ELSEWHERE = frozenset({"sql", "api", "source", "message", "headers"})
"""The parts of a moment's detail that have a tab of their own."""
Asked = Mapping[str, Any]
_DEF = re.compile(r"(\s*)(async )?def ")


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of evidence under a caption. `lines` are highlighted source lines, each with whether it is the one."""

    caption: str
    text: str
    lines: tuple[tuple[Markup, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Tab:
    """One kind of evidence."""

    key: str
    title: str
    blocks: tuple[Block, ...]


def tabs(moment: Moment, found: Asked | None = None) -> list[Tab]:
    """Return the evidence of a moment, a tab for each kind that it has. `found` is the stream's present message."""
    source = Tab("source", "Source", tuple(_source(str(moment.detail.get("source", "")))))
    return [tab for tab in (*_passed(moment, found), source) if tab.blocks]


def _passed(moment: Moment, found: Asked | None = None) -> Iterator[Tab]:
    """Yield what passed between the parts, a tab for each kind, empty when there was none."""
    asked = [told for told in (moment.detail.get("api"), found) if told and "subject" in told]
    yield Tab("message", "Message", tuple(_messages(moment, found)))
    yield Tab("sql", "SQL", tuple(_sql(moment)))
    yield Tab("api", "JetStream API", tuple(block for told in asked for block in _exchange(told)))
    yield Tab("cli", "nats CLI", tuple(_commands(moment, asked)))


LATEST = (
    ("cli", "nats CLI"),
    ("api", "JetStream API"),
    ("sql", "SQL"),
    ("message", "Message"),
)
"""The kinds of evidence that the inspector has of the bench's last actions."""


def latest(moments: Sequence[Moment]) -> list[tuple[str, str, Moment | None, tuple[Block, ...]]]:
    """Return for each kind but the source its newest evidence: key, title, moment (None: none in sight) and blocks."""
    newest: dict[str, tuple[Moment, tuple[Block, ...]]] = {}
    for moment in reversed(moments):
        if len(newest) == len(LATEST):
            break
        if moment.detail.keys() & SHOWN_ELSEWHERE - {"source"}:
            for tab in _passed(moment):
                if tab.blocks:
                    newest.setdefault(tab.key, (moment, tab.blocks))
    return [(key, title, *newest.get(key, (None, ()))) for key, title in LATEST]


def _messages(moment: Moment, found: Asked | None) -> Iterator[Block]:
    detail = moment.detail
    if "message" in detail:
        more = f", the first of {detail['count']}" if detail.get("count", 1) > 1 else ""
        yield _message(f"On {detail.get('subject', '')}{more}", detail.get("headers"), detail["message"])
    elif (asked := detail.get("api")) and not asked["subject"].startswith(nats_command.API):
        yield _message(f"On {asked['subject']}", asked.get("headers"), asked["request"])
    if found and "message" in found:
        yield _message(found["caption"], found.get("headers"), found["message"])


def _message(caption: str, headers: Mapping[str, str] | None, body: object) -> Block:
    head = "".join(f"{name}: {value}\n" for name, value in (headers or {}).items())
    return Block(caption, f"{head}\n{_json(body)}" if head else _json(body))


def _sql(moment: Moment) -> Iterator[Block]:
    if statements := moment.detail.get("sql"):
        ended = statements[-1] in ("COMMIT", "ROLLBACK")
        rest = "" if ended else "\n-- and so on, up to COMMIT: only the first statements of a batch are kept"
        yield Block("As SQLite ran it", ";\n".join(statements) + ";" + rest)


def _exchange(asked: Asked) -> Iterator[Block]:
    yield Block(f"Request on {asked['subject']}", _json(asked.get("request")) if asked.get("request") else "(empty)")
    if asked.get("reply"):
        yield Block("Reply", _json(asked["reply"]))


def _commands(moment: Moment, asked: Sequence[Asked]) -> Iterator[Block]:
    detail = moment.detail
    told = [*asked]
    if "message" in detail:
        told.append(
            {"subject": detail["subject"], "request": detail["message"], "headers": detail.get("headers") or {}}
        )
    for one in told:
        if line := nats_command.line(one):
            yield Block("By hand, in the context that Attach makes", line)


def _json(value: object) -> str:
    return value if isinstance(value, str) else codec.write_wide(value)


@cache
def _source(where: str) -> tuple[Block, ...]:
    """Return the function around a line of the program, with that line marked; empty when there is none."""
    name, _, number = where.rpartition(":")
    file = ROOT / name
    if not (name.endswith(".py") and number.isdigit() and file.is_file() and file.resolve().is_relative_to(ROOT)):
        return ()
    function = _around(file, int(number))
    if function is None:
        return ()
    source = dedent("\n".join(_text(file)[function[0] - 1 : function[1]]))
    lines = tuple(
        (Markup(line), function[0] + offset == int(number))  # noqa: S704 - escaped where it was highlighted
        for offset, line in enumerate(highlighted(source).splitlines())
    )
    return (Block(f"{name}, line {number}", "", lines),)


@cache
def _text(file: Path) -> tuple[str, ...]:
    return tuple(file.read_text(encoding="utf-8").splitlines())


def _around(file: Path, line: int) -> tuple[int, int] | None:
    """Return the first and last line of the innermost function around a line."""
    lines = _text(file)
    depth = _depth(lines[line - 1]) if line <= len(lines) else 0
    for first in range(min(line, len(lines)), 0, -1):
        head = _DEF.match(lines[first - 1])
        if head and (first == line or len(head[1]) < depth):
            block = inspect.getblock([f"{text}\n" for text in lines[first - 1 :]])
            return (first, first + len(block) - 1) if line < first + len(block) else None
    return None


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
