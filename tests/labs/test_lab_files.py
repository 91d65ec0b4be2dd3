"""Lab files with faults: each is named with file and line, all at once, and the other labs still work."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from studylab.author import course
from studylab.author.new import SKELETON, begin
from studylab.author.places import line_of
from studylab.author.rest import at_rest
from studylab.author.source import Fault, examine
from studylab.lab import model
from tests.labs.conftest import Learner
from vango.actors.errors import BadInput, Refused, Unavailable

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 60
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a lab file: the skeleton with some of its text replaced."""

    def write(name: str = "mine", **changes: str) -> Path:
        file = begin(name, tmp_path)
        text = file.read_text()
        for old, new in (CHANGES[key] for key in changes.values()):
            assert old in text, f"the skeleton has no {old!r}"
            text = text.replace(old, new, 1)
        file.write_text(text)
        return file

    return write


CHANGES = {
    "syntax": ("PREDICT = Predict(", "PREDICT = Predict(("),
    "import": ("SETUP = (", "import nowhere_at_all\n\nSETUP = ("),
    "name error": ("SETUP = (", "wiat\nSETUP = ("),
    "exit": ("SETUP = (", "raise SystemExit\nSETUP = ("),
    "no solution": (
        '    solution=(call("promote", route="shop", to="alloc-c"), Wait("every edge to serve it", reading.at_rest)),\n', "",
    ),
    "empty solution": (
        'solution=(call("promote", route="shop", to="alloc-c"), Wait("every edge to serve it", reading.at_rest))', "solution=()",
    ),
    "solution without a comma": (
        'solution=(call("promote", route="shop", to="alloc-c"), Wait("every edge to serve it", reading.at_rest))',
        'solution=(call("promote", route="shop", to="alloc-c"))',
    ),
    "unknown verb": ('call("promote", route="shop", to="alloc-c")', 'call("promoot", route="shop")'),
    "wrong argument": ('call("promote", route="shop", to="alloc-c")', 'call("promote", rout="shop")'),
    "locked verb": ('call("promote", route="shop", to="alloc-c")', 'call("purge")'),
    "no such panel": ('panel="panel-truth"', 'panel="panel-truht"'),
    "two happen": ("shared by its readers.", 'shared by its readers.", happens=True, key="'),
    "check raises": ("    commits = reading.commits(evidence)\n    if not", "    commits = reading.commits(evidence)\n    commits[0]\n    if not"),
    "check exits": ("    commits = reading.commits(evidence)\n    if not", "    raise SystemExit\n    commits = []\n    if not"),
    "code that raises": ('"vango.truth.control_plane", "ControlPlane.outbox"', '"labs_that_raise", "outbox"'),
    "odd mapping": ("    locked={},\n", "    locked={1: 'one'},\n"),
    "check answers nothing": ("    commits = reading.commits(evidence)\n    if not", "    return None\n    commits = []\n    if not"),
    "wait raises": ("SETUP = (Wait(\"the first events to reach every edge\", reading.at_rest),)", "SETUP = (Wait(\"it\", lambda seen: seen.edge(\"nowhere\")),)"),
    "asks the memory": ("    commits = reading.commits(evidence)\n    if not", "    evidence.memory['kept']\n    commits = reading.commits(evidence)\n    if not"),
    "prose is a number": ('prose="It is about what you have just measured."', "prose=7"),
    "slug": ('slug="mine"', 'slug="../mine"'),
    "no code": ('"ControlPlane.outbox"', '"ControlPlane.outbax"'),
    "right answer": ('lambda _: "database"', 'lambda _: "databse"'),
    "no LAB": ("LAB = Lab(", "LABORATORY = Lab("),
    "unknown field": ("    minutes=5,\n", "    minutes=5,\n    minuts=5,\n"),
    "not a lab": ("LAB = Lab(", "LAB = dict("),
}  # fmt: skip


def faults(file: Path) -> list[Fault]:
    return examine(course.source_of(file))[1]


def line(file: Path, text: str) -> int:
    """Return the line on which a text stands in a file."""
    return next(n for n, written in enumerate(file.read_text().splitlines(), 1) if text in written)


