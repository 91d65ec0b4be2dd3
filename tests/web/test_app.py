"""The app as a process: one line when it is ready, one line when it cannot start, and nothing left when it is killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.web.learner import ROOT, Running, brokers_under, until


def refused(*options: str | bytes, **variables: str) -> str:
    """Start an app that cannot start; return its one line."""
    command = [sys.executable, "app.py", "--port", "0", "--no-browser", *options]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **variables}, capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_it_says_where_it_is_and_is_healthy(start: Callable[..., Running]) -> None:
    running = start()
    assert running.line == f"Study Lab is at http://127.0.0.1:{running.port}/\n"
    answer = running.ask("/healthz")
    assert (answer.status, json.loads(answer.body)["ok"]) == (200, True)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once_also_with_an_open_page(start: Callable[..., Running], how: signal.Signals) -> None:
    running = start()
    page = running.stream(running.enter())
    page.next()
    began = time.monotonic()
    assert running.end(how) == ""
    assert running.process.returncode == 0
    assert time.monotonic() - began < 4


def test_a_killed_app_leaves_no_broker_and_finds_its_benches_again(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    first = start()
    cookie = first.enter()
    first.do(cookie, "promote", route="shop", to="alloc-c")
    assert len(brokers_under(tmp_path)) == 1
    first.end(signal.SIGKILL)
    until(lambda: not brokers_under(tmp_path), "the broker has ended")
    assert start().owner(cookie, "shop") == "alloc-c"


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"Port {port}" in refused("--data", str(tmp_path), "--port", port)


def test_a_nats_server_that_is_none_is_one_line(tmp_path: Path) -> None:
    assert "nats-server" in refused("--data", str(tmp_path), "--nats-server", str(tmp_path / "none"))
    assert "nats-server" in refused("--data", str(tmp_path), "--nats-server", sys.executable)


def test_a_data_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "cannot be written" in refused("--data", str(tmp_path / "file"))
    if Path("/proc/self").is_dir():
        assert "cannot be written" in refused("--data", "/proc/study-lab")


@pytest.mark.skipif(sys.platform != "linux", reason="only there may a name be any bytes")
@pytest.mark.parametrize(
    ("name", "variables"),
    [(b"bad\xff", {}), ("dé".encode(), {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})],
    ids=["no UTF-8", "a locale without accents"],
)
def test_a_data_folder_with_a_name_that_nothing_can_hold_is_one_line(
    tmp_path: Path, name: bytes, variables: dict[str, str]
) -> None:
    line = refused("--data", os.fsencode(tmp_path) + b"/" + name, **variables)
    assert "expected a name in" in line
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_in_use_is_one_line(start: Callable[..., Running], tmp_path: Path) -> None:
    start()
    assert "Another Study Lab" in refused("--data", str(tmp_path / "data"))


def test_the_signing_key_is_its_owner_s_alone(start: Callable[..., Running], tmp_path: Path) -> None:
    start()
    assert (tmp_path / "data" / "secret.key").stat().st_mode & 0o077 == 0
