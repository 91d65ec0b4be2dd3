"""docs/bring-your-own-edge.md holds the examples as they stand, and says the limits that the code has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from studylab.author.guide import EDGES, filled
from vango.broker import permissions
from vango.core import guest_claims as core
from vango.core.findings import Kind
from vango.core.guest_claims import InvalidClaim, read
from vango.core.modes import Mode
from vango.guests import guests
from vango.relay.heartbeat import IDLE_BEAT_S
from vango.relay.high_water import HEARTBEAT

TEXT = EDGES.read_text(encoding="utf-8")
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize("name", ["small_edge.py", "edge.py", "edge.mjs"])
def test_the_page_holds_each_example_as_it_stands(name: str) -> None:
    assert (EXAMPLES / name).read_text(encoding="utf-8") in TEXT
    assert filled(TEXT) == TEXT, "run: python -m studylab guide --write"


def test_the_claim_on_the_page_is_one() -> None:
    shown = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)
    assert shown is not None
    claim = read(shown[1].encode())
    assert (claim.mode, claim.sequence, len(claim.routes)) == (Mode.CURRENT, 7, 2)


def test_every_field_that_is_named_is_read() -> None:
    table = TEXT[TEXT.index("| field |") : TEXT.index("Other fields are ignored")]
    for field in re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE):
        with pytest.raises(InvalidClaim, match=f"{field} is"):
            read(
                b'{"instance": "a", "mode": "current", "sequence": 1, "event_id": "e", "routes": {}, "%s": 1.5}'
                % field.encode()
            )


def test_the_limits_on_the_page_are_the_code_s() -> None:
    for words in (
        f"| {core.MAX_GUEST_NAME} lower-case letters", f"{core.MAX_CLAIM_BYTES // 1024} KiB, {core.MAX_ROUTES} routes",
        f"at most {core.MAX_NAME} characters", f"| {guests.CLAIMS_A_SECOND} a second |", f"| {guests.SILENT_S:g} s |",
        f"| {guests.MAX_GUESTS} |", f"silent for {guests.SEAT_IS_FREE_S:g} s", f"at least every {IDLE_BEAT_S:g} s",
    ):  # fmt: skip
        assert words in TEXT, words


def test_the_subjects_and_words_on_the_page_are_the_code_s() -> None:
    assert f"`{guests.CLAIMS.replace('*', '<name>')}`" in TEXT
    assert f"`{HEARTBEAT}`" in TEXT
    assert {guests.CLAIMS} <= set(permissions.PUBLISH)
    assert HEARTBEAT in permissions.SUBSCRIBE
    assert all(f"`{mode}`" in TEXT for mode in Mode)
    named = re.findall(r"^\| ([a-z ]+) \| ", TEXT[TEXT.index("| finding | when |") :], re.MULTILINE)
    assert {Kind(word) for word in named if word not in ("finding",)} == {
        Kind.FALSE_CONFIDENCE, Kind.PHANTOM, Kind.RESURRECTED, Kind.LOST
    }  # fmt: skip
