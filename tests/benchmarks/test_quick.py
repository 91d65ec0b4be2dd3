"""A quick run measures every part once, for real, and reports it. No speed is asserted."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import PARTS, main
from benchmarks.report import BEGIN, END
from benchmarks.room_growth import COLUMNS
from benchmarks.rounds import FULL, QUICK

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
OUTSIDE = [
    f"outside-{act}-{share}" for act in ("publish", "purge", "consumer", "stream", "claim") for share in ("p50", "p95")
]
ROOM = [f"room-{row}" for row in (
    "join", "away", "first", "p95", "lost", "tile", "flood", "spin", "fault", "verdicts", "idle", "memory",
    "desk-killed", "undisturbed", "host-killed",
    *(f"at-{size}-{name}" for size in QUICK.sizes for name, _, _ in COLUMNS),
    "desk-joins", "desk-report", "desk-wall", "desk-restart",
)]  # fmt: skip
MAY_BE_ZERO = re.compile(r"room-(?:away|lost|undisturbed|at-\d+-(?:away|lost|cores|people))")
ROWS = ["click-p50", "click-floor-p50", "click-p95", "click-floor-p95", "page-task", "page-weight", "page-first", "scrub-p50", "scrub-p95", "undo", "fork", "tape", "relay", "relay-fastest", "edge", "edge-fastest", "latency-p50", "latency-p95", *OUTSIDE, "start-app", "start-bench", "start-reset", "verb-cpu", "turn", *ROOM]  # fmt: skip
RUN_WITHIN_S = 600


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, browser_path: str) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("bench") / "report.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=RUN_WITHIN_S)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert all(row["what"] in done.stdout for row in told["rows"])
    return told


@pytest.mark.slow
def test_every_row_is_measured(report: dict[str, Any]) -> None:
    assert [row["name"] for row in report["rows"]] == ROWS
    assert all(row["min"] <= row["median"] <= row["max"] for row in report["rows"])
    assert [row["name"] for row in report["rows"] if row["min"] <= 0 and not MAY_BE_ZERO.fullmatch(row["name"])] == []
    assert report["failed"] == {}


@pytest.mark.slow
def test_the_relay_and_the_edge_stand_beside_a_peer_of_the_same_run(report: dict[str, Any]) -> None:
    peers = {row["name"]: row["peer"] for row in report["rows"] if row["peer"]}
    assert set(peers) == {
        "click-floor-p50",
        "click-floor-p95",
        "relay",
        "relay-fastest",
        "edge",
        "edge-fastest",
        "scrub-p50",
        "scrub-p95",
        "tape",
        "room-flood",
        "room-spin",
    }
    for row in report["rows"]:
        if row["peer"]:
            assert len(row["peer"]["values"]) == len(row["values"]) == len(row["ratio"]["values"])


@pytest.mark.slow
def test_the_report_says_where_and_with_what_it_was_measured(report: dict[str, Any]) -> None:
    circumstances = ("date", "commit", "machine", "OS", "Python", "nats-server", "nats-py", "SQLite", "browser")
    assert [name for name in circumstances if not report["run"].get(name)] == []
    assert re.fullmatch(r"v?\d+\.\d+\.\d+", report["run"]["nats-server"])


def test_the_page_explains_every_part_and_has_a_place_for_a_run() -> None:
    assert [part for part in PARTS if f"`{part}`" not in PAGE] == []
    assert PAGE.index(BEGIN) < PAGE.index(END)
    assert f"{FULL.events:,} events" in PAGE
    assert f"{FULL.clicks} clicks" in PAGE
    assert f"{FULL.outside} times each" in PAGE


@pytest.mark.parametrize("partial", [["--quick"], ["--only", "relay"], ["--only", "room"], ["--crowd", "0"]])
def test_the_page_takes_a_whole_run_only(
    partial: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*partial, "--write", str(tmp_path / "page.md")])
    assert "--write takes a whole run" in capsys.readouterr().err


@pytest.mark.parametrize(
    "place", [["--write", "README.md"], ["--write", "no/such/page.md"], ["--json", "no/such/file"]]
)
def test_a_place_that_cannot_take_the_result_is_reported_before_anything_is_measured(
    place: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("benchmarks.__main__.run", refuse)
    with pytest.raises(SystemExit):
        main(place)
    assert re.search("no place for a run|No such file", capsys.readouterr().err)


def test_a_part_that_fails_is_reported_and_changes_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.starts.Served", refuse)
    assert main(["--quick", "--only", "starts", "--json"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["failed"] == {"starts": "No such file: the app"}
    assert "starts: No such file: the app" in told.err


def refuse(*_: object) -> None:
    raise OSError("No such file: the app")
