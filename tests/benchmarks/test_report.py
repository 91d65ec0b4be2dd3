"""A report's rows: medians beside their peers, targets, the table, the JSON, and the run on the page."""

from __future__ import annotations

import json

import pytest

from benchmarks.report import BEGIN, END, Report, Row, Target, as_json, as_table, percentile, write_into
from benchmarks.rounds import FULL
from vango.actors.errors import BadInput
from vango.truth.store import MAX_CHANGES

RELAY = Row("relay", "relay", "events/s", (10.0, 30.0, 20.0), Target(1.5, at_least=True, of_peer=True), "bare", (10.0, 10.0, 20.0))  # fmt: skip
CLICK = Row("click", "click", "ms", (70.0, 50.0, 60.0), Target(60))
REPORT = Report({"date": "2026-11-24", "nats-py": "2.16.0"}, [RELAY, CLICK], {"crowd": "It is not Linux."})


def test_a_ratio_is_taken_round_by_round() -> None:
    assert RELAY.ratios == (1.0, 3.0, 1.0)
    assert RELAY.reached is False


@pytest.mark.parametrize(("limit", "reached"), [(60, True), (59, False)])
def test_a_target_is_compared_with_the_median(limit: float, reached: bool) -> None:
    assert Row("click", "click", "ms", (70.0, 50.0, 60.0), Target(limit)).reached is reached


def test_a_row_without_a_target_is_neither_reached_nor_missed() -> None:
    assert Row("p50", "p50", "ms", (1.0,)).reached is None


def test_the_json_has_every_round_of_both_sides_and_what_failed() -> None:
    told = json.loads(as_json(REPORT))
    relay, click = told["rows"]
    assert (relay["median"], relay["min"], relay["max"], relay["values"]) == (20.0, 10.0, 30.0, [10.0, 30.0, 20.0])
    assert relay["peer"] == {"what": "bare", "median": 10.0, "min": 10.0, "max": 20.0, "values": [10.0, 10.0, 20.0]}
    assert relay["ratio"]["median"] == 1.0
    assert click["peer"] is None
    assert told["failed"] == {"crowd": "It is not Linux."}


def test_the_table_has_smallest_and_largest_of_both_sides() -> None:
    line = next(line for line in as_table(REPORT).splitlines() if line.startswith("relay"))
    assert "10.0 to 30.0" in line
    assert "10.0 to 20.0" in line
    assert "1.00 (1.00 to 3.00)" in line
    assert line.endswith("missed")


def test_a_run_takes_the_place_of_the_one_before_and_nothing_else_changes() -> None:
    page = write_into(f"before\n{BEGIN}\nan older run\n{END}\nafter\n", REPORT)
    assert page.startswith(f"before\n{BEGIN}\n- date: 2026-11-24\n")
    assert page.endswith(f"|\n{END}\nafter\n")
    assert "an older run" not in page
    assert write_into(page, REPORT) == page


def test_a_page_without_a_place_for_the_run_is_refused() -> None:
    with pytest.raises(BadInput, match="no place for a run"):
        write_into("a page", REPORT)


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.95, 95), (1.0, 100), (0.0, 1)])
def test_a_percentile_is_one_of_the_values(share: float, value: float) -> None:
    assert percentile([float(n) for n in range(100, 0, -1)], share) == value


def test_a_whole_run_commits_no_more_than_one_truth_takes() -> None:
    beside = 1_000  # what a new truth holds, and the routes that the events are about
    assert FULL.events + beside <= MAX_CHANGES
