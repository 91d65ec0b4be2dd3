"""docs/writing-a-lab.md takes its code from a lab that runs, and names commands that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from studylab.__main__ import _parser
from studylab.author.guide import GUIDE, SECTION, filled
from studylab.author.source import has_lab
from studylab.lab.ledgers import HELD
from vango.actors.errors import NotThere

TEXT = GUIDE.read_text(encoding="utf-8")
ROOT = Path(__file__).resolve().parents[2]


def test_the_guide_shows_the_code_as_it_stands() -> None:
    assert filled() == TEXT, "run: python -m studylab guide --write"


def test_the_guide_is_built_round_a_lab_that_is_taught() -> None:
    files = {file for _, file, _, _ in SECTION.findall(TEXT)}
    assert any(has_lab(ROOT / file) for file in files)
    assert len(SECTION.findall(TEXT)) == TEXT.count("<!-- from ") == TEXT.count("<!-- end -->")
    assert TEXT.count("```python\n") == len(SECTION.findall(TEXT)), "code in the guide is pulled in, not copied"


def test_a_section_that_is_edited_by_hand_is_written_again() -> None:
    assert filled(TEXT.replace("PHANTOM = Do(", "PHANTOM = Done(")) == TEXT


@pytest.mark.parametrize("section", ["labs/nowhere.py: LAB", "labs/commit_first/lab.py: NOTHING"])
def test_a_section_from_what_is_not_there_is_refused(section: str) -> None:
    with pytest.raises(NotThere):
        filled(f"<!-- from {section} -->\n<!-- end -->")


def test_commands_and_limits_in_the_guide_are_the_program_s() -> None:
    for command in re.findall(r"python -m studylab ([^`#\n]*)", TEXT):
        _parser().parse_args(command.split())
    assert f"at least {HELD:,}" in TEXT
