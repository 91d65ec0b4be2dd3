"""How large a bench may become: a truth that is full refuses in words, and the figures in the document are measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.vango.conftest import Hands
from vango.actors.errors import Refused
from vango.bench import limits
from vango.truth import store

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")


def test_a_full_truth_takes_no_more_changes_and_a_reset_gives_the_space_back(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MAX_CHANGES", 500)
    with pytest.raises(Refused, match=r"holds 500 changes, which is the limit.*Reset the bench to start again"):
        hands.do("burst", n=1_000)
    seen = hands.settle()
    assert (seen.truth.revision, seen.audit.soundness) == (500, "sound")
    before = size(hands)
    hands.do("reset")
    hands.do("promote", route="shop", to="alloc-c")
    assert size(hands) < before


def size(hands: Hands) -> int:
    return sum(file.stat().st_size for file in hands.bench.folder.glob("truth.db*"))


def test_the_limits_in_the_document_are_those_that_the_command_prints() -> None:
    within_a_tenth = limits.bytes_a_change()
    said = int(re.findall(r"\((\d+) bytes each\)", TEXT)[0])
    assert abs(said - within_a_tenth) <= said / 10
    for line in limits.table():
        assert line.partition(", about")[0] in TEXT
