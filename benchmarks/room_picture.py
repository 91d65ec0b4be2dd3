"""The growth of a room's cost as a table and as a picture, out of the rows of a run. Nothing here measures."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from html import escape

from benchmarks.report import Row, number
from benchmarks.room_growth import COLUMNS, LIMIT_MS

NAME = re.compile(r"room-at-(\d+)-(\w+)")
WIDTH, HEIGHT, LEFT, TOP, GAP = 860, 300, 60, 46, 70
PLOT_W, PLOT_H = 350, 200
LINES = (
    ("Time until it is shown, p95", "ms", (("p95", "verb to last fragment"), ("tile", "act to the teacher’s tile"))),
    ("What the room takes", "cores or GB", (("cores", "cores, busy"), ("memory", "GB of memory (PSS)"))),
)
TONES = ("#1f5fbf", "#b3541e")
INK, FAINT = "#333", "#ccc"


def by_size(rows: Sequence[Row]) -> dict[int, dict[str, float]]:
    """Return the numbers of each size of the class, the smallest first."""
    found: dict[int, dict[str, float]] = {}
    for row in rows:
        if named := NAME.fullmatch(row.name):
            found.setdefault(int(named[1]), {})[named[2]] = statistics.median(row.values)
    return dict(sorted(found.items()))


def as_markdown(rows: Sequence[Row]) -> str:
    """Return the table of growth, a line for each size; empty when there is none."""
    sizes = by_size(rows)
    if not sizes:
        return ""
    lines = [["learners", *(words for _, words, _ in COLUMNS)], ["---"] * (len(COLUMNS) + 1)]
    lines += [
        [str(size), *(number(at[name]) if name in at else "–" for name, _, _ in COLUMNS)] for size, at in sizes.items()
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def as_svg(rows: Sequence[Row]) -> str:
    """Return the picture: two plots over the size of the class."""
    sizes = by_size(rows)
    plots = [_plot(sizes, *one, LEFT + place * (PLOT_W + GAP)) for place, one in enumerate(LINES)]
    said = ", ".join(map(str, sizes))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-size="12"'
        f' font-family="system-ui, sans-serif" aria-label="How a room grows, at {said} learners">'
    )
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    return "\n".join([head, ground, *plots, "</svg>", ""])


def _plot(
    sizes: Mapping[int, Mapping[str, float]], title: str, unit: str, lines: Sequence[tuple[str, str]], left: int
) -> str:
    most_x = max(sizes)
    most_y = _round_up(max(at[name] for at in sizes.values() for name, _ in lines if name in at))
    bottom = TOP + PLOT_H

    def at(size: float, value: float) -> tuple[float, float]:
        return left + size / most_x * PLOT_W, bottom - value / most_y * PLOT_H

    parts = [_text(left, TOP - 24, f"{title} ({unit})", weight="bold")]
    for step in range(5):
        value = most_y * step / 4
        y = at(0, value)[1]
        parts.append(f'<path d="M{left} {y:.1f}h{PLOT_W}" stroke="{FAINT}"/>')
        parts.append(_text(left - 6, y + 4, f"{value:g}", anchor="end"))
    parts += [_text(at(size, 0)[0], bottom + 18, str(size), anchor="middle") for size in sizes]
    parts.append(_text(left + PLOT_W, bottom + 36, "learners in the room", anchor="end"))
    if unit == "ms":
        y = at(0, LIMIT_MS)[1]
        parts.append(f'<path d="M{left} {y:.1f}h{PLOT_W}" stroke="{INK}" stroke-dasharray="2 4"/>')
    for place, (name, words) in enumerate(lines):
        points = [at(size, values[name]) for size, values in sizes.items() if name in values]
        if not points:
            continue
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dash = ' stroke-dasharray="7 4"' if place else ""
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{TONES[place]}" stroke-width="2"{dash}/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{TONES[place]}"/>' for x, y in points]
        parts.append(f'<path d="M{left + place * 180} {TOP - 9}h22" stroke="{TONES[place]}" stroke-width="2"{dash}/>')
        parts.append(_text(left + 28 + place * 180, TOP - 5, words))
    return "\n".join(parts)


def _round_up(value: float) -> float:
    """Return the next of 1, 2, 4 or 8 times a power of ten: its quarters are short to read."""
    power = 1.0
    while power * 8 < value:
        power *= 10
    return next(power * times for times in (0.1, 0.2, 0.4, 0.8, 1, 2, 4, 8) if power * times >= value)


def _text(x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="{INK}">{escape(words)}</text>'
