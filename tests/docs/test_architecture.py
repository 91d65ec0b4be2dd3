"""The picture of the packages is the import contracts', and every package is in it."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.__main__ import PARTS
from tools import architecture

ROOT = Path(__file__).resolve().parents[2]
DESIGN = (ROOT / "docs" / "design.md").read_text("utf-8")


def test_the_picture_is_up_to_date() -> None:
    assert architecture.PICTURE.read_text("utf-8") == architecture.draw(), "run: python tools/architecture.py"


def test_every_package_of_vango_is_a_layer() -> None:
    there = {path.parent.name for path in (ROOT / "vango").glob("*/__init__.py")} | {"__main__"}
    assert {name for layer in architecture.stacks()["vango"] for name in layer} == there


def test_what_a_package_says_of_itself_is_one_sentence_that_fits() -> None:
    for container, layers in architecture.stacks().items():
        for row in architecture.rows(container, layers):
            assert row.lines != [""], f"{row.modules} has no docstring"
            assert len(row.lines) <= 2, f"the first sentence of {row.modules} is too long for the picture"


def test_the_design_shows_it() -> None:
    assert "(pictures/architecture.svg)" in DESIGN


def test_the_commands_that_measure_are_there() -> None:
    assert set(re.findall(r"`python -m benchmarks --only (\S+)`", DESIGN)) <= set(PARTS)
    targets = (ROOT / "Makefile").read_text("utf-8")
    assert all(f"\n{target}:" in targets for target in re.findall(r"`make (\S+?)`", DESIGN))
