"""Labs with faults: each is named with file and line, all at once, and the other labs still work."""

from __future__ import annotations

from pathlib import Path

import pytest

from studylab.author import course
from studylab.author.rest import at_rest
from studylab.author.source import Fault, examine
from studylab.lab.scripts import EDGES
from tests.labs.authored import change, place
from tests.labs.conftest import Learner, Write
from vango.actors.errors import Unavailable


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
        ("unknown verb", "promoot", "There is no verb 'promoot'. Similar: promote", True),
        ("wrong argument", "rout=", "promote has no argument 'rout'", True),
        ("locked verb", 'refused("purge")', "the solution uses purge, which is locked", True),
        ("no such panel", "panel-truht", "there is no panel panel-truht", True),
        ("check raises", "commits[0]", "raised IndexError", False),
        ("check exits", "raise SystemExit", "raised SystemExit", False),
        (
            "code that raises",
            "labs_that_raise",
            "the debrief shows outbox of labs_that_raise, which does not exist",
            True,
        ),
        ("odd mapping", "locked={1", "there is no verb 1", True),
        ("check answers nothing", "every edge serves it", "answered NoneType; expected Passed or NotYet", False),
        ("wait raises", "nowhere", "raised KeyError ('nowhere')", False),
        ("prose is a number", "prose=7", "prose is a number; expected text", True),
        ("slug", "../mine", "the slug '../mine' is not a name", True),
        ("no code", "outbax", "ControlPlane.outbax of vango.truth.control_plane, which does not exist", True),
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
    assert "cannot be checked: RuntimeError: odd" in fault.sentence
    assert fault.left_out


@pytest.mark.parametrize("one_file", [False, True], ids=["folder", "one file"])
def test_a_file_that_is_no_python_is_named_with_the_line(write: Write, one_file: bool) -> None:
    lab = write(one_file=one_file, change="syntax")
    (fault,) = faults(lab)
    assert "is not Python" in fault.sentence
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
