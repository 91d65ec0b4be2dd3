"""Guests: whatever bytes come are a claim within the limits or a sentence, and a false claim has its finding."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vango.core.audit import say
from vango.core.findings import Kind
from vango.core.guest_claims import (
    MAX_CLAIM_BYTES,
    MAX_GUEST_NAME,
    MAX_ROUTES,
    RESERVED,
    GuestClaim,
    History,
    InvalidClaim,
    Route,
    check_name,
    findings,
    is_name,
    raised,
    read,
    rows_of,
)
from vango.core.judge import Position
from vango.core.modes import Mode
from vango.core.records import Claim, Fact, Told, TruthRecord

SAID: dict[str, Any] = {
    "instance": "a1", "mode": "current", "sequence": 7, "event_id": "e7",
    "routes": {"shop": {"owner": "alloc-c", "epoch": 2}},
}  # fmt: skip
NAMES = st.from_regex(r"[a-z0-9]([a-z0-9_-]{0,38}[a-z0-9])?", fullmatch=True)
ROUTES = st.builds(Route, NAMES, NAMES, st.integers(1, 2**53 - 1))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
TRUTH = TruthRecord(
    latest=7,
    now={"shop": Fact(7, "e7", "shop", "alloc-c", 2, Told.PUBLISHED)},
    as_of={
        6: {"shop": Fact(2, "e2", "shop", "alloc-a", 1, Told.PUBLISHED)},
        7: {"shop": Fact(7, "e7", "shop", "alloc-c", 2, Told.PUBLISHED)},
        99: {"shop": Fact(7, "e7", "shop", "alloc-c", 2, Told.PUBLISHED)},
    },
    known_ids=frozenset({"e2", "e7"}),
)
RIGHT = {Route("shop", "alloc-c", 2): "e7"}


def bytes_of(**changes: Any) -> bytes:
    return json.dumps({**SAID, **changes}).encode()


def refusal_of(payload: bytes) -> str:
    """Return why bytes are no claim, and nothing when they are one."""
    try:
        read(payload)
    except InvalidClaim as error:
        return str(error)
    return ""


def found(
    claim: GuestClaim, *, at: str = "e7", knows: bool = True, highest: dict[str, int] | None = None
) -> list[Kind]:
    rows = rows_of(claim, RIGHT, highest or {})
    position = Position(claim.sequence, claim.event_id)
    said = Claim("mine", claim.mode, position, rows, None, None)
    return [finding.kind for finding in findings(TRUTH, said, History(at, knows))]


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
@example(b"[" * 10_000)
@example(b'{"instance": 1e999}')
@example('"\ud800"'.encode("utf-8", "surrogatepass"))
def test_any_bytes_are_a_claim_or_a_short_sentence(payload: bytes) -> None:
    refusal = refusal_of(payload)
    assert refusal == "" or (len(refusal) < 300 and refusal.encode())


@given(st.sampled_from([*SAID, "reason"]), JSON)
def test_any_value_of_any_field_is_taken_or_said_to_be_wrong(field: str, value: object) -> None:
    payload = bytes_of(**{field: value})
    refusal = refusal_of(payload)
    assert len(refusal) < 300
    assert refusal or read(payload).reason.isprintable()


@given(st.lists(ROUTES, max_size=20, unique_by=lambda route: route.name), st.sampled_from(list(Mode)), NAMES)
def test_what_a_guest_says_is_what_is_read(routes: list[Route], mode: Mode, instance: str) -> None:
    said = {route.name: {"owner": route.owner, "epoch": route.epoch, "more": "is ignored"} for route in routes}
    claim = read(bytes_of(instance=instance, mode=mode.value, routes=said, also="ignored"))
    assert claim == GuestClaim(instance, mode, 7, "e7", tuple(routes))


@pytest.mark.parametrize("field", ["instance", "mode", "sequence", "event_id", "routes"])
def test_a_missing_field_is_named(field: str) -> None:
    said = {name: value for name, value in SAID.items() if name != field}
    with pytest.raises(InvalidClaim, match=f"{field} is missing"):
        read(json.dumps(said).encode())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mode": "fine"}, "expected one of down, loading"),
        ({"sequence": True}, "sequence is True; expected a whole number"),
        ({"sequence": -1}, "expected a whole number from 0"),
        ({"sequence": 2**53}, "expected a whole number"),
        ({"sequence": 0}, "sequence 0 goes with an empty event_id"),
        ({"event_id": "x" * 101}, "at most 100 characters"),
        ({"reason": "two\nlines"}, "without line breaks"),
        ({"instance": "<b>"}, "made at random"),
        ({"routes": [1]}, "routes is a list"),
        ({"routes": {"<b>": {"owner": "a", "epoch": 1}}}, "cannot name a route"),
        ({"routes": {"shop": {"owner": "a", "epoch": 0}}}, "epoch is 0"),
        ({"routes": {"shop": {"owner": ["a"], "epoch": 1}}}, "needs an owner"),
    ],
)
def test_nonsense_is_refused_with_what_was_seen(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidClaim, match=words):
        read(bytes_of(**changes))


def test_the_limits_are_where_they_are_said_to_be() -> None:
    routes = {f"r{number}": {"owner": "a", "epoch": 1} for number in range(MAX_ROUTES)}
    assert len(read(bytes_of(routes=routes)).routes) == MAX_ROUTES
    with pytest.raises(InvalidClaim, match=f"{MAX_ROUTES + 1} routes"):
        read(bytes_of(routes={**routes, "one-more": {"owner": "a", "epoch": 1}}))
    room = MAX_CLAIM_BYTES - len(bytes_of(more=""))
    assert read(bytes_of(more="x" * room))
    with pytest.raises(InvalidClaim, match=f"{MAX_CLAIM_BYTES + 1} bytes"):
        read(bytes_of(more="x" * (room + 1)))


@pytest.mark.parametrize("name", ["fra", *sorted(RESERVED), "", "A", "a" * (MAX_GUEST_NAME + 1), "-a", "a b", "<b>"])
def test_a_name_that_is_taken_or_no_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidClaim):
        check_name(name, ("fra", "iad", "syd"))


@given(NAMES)
def test_a_name_is_at_most_so_long(name: str) -> None:
    assert is_name(name, MAX_GUEST_NAME) == (len(name) <= MAX_GUEST_NAME)


def test_a_true_claim_has_no_finding() -> None:
    assert found(read(bytes_of())) == []
    behind = read(
        bytes_of(mode="catching up", sequence=6, event_id="e2", routes={"shop": {"owner": "alloc-a", "epoch": 1}})
    )
    assert rows_of(behind, {}, {})[0].event_id == ""
    assert findings(TRUTH, Claim("mine", behind.mode, Position(6, "e2"), rows_of(behind, {behind.routes[0]: "e2"}, {}), 1, 0), History("e2", True)) == ()  # fmt: skip


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode not in (Mode.CURRENT, Mode.CATCHING_UP)])
def test_who_does_not_answer_claims_nothing(mode: Mode) -> None:
    assert found(read(bytes_of(mode=mode.value, sequence=99, routes={})), at="", knows=False) == []


def test_each_lie_has_its_name() -> None:
    claim = read(bytes_of())
    assert found(replace(claim, routes=(Route("shop", "alloc-z", 9),))) == [Kind.PHANTOM, Kind.FALSE_CONFIDENCE]
    assert found(replace(claim, routes=())) == [Kind.FALSE_CONFIDENCE]
    assert found(replace(claim, sequence=99), at="") == [Kind.FALSE_CONFIDENCE]
    assert found(replace(claim, event_id="e-nope"), knows=False) == [Kind.PHANTOM]
    assert found(replace(claim, event_id="e2")) == [Kind.FALSE_CONFIDENCE]
    assert found(claim, highest={"shop": 5}) == [Kind.RESURRECTED]


def test_an_edge_with_two_findings_of_a_kind_is_named_once() -> None:
    claim = read(bytes_of(event_id="e-nope", routes={"shop": {"owner": "alloc-z", "epoch": 9}}))
    said = Claim("mine", claim.mode, Position(7, "e-nope"), rows_of(claim, {}, {}), None, None)
    sentence = say(findings(TRUTH, said, History("e7", False)))
    assert sentence.count("mine") == 1
    assert "And one more finding." in sentence


@given(st.dictionaries(NAMES, st.integers(1, 99), max_size=5), st.lists(ROUTES, max_size=5))
def test_the_highest_epochs_are_kept_for_claimed_routes_only(highest: dict[str, int], routes: list[Route]) -> None:
    claim = GuestClaim("a1", Mode.CURRENT, 0, "", tuple(routes))
    kept = raised(highest, claim)
    assert kept.keys() == {route.name for route in routes}
    assert all(kept[route.name] >= max(highest.get(route.name, 0), 0) for route in routes)