@pytest.mark.parametrize(
    ("change", "at", "says", "left_out"),
    [
        ("import", "import nowhere_at_all", "does not import: ModuleNotFoundError", True),
        ("name error", "wiat", "does not import: NameError", True),
        ("exit", "raise SystemExit", "does not import: SystemExit", True),
        ("no solution", "PROMOTE = Do(", "this Do has no solution", True),
        ("empty solution", "solution=()", "there is no solution", True),
        ("solution without a comma", "solution=(call", "solution is a Call; expected a tuple of Call or Wait", True),
        ("unknown verb", "promoot", "There is no verb 'promoot'. Near it: promote", True),
        ("wrong argument", "rout=", "promote has no argument 'rout'", True),
        ("locked verb", 'call("purge")', "the solution uses purge, which is locked", True),
        ("no such panel", "panel-truht", "there is no panel panel-truht", True),
        ("check raises", "commits[0]", "raised IndexError", False),
        ("check exits", "raise SystemExit", "raised SystemExit", False),
        (
            "code that raises",
            "labs_that_raise",
            "the debrief shows outbox of labs_that_raise, which is not there",
            True,
        ),
        ("odd mapping", "locked={1", "there is no verb 1", True),
        ("check answers nothing", "every edge serves it", "answered NoneType; expected Passed or NotYet", False),
        ("wait raises", "nowhere", "raised KeyError ('nowhere')", False),
        ("prose is a number", "prose=7", "prose is a number; expected text", True),
        ("slug", "../mine", "the slug '../mine' is not a name", True),
        ("no code", "outbax", "ControlPlane.outbax of vango.truth.control_plane, which is not there", True),
        ("right answer", " Question(", "the right answer 'databse' to decides is none of database, stream", False),
        ("unknown field", "minuts=5", "a Lab has no minuts", True),
        ("not a lab", "LAB = dict(", "LAB is a dict; expected a Lab", True),
    ],
)
def test_a_fault_is_named_with_its_line(write: Write, change: str, at: str, says: str, left_out: bool) -> None:
    file = write(change=change)
    (fault,) = faults(file)
    assert says in fault.sentence
    assert (fault.file, fault.line, fault.left_out) == (file, line(file, at), left_out)
    assert str(fault).startswith(f"{file}:{fault.line}: ")


def test_whatever_a_lab_holds_it_does_not_stop_the_others(write: Write) -> None:
    file = write()
    odd = "class Odd(tuple):\n    def __iter__(self):\n        raise RuntimeError('odd')\n\n\nLAB = Lab("
    text = file.read_text().replace("LAB = Lab(", odd).replace("setup=SETUP,", "setup=Odd(),")
    file.write_text(text)
    (fault,) = faults(file)
    assert "cannot be looked over: RuntimeError: odd" in fault.sentence
    assert fault.left_out


def test_a_file_that_is_no_python_is_named_with_the_line(write: Write) -> None:
    (fault,) = faults(write(change="syntax"))
    assert "is no Python" in fault.sentence
    assert fault.line > 0


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_file(write: Write) -> None:
    file = write(a="empty solution", b="no such panel", c="slug", d="no code", e="prose is a number")
    found = faults(file)
    assert len(found) == 5
    assert [fault.line for fault in found] == sorted(fault.line for fault in found)


def test_missing_arguments_are_told_all_at_once_although_python_stops_at_the_first(write: Write) -> None:
    found = faults(write(a="no solution", b="unknown field"))
    assert [fault.sentence.split(";")[0] for fault in found] == ["this Do has no solution", "a Lab has no minuts"]


def test_a_check_that_looks_into_the_memory_is_not_judged_before_it_is_played(write: Write) -> None:
    assert faults(write(change="asks the memory")) == []


def test_a_fault_in_a_file_beside_the_lab_is_named_there(write: Write, tmp_path: Path) -> None:
    (tmp_path / "mine_checks.py").write_text("def promoted(evidence):\n    return 1 / 0\n")
    file = write()
    file.write_text(file.read_text().replace("SETUP =", "from . import mine_checks\n\nSETUP =").replace(
        "every edge serves it\", promoted", "every edge serves it\", mine_checks.promoted"))  # fmt: skip
    (fault,) = faults(file)
    assert (fault.file.name, fault.line, fault.of) == ("mine_checks.py", 2, file)
    assert "ZeroDivisionError" in fault.sentence


def test_a_plain_import_of_a_file_beside_the_lab_is_told_how(write: Write, tmp_path: Path) -> None:
    (tmp_path / "beside_it.py").write_text("")
    file = write()
    file.write_text(file.read_text().replace("SETUP =", "import beside_it\n\nSETUP ="))
    assert "from . import beside_it" in faults(file)[0].sentence


def test_the_line_of_a_value_is_found_through_names_sums_and_stars() -> None:
    tree = ast.parse(
        "A = Do(\n  id='a')\nB = Do('b',\n  'title')\nREST = (B,)\nSTEPS = (A,) + REST\n"
        "LAB = Lab(id='x', steps=(*STEPS,\n  Quiz(\n   id='q')))\n"
    )
    assert line_of(tree, ("steps", 0, "id")) == 2
    assert line_of(tree, ("steps", 1, "title")) == 4
    assert line_of(tree, ("steps", 2, "id")) == 9
    assert line_of(tree, ("steps", 2, "prose")) == 8
    assert line_of(tree, ("nothing",)) == 7
    assert line_of(ast.parse("x = 1"), ("id",)) == 1


