"""A store whose files were damaged while the broker was down: nothing is claimed that does not hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.vango.conftest import Hands


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def overwritten(file: Path) -> None:
    stored = bytearray(file.read_bytes())
    stored[len(stored) // 2 :] = b"\xff" * (len(stored) - len(stored) // 2)
    file.write_bytes(stored)


def ruined(file: Path) -> None:
    file.write_bytes(b"neither messages nor their meta data")


def damage(hands: Hands, pattern: str, how: Callable[[Path], None]) -> None:
    hands.do("burst", n=20)
    hands.settle()
    hands.do("kill_broker")
    found = [file for file in (hands.bench.broker.folder / "store").glob(f"**/ROUTES/{pattern}") if file.is_file()]
    assert found
    for file in found:
        how(file)
    hands.do("start_broker")


@pytest.mark.parametrize("how", [emptied, overwritten])
def test_lost_messages_are_no_lost_facts(hands: Hands, how: Callable[[Path], None]) -> None:
    damage(hands, "msgs/*.blk", how)
    seen = hands.settle()
    assert seen.stream("ROUTES").messages < 23
    hands.do("promote", route="shop", to="alloc-a")
    seen = hands.settle()
    assert [edge.claim for edge in seen.edges] == ["current at 24"] * 3
    assert [edge.reason for edge in seen.edges] == [""] * 3
    assert seen.audit.soundness == "sound"


def test_a_stream_that_is_damaged_throughout_makes_every_edge_fail_closed_with_the_servers_words(hands: Hands) -> None:
    damage(hands, "**/*", ruined)
    seen = hands.until(lambda seen: all(edge.mode in ("failed closed", "current") for edge in seen.edges))
    for edge in seen.edges:
        assert edge.mode == "current" or "The broker says" in edge.reason
    assert seen.audit.soundness != "violated"
    assert hands.do("reset")
    assert hands.settle().audit.soundness == "sound"
