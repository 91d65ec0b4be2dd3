"""The app in this process, and the app as a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import close_app, create_app
from tests.web.learner import Learner, Running

ROOT = Path(__file__).resolve().parent.parent.parent
ORIGIN = {"Origin": "http://localhost", "Accept": "application/json"}
START_S = 20.0


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """An app with a data folder of its own."""
    app = create_app(data=tmp_path / "data")
    yield app
    close_app(app)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor with a bench, whose requests come from the app's own pages."""
    client = app.test_client()
    client.get("/sandbox")
    return client


def verb(client: FlaskClient, name: str, **arguments: Any) -> Any:
    """Carry out a verb as the page does and return the answer."""
    return client.post(f"/bench/verbs/{name}", json=arguments, headers=ORIGIN)


class Served:
    """The app as a process."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.process = subprocess.Popen(
            [sys.executable, "app.py", "--port", "0", "--no-browser", "--data", str(data), *options],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if "http://" not in line:
            pytest.fail(f"the app did not start: {line}{self.process.communicate(timeout=5)[1]}")
        self.address = line.split()[-1].rstrip("/")
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.address}/healthz", timeout=1) as answer:
                    if answer.status == 200:
                        return
            except urllib.error.URLError:
                continue
        pytest.fail("the app did not answer /healthz")

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.address.rsplit(":", 1)[1])

    def stop(self) -> str:
        """End it, if it still runs, and return what it wrote on standard error."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.communicate(timeout=15)[1]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start the app as a process; every one is ended with the test."""
    running: list[Served] = []

    def start(*options: str, data: Path | None = None) -> Served:
        running.append(Served(data or tmp_path / "data", *options))
        return running[-1]

    yield start
    for served in running:
        served.stop()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One app for many tests: benches of different learners do not disturb each other."""
    app = create_app(data=tmp_path_factory.mktemp("shared"))
    yield app
    close_app(app)


@pytest.fixture
def learner(shared: Flask) -> Learner:
    """Somebody on a bench of their own."""
    learner = Learner(shared)
    assert learner.enter().status_code == 200
    return learner


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start the app as a process; it is ended with the test. The data folder is the same at every start of a test."""
    started: list[Running] = []

    def start(*options: str) -> Running:
        started.append(Running(tmp_path / "data", *options))
        return started[-1]

    yield start
    for running in started:
        running.end()
