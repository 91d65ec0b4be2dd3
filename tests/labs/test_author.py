"""What an author runs: `new` begins a lab that is accepted as it is, `check` says from a shell what is wrong with one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from studylab.author import course
from studylab.author.new import SKELETON, begin
from studylab.author.source import examine
from studylab.lab import model
from tests.labs.authored import change, place
from tests.labs.conftest import Write
from vango.actors.errors import BadInput, Refused

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 60


def test_a_new_lab_is_accepted_as_it_is(tmp_path: Path) -> None:
    lab, found = examine(course.source_of(begin("ack_wait", tmp_path)))
    assert found == []
    assert isinstance(lab, model.Lab)
    assert (lab.id, lab.slug, lab.title) == ("ack_wait", "ack-wait", "Ack wait")


@pytest.mark.parametrize("name", ["", "Ack", "../x", "a b", "2nd", "class", "a__b", "a_", "x" * 60, "ä", "a.b"])
def test_a_name_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="cannot name a lab"):
        begin(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("precious")
    (tmp_path / "yours").mkdir()
    for name in ("mine", "yours"):
        with pytest.raises(Refused, match="exists already"):
            begin(name, tmp_path)
    assert (tmp_path / "mine.py").read_text() == "precious"
    assert list((tmp_path / "yours").iterdir()) == []
    with pytest.raises(BadInput, match="is no folder"):
        begin("other", tmp_path / "mine.py")


def test_a_folder_that_is_not_there_yet_is_made(tmp_path: Path) -> None:
    lab = begin("ack_wait", tmp_path / "my" / "labs")
    assert examine(course.source_of(lab))[1] == []


def test_the_skeleton_is_itself_a_lab() -> None:
    assert examine(course.source_of(SKELETON))[1] == []


# From a shell.


def studylab(*arguments: str, cwd: Path = ROOT) -> tuple[int, str]:
    command = [sys.executable, "-m", "studylab", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    return done.returncode, done.stdout + done.stderr


def test_check_from_a_shell_names_faults_with_file_and_line_and_fails(write: Write) -> None:
    lab = write(a="empty solution", b="slug")
    code, said = studylab("check", str(lab))
    assert code == 1
    for text, sentence in (("solution=()", "promote: there is no solution"), ("../mine", "the slug")):
        file, line = place(lab, text)
        assert f"{file}:{line}: {sentence}" in said


def test_check_from_a_shell_says_that_nothing_is_wrong(write: Write) -> None:
    lab, other = write(), write("other", one_file=True)
    change(lab, "Which one question does this lab answer?", "Who hears of it?")
    change(lab, "What to do, in a sentence or two.", "Commit first.")
    change(lab, "What goes wrong otherwise, in a sentence or two.", "Publish first.")
    change(lab, "What happened, and what to take from it.", "Both at once is neither.")
    assert studylab("check", str(lab)) == (0, f"{lab / 'lab.py'}: nothing wrong\n")
    assert studylab("check", str(lab / "lab.py")) == (0, f"{lab / 'lab.py'}: nothing wrong\n")
    code, said = studylab("check", str(lab.parent))
    assert (code, said.splitlines()[0]) == (0, f"{lab / 'lab.py'}: nothing wrong")
    assert said.splitlines()[-1] == f"{other}: nothing else wrong"
    code, said = studylab("check", str(lab.parent / "nowhere.py"))
    assert code == 1
    assert "cannot be read" in said


def test_new_from_a_shell_begins_a_lab_in_this_folder(tmp_path: Path) -> None:
    found = f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    program = f"{found}from studylab.__main__ import main; sys.exit(main(['new', 'mine']))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert (done.returncode, (tmp_path / "mine" / "lab.py").is_file()) == (0, True), done.stderr
    assert studylab("new", "mine", "--into", str(tmp_path))[0] == 1


def test_a_lab_of_the_project_that_does_not_import_is_named_and_the_others_are_checked(tmp_path: Path) -> None:
    for part in ("concepts", "labs", "studylab", "vango", "docs"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "labs" / "broken.py").write_text("from studylab.lab import Lab\n\nLAB: Lab = 1 / 0\n")
    listing = tmp_path / "labs" / "__init__.py"
    listing.write_text(
        listing.read_text().replace("from studylab", "from labs.broken import LAB as BROKEN\nfrom studylab")
    )
    code, said = studylab("check", cwd=tmp_path)
    assert code == 1
    assert "labs/broken.py:3: does not import: ZeroDivisionError" in said
    assert "labs/commit_first/lab.py: nothing wrong" in said


def test_check_names_what_is_still_the_template_s(tmp_path: Path) -> None:
    lab = begin("ack_wait", tmp_path)
    code, said = studylab("check", str(lab))
    assert code == 0
    for text, what in (
        ("Which one question", "the question"),
        ("What to do, in", "the correct use"),
        ("What goes wrong otherwise", "the failure trap"),
        ("What happened, and what", "the text of the debrief"),
    ):
        file, line = place(lab, text)
        assert f"{file}:{line}: {what} is still the template’s" in said
    assert said.splitlines()[-1] == f"{lab / 'lab.py'}: nothing else wrong"
