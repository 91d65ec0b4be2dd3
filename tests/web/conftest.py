"""The app in this process, shared by many tests, and the app as a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask

from app import close_app, create_app
from studylab.web.admission import Limits
from tests.web.learner import Learner, Running
from tests.web.raw import Served


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One app for many tests: benches of different learners do not disturb each other."""
    app = create_app(data=tmp_path_factory.mktemp("shared"))
    yield app
    close_app(app)


@pytest.fixture
def learner(shared: Flask) -> Iterator[Learner]:
    """Somebody on a bench of their own."""
    with ExitStack() as stack:
        learner = Learner(shared)
        stack.callback(learner.leave)
        assert learner.enter().status_code == 200
        yield learner


@pytest.fixture
def other(shared: Flask) -> Iterator[Learner]:
    """Somebody else, who has no bench yet."""
    other = Learner(shared)
    yield other
    other.leave()


@pytest.fixture
def open_app(tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Make an app with room for one bench on the test's data folder; it is closed with the test."""
    with ExitStack() as stack:

        def open_app(**options: float | str) -> Flask:
            app = create_app(data=tmp_path, **{"max_benches": 1, **options})  # type: ignore[arg-type]
            stack.callback(close_app, app)
            return app

        yield open_app


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start the app as a process; it is ended with the test. The data folder is the same at every start of a test."""
    with ExitStack() as stack:

        def start(*options: str, data: str = "data") -> Running:
            running = Running(tmp_path / data, *options)
            stack.callback(running.end)
            return running

        yield start


@pytest.fixture
def serve(shared: Flask) -> Iterator[Callable[..., Served]]:
    """Serve the shared app with limits of one's own."""
    with ExitStack() as stack:

        def serve(limits: Limits, **options: int) -> Served:
            served = Served(shared, limits, **options)
            stack.callback(served.server.stop)
            return served

        yield serve
