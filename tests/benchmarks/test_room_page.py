"""A room's rows have a place of their own in the page, with a table of growth and a picture."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import room_page, room_picture
from benchmarks.__main__ import OF_A_ROOM, main
from benchmarks.report import Report, Row
from benchmarks.room_growth import COLUMNS, Stage, rows_of
from vango.actors.errors import BadInput

ROOT = Path(__file__).resolve().parents[2]
PLACE = f"before\n{room_page.BEGIN}\nold\n{room_page.END}\nafter\n"


def stage(seats: int) -> Stage:
    return Stage(
        seats, 0, 3.0, seats * 1.0, seats * 2.0, seats * 4.0, 0.0, seats / 100, 0.1, seats / 80, 9, 99, 9e7, 1.5
    )


ROWS = [Row("relay", "relay", "events/s", (5.0,)), Row("room-p95", "p95 in a room", "ms", (7.0,)),
        *rows_of([stage(25), stage(400)])]  # fmt: skip
REPORT = Report({"speed": "90 million"}, ROWS, {})


def test_a_room_and_the_rest_are_parted() -> None:
    others, of_a_room = room_page.parted(REPORT)
    assert [row.name for row in others.rows] == ["relay"]
    assert len(of_a_room.rows) == len(ROWS) - 1


def test_the_page_gets_circumstances_rows_and_a_line_for_each_size() -> None:
    page = room_page.write_into(PLACE, room_page.parted(REPORT)[1])
    assert (page.startswith("before\n"), page.endswith("after\n"), "old" in page) == (True, True, False)
    assert "- speed: 90 million" in page
    assert re.search(r"\| p95 in a room \| ms \| 7\.00 ", page)
    sizes = [line.split(" | ") for line in page.splitlines() if re.match(r"\| (25|400) \|", line)]
    assert [len(line) for line in sizes] == [len(COLUMNS) + 1] * 2
    assert sizes[1][3:5] == ["400", "800"]


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(BadInput, match="no place for a room"):
        room_page.write_into("nothing\n", REPORT)


def test_the_picture_has_a_point_for_each_size_and_line(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    room_page.draw_beside(tmp_path / "page.md", REPORT)
    drawn = ElementTree.fromstring((tmp_path / "pictures" / "room-load.svg").read_text(encoding="utf-8"))
    named = "{http://www.w3.org/2000/svg}"
    assert len(drawn.findall(f".//{named}circle")) == 2 * 4
    assert [len(line.attrib["points"].split()) for line in drawn.iter(f"{named}polyline")] == [2] * 4
    assert "at 25, 400 learners" in drawn.attrib["aria-label"]


def test_without_sizes_there_is_neither_table_nor_picture(tmp_path: Path) -> None:
    room_page.draw_beside(tmp_path / "page.md", Report({}, ROWS[:2], {}))
    assert not (tmp_path / "pictures").exists()
    assert room_picture.as_markdown(ROWS[:2]) == ""


def test_only_the_largest_class_has_targets() -> None:
    assert {row.name for row in ROWS if row.target} == {"room-at-400-p95", "room-at-400-away", "room-at-400-lost"}


def test_a_rooms_parts_may_be_written_without_the_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"<!-- one run -->\nkept\n<!-- end of the run -->\n{PLACE}", encoding="utf-8")
    (tmp_path / "pictures").mkdir()
    monkeypatch.setattr("benchmarks.__main__.run", lambda *_: REPORT)
    assert main(["--only", *OF_A_ROOM, "--write", str(page)]) == 0
    written = page.read_text(encoding="utf-8")
    assert ("kept" in written, "| 400 |" in written, "old" in written) == (True, True, False)


def test_the_page_has_a_place_for_a_room_and_its_picture() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert page.index(room_page.BEGIN) < page.index(room_page.END)
    assert f"({room_page.PICTURE})" in page
