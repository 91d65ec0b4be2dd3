"""What the machine allows: too few files are told at the start, too few threads end the app with one line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from studylab import limits
from tests.web.learner import ROOT, START_S, Learner

resource = pytest.importorskip("resource")
FEW_THREADS = """
import sys, threading
allowed, start = int(sys.argv[1]), threading.Thread.start
def few(thread):
    global allowed
    allowed -= 1
    if allowed < 0:
        raise RuntimeError("can't start new thread")
    start(thread)
threading.Thread.start = few
import app
sys.exit(app.main(["--port", "0", "--no-browser", "--data", sys.argv[2]]))
"""


@pytest.fixture
def files() -> Iterator[tuple[int, int]]:
    """The limits on open files, as they are given back after the test."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_soft_limit_is_raised_to_what_all_benches_need(files: tuple[int, int]) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, files[1]))
    assert limits.make_room_for(20) == (20, "")
    wanted = limits.FILES_OF_THE_APP + 20 * limits.FILES_A_BENCH + limits.CONNECTIONS
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == wanted


def test_a_higher_soft_limit_stays(files: tuple[int, int]) -> None:
    assert limits.make_room_for(1) == (1, "")
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == files


@pytest.mark.parametrize(("hard", "fit"), [(1024, 26), (256, 2), (64, 1)])
def test_too_low_a_hard_limit_is_told_with_the_number_of_benches_that_fit(
    monkeypatch: pytest.MonkeyPatch, hard: int, fit: int
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (min(hard, 128), hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: asked.append(wanted))
    found, told = limits.make_room_for(200)
    assert (found, asked) == (fit, [(hard, hard)])
    assert f"{hard} files" in told
    assert f"{fit} of 200 benches" in told
    assert "\n" not in told


@pytest.mark.parametrize("allowed", [256, 1024, 5408, resource.RLIM_INFINITY])
def test_strangers_take_no_file_that_a_bench_needs(monkeypatch: pytest.MonkeyPatch, allowed: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (allowed, allowed))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    fit, _ = limits.make_room_for(200)
    needed = limits.FILES_OF_THE_APP + fit * limits.FILES_A_BENCH + limits.connections()
    assert allowed == resource.RLIM_INFINITY or needed <= allowed
    assert 0 < limits.connections() <= limits.CONNECTIONS


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists a process's open files")
def test_a_bench_opens_no_more_files_than_are_counted_for_it(shared: Flask, learner: Learner) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    another = Learner(shared)
    another.enter()
    opened = len(list(Path("/proc/self/fd").iterdir())) - before
    another.leave()
    assert 10 < opened < limits.FILES_A_BENCH


@pytest.mark.parametrize("threads", [0, 1, 2, 3, 5, 40, 273])
def test_too_few_threads_end_the_app_with_one_line(tmp_path: Path, threads: int) -> None:
    command = [sys.executable, "-c", FEW_THREADS, str(threads), str(tmp_path / "data")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=START_S, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Study Lab cannot start: ")
    assert ended.stderr.count("\n") == 1
