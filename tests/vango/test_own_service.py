"""examples/own_service.py as a process against a plain server; in the slow layer, from a wheel in an empty venv."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.wheel import installed
from vango import kit

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "own_service.py"
LONG_S = 120


def play(python: str, script: Path, url: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, str(script), url], capture_output=True, text=True, timeout=LONG_S,
        cwd=script.parent, env={"PATH": os.environ["PATH"], **environment},
    )  # fmt: skip


def streams(run: Run, url: str, *, make: str = "") -> list[str]:
    async def ask() -> list[str]:
        wire = await kit.connecting(url)("test")
        if make:
            await wire.api(f"STREAM.CREATE.{make}", {"name": make, "subjects": ["elsewhere"]})
        found = await wire.api("STREAM.NAMES")
        await wire.close()
        return found.get("streams") or []

    return run(ask())


def assert_told(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr
    for line in (
        "2 events are committed, 2 wait in the outbox, and none announces the refused price",
        "window is current at 2: tea costs 250 cents", "window is current at 4 after 1 rebuild",
        "tea: 260 cents, version 2", "as it is: sound", "believes whatever it is handed: violated",
        "phantom: trusting: tea → cents -1", "it fails closed, loads a snapshot, and is sound",
    ):  # fmt: skip
        assert line in done.stdout, done.stdout


def test_the_example_tells_its_story_and_leaves_nothing_behind(url: str, run: Run) -> None:
    assert_told(play(sys.executable, EXAMPLE, url, PYTHONPATH=str(ROOT)))
    assert streams(run, url) == []


def test_the_example_touches_no_stream_that_was_there(url: str, run: Run) -> None:
    streams(run, url, make="OWN_SERVICE_PRICE")
    done = play(sys.executable, EXAMPLE, url, PYTHONPATH=str(ROOT))
    assert (done.returncode, done.stdout) == (1, "")
    assert "has OWN_SERVICE_PRICE already" in done.stderr
    assert streams(run, url) == ["OWN_SERVICE_PRICE"]


@pytest.mark.slow
def test_a_wheel_in_an_empty_venv_runs_the_example_outside_the_checkout(url: str, tmp_path: Path) -> None:
    """It needs a network, or a cache of pip's: the venv has nothing but what the wheel asks for."""
    python = str(installed(tmp_path) / "python")
    script = tmp_path / "elsewhere" / EXAMPLE.name
    script.parent.mkdir()
    script.write_bytes(EXAMPLE.read_bytes())
    assert_told(play(python, script, url))
    where = subprocess.run(
        [python, "-c", "import vango; print(vango.__file__)"], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert where.stdout.startswith(str(tmp_path / "empty"))
