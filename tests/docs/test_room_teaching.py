"""docs/room-teaching.md tells the plans minute by minute as they are, and its plan can be used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labs import LABS
from studylab.room.desk.web.plan import read, shipped
from studylab.room.names import MAX_NAME

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXT = (DOCS / "room-teaching.md").read_text("utf-8")
BY_SLUG = {lab.slug: lab for lab in LABS}


@pytest.mark.parametrize("name", ["demo", "workshop"])
def test_each_part_of_a_plan_is_told_with_its_minute(name: str) -> None:
    plan = read(shipped()[name], BY_SLUG)
    for index, part in enumerate(plan.parts):
        begins = plan.begins(index)
        assert f"| {begins // 60:.0f}:{begins % 60:02.0f} | {part.minutes:g} | {part.title} |" in TEXT


def test_the_plan_in_the_document_can_be_used() -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert read(block, BY_SLUG).minutes == 5


def test_what_is_kept_of_a_name_is_what_is_so() -> None:
    assert f"A name has at most {MAX_NAME} characters" in (DOCS / "room-kept.md").read_text("utf-8")
