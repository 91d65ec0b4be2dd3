"""Labs with faults: each is named with file and line, all at once, and the other labs still work."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from studylab.author import course
from studylab.author.new import SKELETON, begin
from studylab.author.places import Pages
from studylab.author.rest import at_rest
from studylab.author.source import Fault, examine
from studylab.lab import model
from studylab.lab.scripts import EDGES
from tests.labs.authored import as_one_file, change, place
from tests.labs.conftest import Learner
from vango.errors import BadInput, Refused, Unavailable

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 60
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a lab, as a folder or as one file: the skeleton with some of its text replaced."""

    def write(name: str = "mine", *, one_file: bool = False, **changes: str) -> Path:
        lab = begin(name, tmp_path)
        lab = as_one_file(lab) if one_file else lab
        for old, new in (CHANGES[key] for key in changes.values()):
            change(lab, old, new)
        return lab

    return write


CHANGES = {
    "syntax": ("PREDICT = Predict(", "PREDICT = Predict(("),
    "import": ("SETUP = opening(", "import nowhere_at_all\n\nSETUP = opening("),
    "name error": ("SETUP = opening(", "wiat\nSETUP = opening("),
    "exit": ("SETUP = opening(", "raise SystemExit\nSETUP = opening("),
    "no solution": (
        '    solution=(promote("shop", "alloc-c"), settled("every edge to serve it")),\n', "",
    ),
    "empty solution": (
        'solution=(promote("shop", "alloc-c"), settled("every edge to serve it"))', "solution=()",
    ),
    "solution without a comma": (
        'solution=(promote("shop", "alloc-c"), settled("every edge to serve it"))',
        'solution=(promote("shop", "alloc-c"))',
    ),
    "unknown verb": ('solution=(promote("shop", "alloc-c")', 'solution=(refused("promoot", route="shop")'),
    "wrong argument": ('solution=(promote("shop", "alloc-c")', 'solution=(refused("promote", rout="shop")'),
    "locked verb": ('solution=(promote("shop", "alloc-c")', 'solution=(refused("purge")'),
    "no such panel": ('panel="panel-truth"', 'panel="panel-truht"'),
    "two happen": ("shared by its readers.", 'shared by its readers.", happens=True, key="'),
    "check raises": ("    commits = reading.commits(evidence)\n    if not", "    commits = reading.commits(evidence)\n    commits[0]\n    if not"),
    "check exits": ("    commits = reading.commits(evidence)\n    if not", "    raise SystemExit\n    commits = []\n    if not"),
    "code that raises": ('"vango.control", "ControlPlane.outbox"', '"labs_that_raise", "outbox"'),
    "odd mapping": ("    locked={},\n", "    locked={1: 'one'},\n"),
    "check answers nothing": ("    commits = reading.commits(evidence)\n    if not", "    return None\n    commits = []\n    if not"),
    "wait raises": ("SETUP = opening()", "from studylab.lab import Wait\n\nSETUP = opening(\n    Wait(\"it\", lambda seen: seen.edge(\"nowhere\")),\n)"),
    "asks the memory": ("    commits = reading.commits(evidence)\n    if not", "    evidence.memory['kept']\n    commits = reading.commits(evidence)\n    if not"),
    "prose is a number": ('prose="It is about what you have just measured."', "prose=7"),
    "slug": ('slug="mine"', 'slug="../mine"'),
    "no code": ('"ControlPlane.outbox"', '"ControlPlane.outbax"'),
    "right answer": ('right="database"', 'right="databse"'),
    "no LAB": ("LAB = Lab(", "LABORATORY = Lab("),
    "unknown field": ("    minutes=5,\n", "    minutes=5,\n    minuts=5,\n"),
    "not a lab": ("LAB = Lab(", "LAB = dict("),
}  # fmt: skip


def faults(lab: Path) -> list[Fault]:
    return examine(course.source_of(lab))[1]


@pytest.mark.parametrize("one_file", [False, True], ids=["folder", "one file"])
@pytest.mark.parametrize(
    ("change", "at", "says", "left_out"),
    [
        ("import", "import nowhere_at_all", "does not import: ModuleNotFoundError", True),
        ("name error", "wiat", "does not import: NameError", True),
        ("exit", "raise SystemExit", "does not import: SystemExit", True),
        ("no solution", "PROMOTE = Do(", "this Do has no solution", True),
        ("empty solution", "solution=()", "there is no solution", True),
        ("solution without a comma", "solution=(promote", "solution is a Call; expected a tuple of Call or Wait", True),
        ("unknown verb", "promoot", "There is no verb 'promoot'. Near it: promote", True),
        ("wrong argument", "rout=", "promote has no argument 'rout'", True),
        ("locked verb", 'refused("purge")', "the solution uses purge, which is locked", True),
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
        ("no code", "outbax", "ControlPlane.outbax of vango.control, which is not there", True),
        ("right answer", " question(", "the right answer 'databse' to decides is none of database, stream", False),
        ("unknown field", "minuts=5", "a Lab has no minuts", True),
        ("not a lab", "LAB = dict(", "LAB is a dict; expected a Lab", True),
    ],
)
def test_a_fault_is_named_with_its_line(
    write: Write, one_file: bool, change: str, at: str, says: str, left_out: bool
) -> None:
    lab = write(one_file=one_file, change=change)
    (fault,) = faults(lab)
    assert says in fault.sentence
    assert (fault.file, fault.line, fault.left_out) == (*place(lab, at), left_out)
    assert str(fault).startswith(f"{fault.file}:{fault.line}: ")
    assert fault.on_page == f"{fault.file.relative_to(lab.parents[1])}:{fault.line}"


