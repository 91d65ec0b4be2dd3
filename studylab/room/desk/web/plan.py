"""A plan: the parts of a session in order, with minutes and what the presenter says. Read from TOML; pure.

`Progress` is where a session stands in its plan; `behind_s` compares that with the clock.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studylab.lab.model import Lab
from vango.kit import BadInput

SHIPPED = Path(__file__).resolve().parents[1] / "plans"
MAX_BYTES = 48 * 1024
MAX_PARTS = 60
MAX_MINUTES = 24 * 60
MAX_TITLE = 120
MAX_NOTES = 4000
KEYS = {"title", "minutes", "lab", "step", "notes", "hands_on"}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a session. `lab` and `step` are where the room is then, empty for talk; `hands_on`: learners work."""

    title: str
    minutes: float
    lab: str = ""
    step: str = ""
    notes: str = ""
    hands_on: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A session as it was planned."""

    title: str
    parts: tuple[Part, ...]
    about: str = ""

    @property
    def minutes(self) -> float:
        """How long all parts take."""
        return sum(part.minutes for part in self.parts)

    def begins(self, index: int) -> float:
        """Return after how many minutes a part begins."""
        return sum(part.minutes for part in self.parts[:index])


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a session stands. Times are Unix seconds, 0 before the first part."""

    part: int = 0
    begun: float = 0.0
    part_begun: float = 0.0


def behind_s(plan: Plan, progress: Progress, now: float) -> float:
    """Return by how many seconds a session is behind its plan; negative when it is ahead, 0 when within its part."""
    if not progress.begun:
        return 0.0
    elapsed = now - progress.begun
    begins = plan.begins(progress.part) * 60
    ends = begins + plan.parts[progress.part].minutes * 60
    return elapsed - ends if elapsed > ends else elapsed - begins if elapsed < begins else 0.0


def behind_words(seconds: float) -> str:
    """Say how far behind or ahead a session is."""
    minutes = round(abs(seconds) / 60)
    if not minutes:
        return "on time"
    return f"{minutes} min {'behind' if seconds > 0 else 'ahead'}"


def shipped() -> dict[str, str]:
    """Return the text of the plans that come with the app, by name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(SHIPPED.glob("*.toml"))}


def read(text: str, labs: Mapping[str, Lab]) -> Plan:
    """Read a plan. Raises `BadInput` with what is wrong, and where."""
    if len(text.encode()) > MAX_BYTES:
        raise BadInput(f"A plan has at most {MAX_BYTES // 1024} KB. Nothing was changed.")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"This is not TOML: {error}. Nothing was changed.") from error
    parts = document.get("part")
    if not isinstance(parts, list) or not 1 <= len(parts) <= MAX_PARTS:
        raise BadInput(f"A plan has 1 to {MAX_PARTS} parts, each under [[part]]. Nothing was changed.")
    title = _text(document, "title", "the plan", MAX_TITLE) or "A plan without a title"
    about = _text(document, "about", "the plan", MAX_NOTES)
    return Plan(title, tuple(_part(part, number, labs) for number, part in enumerate(parts, 1)), about)


def _part(found: Any, number: int, labs: Mapping[str, Lab]) -> Part:
    where = f"part {number}"
    if not isinstance(found, dict):
        raise BadInput(f"{where} is no table; write it under [[part]]. Nothing was changed.")
    if unknown := sorted(found.keys() - KEYS):
        raise BadInput(f"{where} has {unknown[0]!r:.40}; it may have {', '.join(sorted(KEYS))}. Nothing was changed.")
    title, minutes = _text(found, "title", where, MAX_TITLE), found.get("minutes")
    if not title:
        raise BadInput(f"{where} has no title. Nothing was changed.")
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 < minutes <= MAX_MINUTES:
        raise BadInput(f"{where}: minutes must be a number above 0. Nothing was changed.")
    slug, step = _text(found, "lab", where, MAX_TITLE), _text(found, "step", where, MAX_TITLE)
    _check(slug, step, where, labs)
    hands_on = found.get("hands_on", False)
    if not isinstance(hands_on, bool):
        raise BadInput(f"{where}: hands_on must be true or false. Nothing was changed.")
    return Part(title, float(minutes), slug, step, _text(found, "notes", where, MAX_NOTES), hands_on)


def _check(slug: str, step: str, where: str, labs: Mapping[str, Lab]) -> None:
    if not slug and not step:
        return
    if slug not in labs:
        raise BadInput(f"{where}: there is no lab {slug!r:.60}. There are {', '.join(labs)}. Nothing was changed.")
    steps = [one.id for one in labs[slug].steps]
    if step not in steps:
        raise BadInput(f"{where}: {slug} has no step {step!r:.60}. It has {', '.join(steps)}. Nothing was changed.")


def _text(found: Mapping[str, Any], key: str, where: str, most: int) -> str:
    value = found.get(key, "")
    if not isinstance(value, str) or len(value) > most:
        raise BadInput(f"{where}: {key} must be a text of at most {most} characters. Nothing was changed.")
    return value.strip()
