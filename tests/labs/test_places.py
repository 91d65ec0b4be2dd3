"""Where a value of a lab is written: its line is found in the files of the lab, through names, sums, stars and builders."""

from __future__ import annotations

from pathlib import Path

from studylab.author.places import Pages


def lines_of(tmp_path: Path, text: str, *paths: tuple[str | int, ...]) -> list[tuple[str, int]]:
    """Return name and line of some values of a lab that is written as one file with a text."""
    file = tmp_path / "written.py"
    file.write_text(text)
    found = [Pages(file, "mine").place_of(path) for path in paths]
    return [(where.name, line) for where, line in found]


def test_the_line_of_a_value_is_found_through_names_sums_and_stars(tmp_path: Path) -> None:
    text = (
        "A = Do(\n  id='a')\nB = Do('b',\n  'title')\nREST = (B,)\nSTEPS = (A,) + REST\n"
        "LAB = Lab(id='x', steps=(*STEPS,\n  Quiz(\n   id='q')))\n"
    )
    paths = (("steps", 0, "id"), ("steps", 1, "title"), ("steps", 2, "id"), ("steps", 2, "prose"), ("nothing",))
    assert [line for _, line in lines_of(tmp_path, text, *paths)] == [2, 4, 9, 8, 7]
    assert lines_of(tmp_path, "x = 1", ("id",)) == [("written.py", 1)]


def test_the_line_of_a_value_is_found_in_another_file_of_the_lab(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("from .last import Z\n")
    (tmp_path / "parts" / "first.py").write_text("from ..shared import B\n\nA = Do(id='a')\nSTEPS = (A, B)\n")
    (tmp_path / "shared.py").write_text("\nB = Do(\n    id='b')\n")
    (tmp_path / "loop.py").write_text("from .written import LOOP\n")
    text = (
        "from mine.parts import first\nfrom .parts.first import A as again\nfrom .loop import LOOP\n"
        "from elsewhere import C\nLAB = Lab(steps=(*first.STEPS, again, C), id=LOOP)\n"
    )
    paths = (("steps", 0, "id"), ("steps", 1, "id"), ("steps", 2), ("steps", 3, "id"), ("id",))
    assert lines_of(tmp_path, text, *paths) == [
        ("first.py", 3), ("shared.py", 3), ("first.py", 3), ("written.py", 5), ("written.py", 5)
    ]  # fmt: skip


def test_the_line_of_a_value_is_found_in_what_a_builder_makes(tmp_path: Path) -> None:
    text = (
        "SETUP = opening(\n  call('a'),\n  call('b'))\nQUIZ = quiz(\n  question('one', 'text', (),\n   right='x'),\n"
        "  question('two',\n   'text', (), right='x'))\nLAB = Lab(setup=SETUP, steps=(QUIZ,))\n"
    )
    paths = (("setup", 0), ("setup", 2), ("steps", 0, "questions", 1), ("steps", 0, "questions", 1, "text"))
    assert [line for _, line in lines_of(tmp_path, text, *paths)] == [1, 3, 7, 8]
