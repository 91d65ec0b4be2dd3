"""Guests: external edges. The valid content of their claims, and the findings when a claim is false. Pure.

A guest publishes the same claim as a built-in edge (mode, position, routes), as JSON on `edges.<name>.claim`. The
bench does not trust it: it reads it within limits, and compares it with the truth as of the sequence that it names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vango.core import accused
from vango.core.findings import Finding, Kind, of_claim
from vango.core.judge import Position, Row
from vango.core.modes import ANSWERS, Mode
from vango.core.records import Claim, TruthRecord

MAX_CLAIM_BYTES = 32 * 1024
MAX_ROUTES = 200
MAX_GUEST_NAME = 24
MAX_NAME = 40
MAX_TEXT = 200
MAX_EVENT_ID = 100
NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?", re.ASCII)
RESERVED = frozenset({"learner", "database", "relay", "stream", "broker", "guests", "truth", "bench"})
"""Names that have another meaning in the journal and in findings."""


class InvalidClaim(ValueError):
    """Bytes that are not a claim, or a name that no guest can have. The message says what was seen and expected."""


@dataclass(frozen=True, slots=True)
class Route:
    """One route in a guest's view."""

    name: str
    owner: str
    epoch: int


@dataclass(frozen=True, slots=True)
class GuestClaim:
    """A guest's claim. `instance` distinguishes two runs under one name; `sequence` 0 with no `event_id` is an empty
    view.

    `reason` is the guest's reason for not answering; empty when it gave none.
    """

    instance: str
    mode: Mode
    sequence: int
    event_id: str
    routes: tuple[Route, ...]
    reason: str = ""

    @property
    def words(self) -> str:
        """The claim in words."""
        if self.mode is Mode.CURRENT:
            return f"current at {self.sequence}"
        if self.mode is Mode.CATCHING_UP:
            return f"catching up from {self.sequence}"
        return f"{self.mode}: {self.reason}" if self.reason else self.mode.value


def check_name(name: str, built_in: Collection[str]) -> None:
    """Raise `InvalidClaim` for a name that no guest can have."""
    if not is_name(name, MAX_GUEST_NAME):
        raise InvalidClaim(
            f"{_seen(name)} cannot name an edge; expected at most {MAX_GUEST_NAME} lower-case letters, digits, - and _"
        )
    if name in built_in:
        raise InvalidClaim(f"{name} is a built-in edge; choose another name")
    if name in RESERVED:
        raise InvalidClaim(f"{name} is the name of another part of the bench; choose another")


def is_name(text: object, most: int = MAX_NAME) -> bool:
    """Return whether something is a name of at most this many characters."""
    return isinstance(text, str) and len(text) <= most and NAME.fullmatch(text) is not None


def read(payload: bytes) -> GuestClaim:
    """Read one claim, refusing anything else. Raises `InvalidClaim`."""
    if len(payload) > MAX_CLAIM_BYTES:
        raise InvalidClaim(f"the claim has {len(payload)} bytes; expected at most {MAX_CLAIM_BYTES}")
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise InvalidClaim(f"not JSON: {str(error)[:80]}") from error
    if not isinstance(document, dict):
        raise InvalidClaim(f"the claim is {_seen(document)}; expected a JSON object")
    claim = GuestClaim(
        _instance(document), _mode(document), _count(document, "sequence", 0),
        _text(document, "event_id", MAX_EVENT_ID), _routes(document),
        _text({"reason": "", **document}, "reason", MAX_TEXT),
    )  # fmt: skip
    if bool(claim.sequence) != bool(claim.event_id):
        raise InvalidClaim("sequence 0 goes with an empty event_id, and every other sequence with the id of its event")
    return claim


def _instance(document: Mapping[str, Any]) -> str:
    instance = _required(document, "instance")
    if not is_name(instance):
        raise InvalidClaim(f"instance is {_seen(instance)}; expected a name made at random when the edge starts")
    return str(instance)


def _mode(document: Mapping[str, Any]) -> Mode:
    mode = _required(document, "mode")
    if not isinstance(mode, str) or mode not in {word.value for word in Mode}:
        raise InvalidClaim(f"mode is {_seen(mode)}; expected one of {', '.join(Mode)}")
    return Mode(mode)