def test_whatever_a_lab_holds_it_does_not_stop_the_others(write: Write) -> None:
    lab = write()
    odd = "class Odd(tuple):\n    def __iter__(self):\n        raise RuntimeError('odd')\n\n\nLAB = Lab("
    change(lab, "LAB = Lab(", odd)
    change(lab, "setup=SETUP,", "setup=Odd(),")
    (fault,) = faults(lab)
    assert "cannot be looked over: RuntimeError: odd" in fault.sentence
    assert fault.left_out


@pytest.mark.parametrize("one_file", [False, True], ids=["folder", "one file"])
def test_a_file_that_is_no_python_is_named_with_the_line(write: Write, one_file: bool) -> None:
    lab = write(one_file=one_file, change="syntax")
    (fault,) = faults(lab)
    assert "is no Python" in fault.sentence
    assert fault.file == place(lab, "Predict((")[0]
    assert fault.line > 0


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_files(write: Write) -> None:
    lab = write(a="empty solution", b="no such panel", c="slug", d="no code", e="prose is a number")
    found = faults(lab)
    assert len(found) == 5
    places = [(fault.file, fault.line) for fault in found]
    assert places == sorted(places)
    assert {file.name for file, _ in places} == {"lab.py", "steps.py"}


def test_missing_arguments_are_told_all_at_once_although_python_stops_at_the_first(write: Write) -> None:
    found = faults(write(a="no solution", b="unknown field"))
    assert [fault.sentence.split(";")[0] for fault in found] == ["a Lab has no minuts", "this Do has no solution"]


def test_a_check_that_looks_into_the_memory_is_not_judged_before_it_is_played(write: Write) -> None:
    assert faults(write(change="asks the memory")) == []


def test_a_fault_in_a_file_beside_the_lab_is_named_there(write: Write, tmp_path: Path) -> None:
    (tmp_path / "mine_checks.py").write_text("def promoted(evidence):\n    return 1 / 0\n")
    lab = write(one_file=True)
    change(lab, "SETUP =", "from . import mine_checks\n\nSETUP =")
    change(lab, 'every edge serves it", promoted', 'every edge serves it", mine_checks.promoted')
    change(lab, "PREDICT = ", "from . import mine_checks\n\nPREDICT = ")
    (fault,) = faults(lab)
    assert (fault.file.name, fault.line, fault.of) == ("mine_checks.py", 2, lab)
    assert "ZeroDivisionError" in fault.sentence


def test_a_fault_in_a_part_of_the_steps_is_named_there(write: Write) -> None:
    lab = write(change="no such panel")
    (lab / "steps").mkdir()
    (lab / "steps.py").rename(lab / "steps" / "first.py")
    change(lab, "from . import checks as saw", "from .. import checks as saw")
    change(lab, "from . import steps", "from .steps import first")
    change(lab, "*steps.STEPS", "*first.STEPS")
    (fault,) = faults(lab)
    assert (fault.file, fault.line) == place(lab, "panel-truht")
    assert fault.file.parent.name == "steps"


def test_a_plain_import_of_a_file_beside_the_lab_is_told_how(write: Write, tmp_path: Path) -> None:
    (tmp_path / "beside_it.py").write_text("")
    lab = write(one_file=True)
    change(lab, "SETUP =", "import beside_it\n\nSETUP =")
    assert "from . import beside_it" in faults(lab)[0].sentence


def lines_of(tmp_path: Path, text: str, *paths: tuple[str | int, ...]) -> list[tuple[str, int]]:
    """Return name and line of some values of a lab that is written as one file with a text."""
    file = tmp_path / "written.py"
    file.write_text(text)
    found = [Pages(file, "mine").place_of(path) for path in paths]
    return [(where.name, line) for where, line in found]


def test_the_line_of_a_value_is_found_through_names_sums_and_stars(tmp_path: Path) -> None:
    text = (
        "A = Do(\n  id='a')\nB = Do('b',\n  'title')\nREST = (B,)\nSTEPS = (A,) + REST\n"
        "LAB = Lab(id='x', steps=(*STEPS,\n  Quiz(\n   id='q')))\n"
    )
    paths = (("steps", 0, "id"), ("steps", 1, "title"), ("steps", 2, "id"), ("steps", 2, "prose"), ("nothing",))
    assert [line for _, line in lines_of(tmp_path, text, *paths)] == [2, 4, 9, 8, 7]
    assert lines_of(tmp_path, "x = 1", ("id",)) == [("written.py", 1)]


