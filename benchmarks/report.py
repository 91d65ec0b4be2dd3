"""What a run reports: rows with every value they were made from, as a table, as Markdown and as JSON.

Nothing here measures. A row's number is the median of its rounds; the smallest and the largest stand beside it, and
a peer's likewise. The ratio is the median of the rounds' ratios, since both sides of a round had the same machine.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vango.actors.errors import BadInput

BEGIN, END = "<!-- one run -->", "<!-- end of the run -->"
COLUMNS = ("what", "unit", "median", "min to max", "peer", "peer's median", "min to max", "ratio", "target", "")


@dataclass(frozen=True, slots=True)
class Target:
    """What a row is to reach: at most `limit`, or with `at_least` at least; with `of_peer` a multiple of the peer."""

    limit: float
    at_least: bool = False
    of_peer: bool = False

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:,g}{' × peer' if self.of_peer else ''}"

    def is_reached(self, value: float) -> bool:
        """Compare a value, or a ratio when the target is a multiple of the peer."""
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `values` has one value a round in `unit`, and so has `peers` where there is a `peer`."""

    name: str
    what: str
    unit: str
    values: tuple[float, ...]
    target: Target | None = None
    peer: str = ""
    peers: tuple[float, ...] = ()

    @property
    def ratios(self) -> tuple[float, ...]:
        """What each round's value is beside its peer's."""
        return tuple(value / peer for value, peer in zip(self.values, self.peers, strict=True)) if self.peers else ()

    @property
    def reached(self) -> bool | None:
        """Whether the median reaches the target; None without one."""
        if self.target is None:
            return None
        return self.target.is_reached(statistics.median(self.ratios if self.target.of_peer else self.values))


@dataclass(frozen=True, slots=True)
class Report:
    """One run: its circumstances, its rows, and for every part that could not be measured a sentence that says why."""

    run: Mapping[str, Any]
    rows: Sequence[Row]
    failed: Mapping[str, str]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def as_json(report: Report) -> str:
    """Return the whole report, every round's value included."""
    rows = [
        {
            "name": row.name, "what": row.what, "unit": row.unit, **_spread(row.values), "values": row.values,
            "target": str(row.target) if row.target else None, "reached": row.reached,
            "peer": {"what": row.peer, **_spread(row.peers), "values": row.peers} if row.peers else None,
            "ratio": {**_spread(row.ratios), "values": row.ratios} if row.peers else None,
        }
        for row in report.rows
    ]  # fmt: skip
    return json.dumps({"run": dict(report.run), "rows": rows, "failed": dict(report.failed)}, indent=2) + "\n"


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def as_table(report: Report) -> str:
    """Return the rows as columns of plain text."""
    lines = [COLUMNS, *map(_cells, report.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    return "".join("  ".join(map(str.ljust, line, widths)).rstrip() + "\n" for line in lines)


def as_markdown(report: Report) -> str:
    """Return the circumstances and the rows as docs/benchmarks.md holds them."""
    lines = [COLUMNS, ("---",) * len(COLUMNS), *map(_cells, report.rows)]
    told = "\n".join(f"- {name.replace('_', ' ')}: {value}" for name, value in report.run.items())
    return f"{told}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write_into(page: str, report: Report) -> str:
    """Return a page with this run between its two markers, in place of the one before. Raises `BadInput` without them."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise BadInput(f"The page has no place for a run. Put the lines {BEGIN} and {END} where it is to stand.")
    return f"{head}{BEGIN}\n{as_markdown(report)}{END}{tail}"


def _cells(row: Row) -> tuple[str, ...]:
    peer = (row.peer, *_median_and_range(row.peers)) if row.peers else ("", "", "")
    ratio = "{} ({} to {})".format(*(f"{value:.2f}" for value in _spread(row.ratios).values())) if row.peers else ""
    reached = {None: "", True: "reached", False: "missed"}[row.reached]
    return row.what, row.unit, *_median_and_range(row.values), *peer, ratio, str(row.target or ""), reached


def _median_and_range(values: Sequence[float]) -> tuple[str, str]:
    median, low, high = map(number, _spread(values).values())
    return median, f"{low} to {high}"


def number(value: float) -> str:
    """Return a number as the tables show it."""
    return (
        f"{value:,.0f}" if abs(value) >= 100 or value == 0 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    )
