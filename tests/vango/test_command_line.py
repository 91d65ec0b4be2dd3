"""Vango from a shell: the demo's verdicts, and an edge as a process that anyone may kill."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from tests.conftest import Run
from tests.vango.conftest import Hands

PATIENCE_S = 120  # far more than it takes: a slow machine must not fail a right program


def demo(*options: str) -> str:
    command = [sys.executable, "-m", "vango", "demo", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=True).stdout


def test_the_demo_ends_sound() -> None:
    said = demo()
    assert "The audit says: sound." in said
    assert "failed closed" in said


def test_the_demo_with_naive_rules_ends_in_named_findings() -> None:
    said = demo("--rules", "naive")
    assert "The audit says: violated." in said
    assert "false confidence at syd" in said
    assert "double effect at fra" in said


def test_a_missing_broker_is_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vango", "demo", "--nats-server", str(tmp_path / "none")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert run.returncode == 1
    assert run.stderr.startswith("vango: ")
    assert run.stderr.count("\n") == 1


def test_an_edge_runs_as_a_process_and_goes_on_after_a_kill(run: Run, hands: Hands, tmp_path: Path) -> None:
    broker = hands.bench.broker
    command = [sys.executable, "-m", "vango", "edge", "--name", "ord", "--data", str(tmp_path), "--server", broker.url,
               "--user", broker.user, "--password", broker.password]  # fmt: skip
    for owner in ("alloc-b", "alloc-c"):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            # What comes before it is current, it applies in one go with the rest.
            hears(run, process, "current")
            hands.do("promote", route="shop", to=owner)
            hears(run, process, f"shop → {owner}")
            process.kill()
    assert hands.until(lambda seen: seen.consumer("ord").num_pending == 0)


def hears(run: Run, process: subprocess.Popen[str], words: str) -> None:
    """Read what a process prints until it says something. The bench goes on meanwhile."""
    assert process.stdout is not None
    while words not in (line := run(asyncio.to_thread(process.stdout.readline))):
        assert line, f"the edge ended before it said {words!r}"
