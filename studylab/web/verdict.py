"""The verdict on the page: the sentence with links to the accused, what else was found, and the scars. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studylab.web.quantities import sentence, span
from vango.core.accused import Accused, Part
from vango.core.audit import present
from vango.core.findings import Finding, Kind
from vango.core.words import counted
from vango.observe.model import Observation

_PANELS = {Part.DATABASE: "panel-truth", Part.RELAY: "panel-relay", Part.STREAM: "panel-stream"}
_NAMED = {Part.DATABASE: "database", Part.RELAY: "feed", Part.STREAM: "stream"}
"""The word by which a sentence names a part that has no name of its own."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a sentence; `panel` is the id of the place that it names, empty for plain text."""

    text: str
    panel: str = ""


def linked(text: str, findings: Sequence[Finding], seen: Observation) -> list[Piece]:
    """Return a sentence in pieces: the first mention of each accused part is a link to its place on the stage."""
    parts = {_name(one): _place(one, seen) for finding in findings for one in finding.accused}
    pieces, rest, words = list[Piece](), text, dict(parts)
    while words:
        pattern = "|".join(re.escape(word) for word in words)
        found = re.search(rf"(?<![\w.-])(?:{pattern})(?![\w-])", rest)
        if found is None:
            break
        pieces += [Piece(rest[: found.start()]), Piece(found[0], words.pop(found[0]))]
        rest = rest[found.end() :]
    return [piece for piece in (*pieces, Piece(rest)) if piece.text]


def _name(accused: Accused) -> str:
    return accused.name or _NAMED[accused.part]


def _place(accused: Accused, seen: Observation) -> str:
    if accused.part is not Part.EDGE:
        return _PANELS[accused.part]
    is_guest = any(guest.name == accused.name for guest in seen.guests)
    return f"guest-{accused.name}" if is_guest else f"panel-edge-{accused.name}"


def wrong_now(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return what is wrong now, without the scars."""
    return present(findings)


def scars(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return what is past: nothing can repair it, and it is wrong no longer."""
    return tuple(finding for finding in findings if finding.is_past)


def found_words(findings: Sequence[Finding]) -> str:
    """Say how many findings are folded, and how many of them are past."""
    wrong, past = len(present(findings)), len(scars(findings))
    said = [counted(wrong, "finding")] if wrong else []
    said += [f"{counted(past, 'fault')} of the past"] if past else []
    return sentence(" and ".join(said)).rstrip(".")


def untold_ids(seen: Observation) -> tuple[str, ...]:
    """Return the ids of the events that the truth has and nobody will ever publish."""
    untold = (finding for finding in seen.audit.findings if finding.kind is Kind.UNTOLD)
    return tuple(event_id for finding in untold for event_id in finding.event_ids)


def lead_and_rest(text: str) -> Iterator[str]:
    """Yield the first sentence, which is shown large, and the others."""
    lead, stop, rest = text.partition(". ")
    yield lead + (stop.strip() if rest else "")
    yield rest


def runs_on(seen: Observation) -> str:
    """Say that the broker's time goes on while an edge with a message in hand waits; empty when none does."""
    waiting = {held.actor for held in seen.pace.waiting}
    held_up = [c for c in seen.consumers if c.name in waiting and c.num_ack_pending and c.ack_wait_s]
    if not held_up:
        return ""
    wait = span(held_up[0].ack_wait_s)
    return f"The broker does not wait: after ack_wait, {wait}, it delivers to {held_up[0].name} again."
