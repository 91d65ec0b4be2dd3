"""docs/matrix.md says of every cell what a run says: it is complete, and some of its cells are filled again here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vango.shell.scratch_benches import fill
from vango.storm.fault_table import FAULTS, fault
from vango.storm.matrix import ALL_ON, SOUND, page, read_page
from vango.storm.protections import PROTECTIONS, SINGLE, protection

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "matrix.md").read_text(encoding="utf-8")
CELLS = read_page(PAGE)
AGAIN = [
    ("outbox", "outage"),
    ("epochs", "zombie"),
    ("continuity", "hole"),
    ("ack", "edge-crash"),
    ("ack+mark", "edge-crash"),
]


def test_the_page_has_every_protection_and_every_fault_and_nothing_else() -> None:
    wanted = {(row.key, column.key) for row in (ALL_ON, *PROTECTIONS) for column in FAULTS}
    assert set(CELLS) == wanted, "run `python -m vango matrix --write docs/matrix.md`"


def test_the_page_is_written_by_the_command_and_by_nobody_else() -> None:
    assert page(CELLS) == PAGE, "run `python -m vango matrix --write docs/matrix.md`"


def test_with_every_protection_every_cell_is_sound() -> None:
    assert {CELLS[ALL_ON.key, column.key] for column in FAULTS} == {SOUND}


@pytest.mark.slow
@pytest.mark.parametrize(("without", "key"), AGAIN)
def test_a_cell_filled_again_says_what_the_page_says(run: Any, without: str, key: str) -> None:
    assert run(fill([protection(without)], [fault(key)])) == {(without, key): CELLS[without, key]}


def test_the_rows_are_told_apart_by_their_keys() -> None:
    assert len({row.key for row in PROTECTIONS}) == len(PROTECTIONS)
    assert {row.key for row in SINGLE} < {row.key for row in PROTECTIONS}
