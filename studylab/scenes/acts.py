"""The learner's own acts on a bench: those of its present life, and the named scripts, which are kept with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from studylab.lab.calls import Call, Script
from studylab.scenes import links
from vango.actors.errors import BadInput, NotThere, Refused, VangoError
from vango.actors.files import write_whole
from vango.bench.bench import Bench
from vango.journal.verb_log import DONE, UNKNOWN, Life, Row
from vango.verbs.registry import REGISTRY
from vango.verbs.script import MAX_ACTS, Act, act, as_text, parse

FILE = "scripts.json"
MAX_NAMED = 20
MAX_NAME = 60
SHOWN = 60


@dataclass(frozen=True, slots=True)
class ActSeen:
    """One act of this life, in words. `number` counts from 1; `refused` says that it was not done."""

    number: int
    words: str
    moment: int
    refused: bool


@dataclass(frozen=True, slots=True)
class NamedSeen:
    """One named script. `link` is empty when it is too long for an address."""

    name: str
    acts: int
    link: str


@dataclass(frozen=True, slots=True)
class ActsSeen:
    """This life's last acts, `earlier` ones that are not shown, and their link or the reason why there is none."""

    acts: tuple[ActSeen, ...] = ()
    earlier: int = 0
    link: str = ""
    no_link: str = ""


def look(bench: Bench) -> ActsSeen:
    """Return the acts of this life, as a page shows them."""
    life = bench.journal.lives.current
    worded = _WORDED.get(bench)
    if worded is None or not worded.is_of(life):
        worded = _WORDED[bench] = _Worded(life.number)
    worded.read_on(life.rows)
    return worded.look()


@dataclass(slots=True)
class _Worded:
    """The acts of one life in words, each worded once: `lines` are those of its script, `ends` how each act ended."""

    life: int
    shown: list[ActSeen] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    def is_of(self, life: Life) -> bool:
        """Return whether what was worded is a part of this life."""
        return self.life == life.number and len(self.lines) <= len(life.rows)

    def read_on(self, rows: Sequence[Row]) -> None:
        """Word the acts from the first that ended since, and the newest in any case: it may tell how far it came."""
        ended = (n for n, (row, end) in enumerate(zip(rows, self.ends, strict=False)) if row.outcome != end)
        known = min(next(ended, len(rows)), max(len(self.ends) - 1, 0))
        del self.shown[known:], self.lines[known:], self.ends[known:]
        for number, row in enumerate(rows[known:], known + 1):
            done = _act(row)
            self.shown.append(ActSeen(number, links.words(done), row.moment, row.outcome not in (DONE, UNKNOWN)))
            self.lines.append(str(done))
            self.ends.append(row.outcome)

    def look(self) -> ActsSeen:
        """Return the last acts, and the link to all."""
        if not self.lines:
            return ActsSeen()
        shown, earlier = tuple(self.shown[-SHOWN:]), max(len(self.shown) - SHOWN, 0)
        try:
            return ActsSeen(shown, earlier, links.of_lines(tuple(self.lines)))
        except BadInput as error:
            return ActsSeen(shown, earlier, no_link=str(error))


_WORDED: WeakKeyDictionary[Bench, _Worded] = WeakKeyDictionary()


def acts_of(bench: Bench) -> tuple[Act, ...]:
    """Return this life as a script. Raises `Refused` when it is empty or too long."""
    rows = bench.journal.lives.current.rows
    if not rows:
        raise Refused("There are no acts yet. Do something on the bench first.")
    if len(rows) > MAX_ACTS:
        raise Refused(f"This life has {len(rows)} acts; a script has at most {MAX_ACTS}.")
    return tuple(_act(row) for row in rows)


def script_of(acts: Iterable[Act]) -> Script:
    """Turn acts into a script. What was refused then may be refused again: it is part of the story."""
    return tuple(Call(item.verb, dict(item.arguments), refusal=True) for item in acts)


def named(folder: Path) -> tuple[NamedSeen, ...]:
    """Return the named scripts of a bench, oldest first."""
    return tuple(_named(name, text) for name, text in _load(folder).items())


def keep(folder: Path, name: str, acts: Iterable[Act]) -> str:
    """Keep a script under a name; one of the same name is replaced. Raises `BadInput` and `Refused`."""
    name, kept = " ".join(name.split()), _load(folder)
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise BadInput(f"A script's name has 1 to {MAX_NAME} characters.")
    if name not in kept and len(kept) >= MAX_NAMED:
        raise Refused(f"{MAX_NAMED} scripts are kept already. Delete one first.")
    write_whole(folder / FILE, json.dumps({**kept, name: as_text(acts)}))
    return f"Your acts are kept as “{name}”."


def forget(folder: Path, name: str) -> str:
    """Delete a named script. Raises `NotThere`."""
    find(folder, name)
    kept = {other: text for other, text in _load(folder).items() if other != name}
    write_whole(folder / FILE, json.dumps(kept))
    return f"“{name}” was deleted."


def find(folder: Path, name: str) -> tuple[Act, ...]:
    """Return a named script. Raises `NotThere`, and `BadInput` when this version cannot play it."""
    kept = _load(folder)
    if name not in kept:
        raise NotThere(f"There is no script {name[:MAX_NAME]!r}.")
    return links.checked(parse(kept[name]))


def _load(folder: Path) -> dict[str, str]:
    """Read the named scripts; none when there is no file, or a damaged one."""
    try:
        found: Any = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: text for name, text in pairs if isinstance(text, str)}


@lru_cache(256)
def _named(name: str, text: str) -> NamedSeen:
    count = len(text.splitlines())
    try:
        return NamedSeen(name, count, links.write(links.checked(parse(text))))
    except VangoError:
        return NamedSeen(name, count, "")


def _act(row: Row) -> Act:
    return act(row.verb, **_told(row.verb, row.arguments))


def _told(verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is not said: arguments that were not given, and those at their default."""
    defaults = {known.name: known.default for known in REGISTRY[verb].parameters} if verb in REGISTRY else {}
    return {
        name: value for name, value in arguments.items() if value is not None and value != defaults.get(name, object())
    }