def test_two_labs_with_one_slug_or_id_keep_the_first(write: Write, tmp_path: Path) -> None:
    first, second = write("first"), write("second")
    second.write_text(second.read_text().replace('slug="second"', 'slug="first"'))
    third = write("third")
    third.write_text(third.read_text().replace('id="third"', 'id="commit_first"'))
    found = course.load(tmp_path)
    assert [lab.slug for lab in found.labs][-1] == "first"
    by_file = {fault.file: fault for fault in found.faults}
    assert by_file[second].line == line(second, 'slug="first"')
    assert f"the slug 'first' is already that of {first}:" in by_file[second].sentence
    assert "the id 'commit_first' is already that of" in by_file[third].sentence
    assert "commit_first.py:" in by_file[third].sentence


def test_labs_of_a_folder_come_after_the_project_s_and_one_with_a_fault_does_not_hide_the_rest(
    write: Write, tmp_path: Path
) -> None:
    write("good")
    bad = write("bad", change="name error")
    (tmp_path / "notes.py").write_text("# no lab\n")
    (tmp_path / "_draft.py").write_text("LAB = 1 / 0\n")
    found = course.load(tmp_path)
    own = course.load()
    assert [lab.slug for lab in found.labs] == [*(lab.slug for lab in own.labs), "good"]
    assert [(fault.file, fault.left_out) for fault in found.faults] == [(bad, True)]


def test_a_folder_that_is_none_or_holds_no_lab_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="is no folder"):
        course.load(tmp_path / "nowhere")
    with pytest.raises(Unavailable, match="holds no lab"):
        course.load(tmp_path)


def test_every_lab_of_the_project_is_without_fault() -> None:
    from labs import LABS

    found = course.load()
    assert [str(fault) for fault in found.faults] == []
    assert found.labs == tuple(LABS)


def test_the_bench_that_labs_are_asked_on_looks_like_a_real_one(learner: Learner) -> None:
    real = learner.does(learner.bench.settle())
    made = at_rest()
    for part in ("edges", "streams"):
        assert [thing.name for thing in getattr(made, part)] == [thing.name for thing in getattr(real, part)]
    assert [(edge.claim, edge.sequence) for edge in made.edges] == [(edge.claim, edge.sequence) for edge in real.edges]
    for thing in ("routes", "allocations"):
        names = [(t.name, getattr(t, "owner", getattr(t, "state", ""))) for t in getattr(real.truth, thing)]
        assert [(t.name, getattr(t, "owner", getattr(t, "state", ""))) for t in getattr(made.truth, thing)] == names
    assert [fact.sequence for fact in made.truth.history] == [fact.sequence for fact in real.truth.history]
    assert len(made.stream("ROUTES").cells) == len(real.stream("ROUTES").cells)
    assert made.truth.write_order is real.truth.write_order


# Beginning a lab.


def test_a_new_lab_is_accepted_as_it_is(tmp_path: Path) -> None:
    file = begin("ack_wait", tmp_path)
    lab, found = examine(course.source_of(file))
    assert found == []
    assert isinstance(lab, model.Lab)
    assert (lab.id, lab.slug, lab.title) == ("ack_wait", "ack-wait", "Ack wait")


@pytest.mark.parametrize("name", ["", "Ack", "../x", "a b", "2nd", "class", "a__b", "a_", "x" * 60, "ä", "a.b"])
def test_a_name_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="cannot name a lab"):
        begin(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("precious")
    with pytest.raises(Refused, match="there already"):
        begin("mine", tmp_path)
    assert (tmp_path / "mine.py").read_text() == "precious"
    with pytest.raises(BadInput, match="is no folder"):
        begin("mine", tmp_path / "nowhere")


def test_the_skeleton_is_itself_a_lab_file() -> None:
    assert examine(course.source_of(SKELETON))[1] == []


# From a shell.


def studylab(*arguments: str, cwd: Path = ROOT) -> tuple[int, str]:
    command = [sys.executable, "-m", "studylab", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    return done.returncode, done.stdout + done.stderr


def test_check_from_a_shell_names_faults_with_file_and_line_and_fails(write: Write) -> None:
    file = write(a="empty solution", b="slug")
    code, said = studylab("check", str(file))
    assert code == 1
    assert f"{file}:{line(file, 'solution=()')}: promote: there is no solution" in said
    assert f"{file}:{line(file, '../mine')}: the slug" in said


def test_check_from_a_shell_says_that_nothing_is_wrong(write: Write) -> None:
    file = write()
    assert studylab("check", str(file)) == (0, f"{file}: nothing wrong\n")
    code, said = studylab("check", str(file.parent))
    assert (code, said) == (0, f"{file}: nothing wrong\n")
    code, said = studylab("check", str(file.parent / "nowhere.py"))
    assert code == 1
    assert "cannot be read" in said


def test_new_from_a_shell_begins_a_lab_in_this_folder(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from studylab.__main__ import main; sys.exit(main(['new', 'mine']))",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert (done.returncode, (tmp_path / "mine.py").is_file()) == (0, True), done.stderr
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
    assert "labs/commit_first.py: nothing wrong" in said
