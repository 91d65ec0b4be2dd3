"""What docs/benchmarks.md holds of a room: its circumstances, its rows, the table of its growth, and beside it the picture."""

from __future__ import annotations

from pathlib import Path

from benchmarks import room_picture
from benchmarks.report import Report, as_markdown
from vango.actors.errors import BadInput

PREFIX = "room-"
BEGIN, END = "<!-- a room -->", "<!-- end of the room -->"
PICTURE = Path("pictures/room-load.svg")


def parted(report: Report) -> tuple[Report, Report]:
    """Return a report without a room's rows, and one of these alone."""
    mine = [row for row in report.rows if row.name.startswith(PREFIX)]
    others = [row for row in report.rows if not row.name.startswith(PREFIX)]
    return Report(report.run, others, report.failed), Report(report.run, mine, report.failed)


def write_into(page: str, report: Report) -> str:
    """Return a page with this room in place of the one before. Raises `BadInput` when it has no place for one."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise BadInput(f"The page has no place for a room. Put the lines {BEGIN} and {END} where it is to stand.")
    rows = [row for row in report.rows if not room_picture.NAME.fullmatch(row.name)]
    growth = room_picture.as_markdown(report.rows)
    table = as_markdown(Report(report.run, rows, report.failed))
    return f"{head}{BEGIN}\n{table}\n{growth}{END}{tail}"


def draw_beside(page: Path, report: Report) -> None:
    """Draw the picture of the growth into the folder of pictures beside a page, if there is any."""
    if room_picture.by_size(report.rows):
        (page.parent / PICTURE).write_text(room_picture.as_svg(report.rows), encoding="utf-8")
