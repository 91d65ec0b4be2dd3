"""Labs with faults at the start of the app: named on standard error and on the course page; the others are taught."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from studylab.author.new import begin
from tests.labs.authored import change, place
from tests.web import learner
from tests.web.learner import ROOT, Running

PARTS = ("concepts", "labs", "studylab", "vango", "templates", "static")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of somebody's labs: one that works, and one with each kind of fault."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    begin("good", folder)
    for name, old, new in (
        ("does_not_import", "SETUP = ", "import nowhere_at_all\nSETUP = "),
        ("no_solution", "solution=(", "solution=() and ("),
        ("same_slug", 'slug="same-slug"', 'slug="good"'),
        ("check_raises", '    """A promotion since the step', '    1 / 0\n    """A promotion since the step'),
    ):
        change(begin(name, folder), old, new)
    return folder


def test_labs_of_a_folder_are_taught_and_those_with_faults_named(start: Callable[..., Running], folder: Path) -> None:
    running = start("--labs", str(folder))
    page = running.ask("/").body
    cookie = running.ask("/labs/good").cookie
    own = {"Cookie": cookie, "Origin": f"http://127.0.0.1:{running.port}", "Content_Type": "application/json"}
    assert running.ask("/labs/good/start", method="POST", body="{}", **own).status == 200
    assert running.ask("/labs/commit-first").status == 200
    assert running.ask("/labs/no-solution").status == 404
    assert running.ask("/labs/check-raises").status == 200
    said = running.end(signal.SIGTERM)
    for name, text, sentence in (
        ("does_not_import", "import nowhere_at_all", "does not import: ModuleNotFoundError"),
        ("no_solution", "solution=()", "promote: there is no solution"),
        ("same_slug", 'slug="good"', "is already that of"),
        ("check_raises", "1 / 0", "raised ZeroDivisionError"),
    ):
        file, line = place(folder / name, text)
        assert f"{file}:{line}: " in said
        assert sentence in said
        assert f"{file.relative_to(folder.parent)}:{line}" in page
        assert sentence.split(":")[0] in page
    assert page.count("Left out.") == 3
    assert page.count("You can still try the lab") == 1
    assert str(folder) not in page.replace("is already that of " + str(folder), "")


def test_a_folder_without_labs_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"Study Lab cannot start: .* is no folder"):
        Running(tmp_path / "data", "--labs", str(tmp_path / "nowhere"))


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project, to break one of its own labs."""
    root = tmp_path / "copy"
    for part in PARTS:
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "app.py", root)
    monkeypatch.setattr(learner, "ROOT", root)
    return root


def test_a_lab_of_the_project_that_does_not_import_leaves_the_others(start: Callable[..., Running], copy: Path) -> None:
    (copy / "labs" / "broken.py").write_text("from studylab.lab import Lab\n\nLAB: Lab = 1 / 0\n")
    listing = copy / "labs" / "__init__.py"
    listing.write_text("from labs.broken import LAB as BROKEN\n" + listing.read_text())
    running = start()
    page = running.ask("/").body
    assert "labs/broken.py:3" in page
    assert running.ask("/labs/commit-first").status == 200
    assert "labs/broken.py:3: does not import: ZeroDivisionError" in running.end()