def test_the_line_of_a_value_is_found_in_another_file_of_the_lab(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("from .last import Z\n")
    (tmp_path / "parts" / "first.py").write_text("from ..shared import B\n\nA = Do(id='a')\nSTEPS = (A, B)\n")
    (tmp_path / "shared.py").write_text("\nB = Do(\n    id='b')\n")
    (tmp_path / "loop.py").write_text("from .written import LOOP\n")
    text = (
        "from mine.parts import first\nfrom .parts.first import A as again\nfrom .loop import LOOP\n"
        "from elsewhere import C\nLAB = Lab(steps=(*first.STEPS, again, C), id=LOOP)\n"
    )
    paths = (("steps", 0, "id"), ("steps", 1, "id"), ("steps", 2), ("steps", 3, "id"), ("id",))
    assert lines_of(tmp_path, text, *paths) == [
        ("first.py", 3), ("shared.py", 3), ("first.py", 3), ("written.py", 5), ("written.py", 5)
    ]  # fmt: skip


def test_the_line_of_a_value_is_found_in_what_a_builder_makes(tmp_path: Path) -> None:
    text = (
        "SETUP = opening(\n  call('a'),\n  call('b'))\nQUIZ = quiz(\n  question('one', 'text', (),\n   right='x'),\n"
        "  question('two',\n   'text', (), right='x'))\nLAB = Lab(setup=SETUP, steps=(QUIZ,))\n"
    )
    paths = (("setup", 0), ("setup", 2), ("steps", 0, "questions", 1), ("steps", 0, "questions", 1, "text"))
    assert [line for _, line in lines_of(tmp_path, text, *paths)] == [1, 3, 7, 8]


def test_two_labs_with_one_slug_or_id_keep_the_first(write: Write, tmp_path: Path) -> None:
    first, second, third = write("first"), write("second"), write("third", one_file=True)
    change(second, 'slug="second"', 'slug="first"')
    change(third, 'id="third"', 'id="commit_first"')
    found = course.load(tmp_path)
    assert [lab.slug for lab in found.labs][-1] == "first"
    by_file = {fault.file: fault for fault in found.faults}
    fault = by_file[second / "lab.py"]
    assert (fault.file, fault.line) == place(second, 'slug="first"')
    assert f"the slug 'first' is already that of {first / 'lab.py'}:" in fault.sentence
    assert "the id 'commit_first' is already that of" in by_file[third].sentence
    assert "commit_first/lab.py:" in by_file[third].sentence


def test_labs_of_a_folder_come_after_the_project_s_and_one_with_a_fault_does_not_hide_the_rest(
    write: Write, tmp_path: Path
) -> None:
    write("good")
    write("also_good", one_file=True)
    bad = write("bad", change="name error")
    (tmp_path / "_draft").mkdir()
    (tmp_path / "_draft" / "lab.py").write_text("LAB = 1 / 0\n")
    (tmp_path / "notes.py").write_text("# no lab\n")
    (tmp_path / "_draft.py").write_text("LAB = 1 / 0\n")
    found = course.load(tmp_path)
    own = course.load()
    assert [lab.slug for lab in found.labs] == [*(lab.slug for lab in own.labs), "also-good", "good"]
    assert [(fault.file, fault.left_out) for fault in found.faults] == [(bad / "lab.py", True)]


def test_a_folder_that_is_a_lab_itself_is_taken_as_that_lab(write: Write) -> None:
    own = course.load()
    assert [lab.slug for lab in course.load(write("good")).labs] == [*(lab.slug for lab in own.labs), "good"]


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
    assert [edge.name for edge in real.edges] == list(EDGES)
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
        with pytest.raises(Refused, match="there already"):
            begin(name, tmp_path)
    assert (tmp_path / "mine.py").read_text() == "precious"
    assert list((tmp_path / "yours").iterdir()) == []
    with pytest.raises(BadInput, match="is no folder"):
        begin("mine", tmp_path / "nowhere")


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
    assert studylab("check", str(lab)) == (0, f"{lab / 'lab.py'}: nothing wrong\n")
    assert studylab("check", str(lab / "lab.py")) == (0, f"{lab / 'lab.py'}: nothing wrong\n")
    code, said = studylab("check", str(lab.parent))
    assert (code, said) == (0, f"{lab / 'lab.py'}: nothing wrong\n{other}: nothing wrong\n")
    code, said = studylab("check", str(lab.parent / "nowhere.py"))
    assert code == 1
    assert "cannot be read" in said


def test_new_from_a_shell_begins_a_lab_in_this_folder(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from studylab.__main__ import main; sys.exit(main(['new', 'mine']))",
    ]
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