def _count(document: Mapping[str, Any], field: str, low: int) -> int:
    value = _required(document, field)
    if type(value) is not int or not low <= value < 2**53:
        raise InvalidClaim(f"{field} is {_seen(value)}; expected a whole number from {low}")
    return value


def _text(document: Mapping[str, Any], field: str, most: int) -> str:
    value = _required(document, field)
    if not isinstance(value, str) or len(value) > most or not value.isprintable():
        raise InvalidClaim(
            f"{field} is {_seen(value)}; expected text of at most {most} characters, without line breaks"
        )
    return value


def _routes(document: Mapping[str, Any]) -> tuple[Route, ...]:
    routes = _required(document, "routes")
    if not isinstance(routes, dict) or len(routes) > MAX_ROUTES:
        said = f"{len(routes)} routes" if isinstance(routes, dict) else _seen(routes)
        raise InvalidClaim(f"routes is {said}; expected an object of at most {MAX_ROUTES}, each with owner and epoch")
    return tuple(_route(name, given) for name, given in routes.items())


def _route(name: str, given: object) -> Route:
    if not is_name(name):
        raise InvalidClaim(f"routes contains {_seen(name)}, which cannot name a route")
    if not isinstance(given, dict) or not is_name(given.get("owner")):
        raise InvalidClaim(f"the route {name} needs an owner, which is a name, and an epoch")
    return Route(name, given["owner"], _count(given, "epoch", 1))


def _required(document: Mapping[str, Any], field: str) -> object:
    if field not in document:
        raise InvalidClaim(f"{field} is missing")
    return document[field]


def _seen(value: object) -> str:
    """Show a text or a number in at most 60 characters; of a list or an object, only that it is one."""
    if isinstance(value, str):
        return ascii(value[:60])[:60]
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a very large number"
    return repr(value)[:60] if isinstance(value, int | float | None) else f"a {type(value).__name__}"


def raised(highest: Mapping[str, int], claim: GuestClaim) -> dict[str, int]:
    """Return the highest epoch that a guest ever claimed for each of the routes that it claims now."""
    return {route.name: max(route.epoch, highest.get(route.name, 0)) for route in claim.routes}


def rows_of(claim: GuestClaim, event_ids: Mapping[Route, str], highest: Mapping[str, int]) -> tuple[Row, ...]:
    """Return a claim's routes as rows. `event_ids` has the event of the history that made each; others have none."""
    return tuple(
        Row(r.name, r.owner, r.epoch, event_ids.get(r, ""), 0, highest.get(r.name, r.epoch)) for r in claim.routes
    )


@dataclass(frozen=True, slots=True)
class History:
    """The history at a claimed position: the id of the event at that sequence, and whether it knows the claimed id."""

    event_id: str
    knows_claimed: bool


def findings(truth: TruthRecord, claim: Claim, history: History) -> tuple[Finding, ...]:
    """Yield everything that is wrong in a guest's claim. A guest that does not claim to answer claims nothing."""
    if claim.mode not in ANSWERS:
        return ()
    return (*_of_position(truth, claim, history), *of_claim(truth, claim))


def _of_position(truth: TruthRecord, claim: Claim, history: History) -> Iterator[Finding]:
    position, name = claim.position, claim.edge
    if position.sequence > truth.latest:
        yield Finding(
            Kind.FALSE_CONFIDENCE,
            name,
            f"{name} claims to know event {position.sequence}; the truth has only {truth.latest}.",
            "No fact that this database committed supports its answers.",
            (f"{name}: {_position(position)}", f"truth: latest sequence {truth.latest}"),
            accused=accused.edge(name),
        )
    elif position.event_id != history.event_id:
        yield Finding(
            Kind.FALSE_CONFIDENCE if history.knows_claimed else Kind.PHANTOM,
            name,
            f"{name} says that its view ends in event {position.event_id or 'none'}; "
            + (f"event {position.sequence} is another." if history.knows_claimed else "the history has no such event."),
            "A position that is not in the chain proves nothing about the events before it.",
            (f"{name}: {_position(position)}", f"history: event {position.sequence} is {history.event_id or 'none'}"),
            accused=accused.edge(name),
        )  # fmt: skip


def _position(position: Position) -> str:
    return f"sequence {position.sequence}, event {position.event_id or 'none'}"
