"""The command `studylab` of a built wheel does what `python app.py` does in a checkout, far from any checkout."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.learner import Running
from tests.wheel import PARTS, ROOT, installed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def running(commands: Path, tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "data", program=[str(commands / "studylab")], cwd=tmp_path)
    yield running
    assert running.end() == ""


def test_the_wheel_has_all_pages_labs_and_files_inside(running: Running) -> None:
    assert json.loads(running.ask("/healthz").body)["ok"] is True
    course = running.ask("/").body
    labs = [path.name.replace("_", "-") for path in (ROOT / "labs").iterdir() if (path / "lab.py").exists()]
    assert [lab for lab in labs if f"/labs/{lab}" not in course] == []
    for path in ("/sandbox", "/concepts", "/concepts/ack", "/concepts/glossary", "/progress", "/static/css/frame.css"):
        assert running.ask(path).status == 200, path


def test_a_bench_of_the_wheel_is_a_real_one(running: Running) -> None:
    cookie = running.enter()
    assert running.do(cookie, "promote", route="shop", to="alloc-c").status == 200
    assert running.owner(cookie, "shop") == "alloc-c"


def test_no_file_of_the_checkout_is_left_out(commands: Path) -> None:
    (inside,) = commands.parent.glob("lib/python*/site-packages")
    there = {path.relative_to(inside) for path in inside.rglob("*") if path.is_file()}
    at = {"templates": "studylab/files/", "static": "studylab/files/", "concepts": "studylab/files/"}
    wanted = {
        Path(at.get(part, "")) / path.relative_to(ROOT)
        for part in PARTS
        for path in (ROOT / part).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted - there == set()


def test_benches_of_the_wheel_stay_when_its_environment_goes(commands: Path, tmp_path: Path) -> None:
    code = "from studylab import installed; print(installed.data_folder())"
    where = subprocess.run(
        [commands / "python", "-c", code], cwd=tmp_path, env={**os.environ, "XDG_DATA_HOME": str(tmp_path / "own")},
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert where.strip() == str(tmp_path / "own" / "study-lab")
