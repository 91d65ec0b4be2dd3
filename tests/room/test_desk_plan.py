"""A plan as a file, and a session against its clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from labs import LABS
from studylab.room.desk.web import plan
from studylab.room.desk.web.agenda import Agenda
from studylab.room.desk.web.plan import Progress, behind_s, behind_words, read, shipped
from vango.kit import BadInput

BY_SLUG = {lab.slug: lab for lab in LABS}
SMALL = '[[part]]\ntitle = "One"\nminutes = 5\n[[part]]\ntitle = "Two"\nminutes = 10\nlab = "acks"\nstep = "lost"\n'


@pytest.mark.parametrize(("name", "minutes"), [("demo", 45), ("workshop", 180)])
def test_the_plans_that_come_with_the_app_name_real_steps_and_take_their_time(name: str, minutes: float) -> None:
    found = read(shipped()[name], BY_SLUG)
    assert found.minutes == minutes
    assert all(part.notes for part in found.parts)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("part = [", "This is not TOML"),
        ('title = "x"', "1 to 60 parts"),
        ('[[part]]\ntitle = "x"\nminutes = 0', "minutes must be a number above 0"),
        ("[[part]]\nminutes = 5", "part 1 has no title"),
        ('[[part]]\ntitle = "x"\nminutes = 5\nlab = "ack"\nstep = "a"', "part 1: there is no lab 'ack'"),
        ('[[part]]\ntitle = "x"\nminutes = 5\nlab = "acks"\nstep = "z"', "acks has no step 'z'. It has"),
        ('[[part]]\ntitle = "x"\nminutes = 5\ncolour = "red"', "part 1 has 'colour'"),
        ("#" * (plan.MAX_BYTES + 1), "at most 48 KB"),
    ],
)
def test_a_plan_that_cannot_be_used_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(BadInput) as told:
        read(text, BY_SLUG)
    assert says in str(told.value)


@pytest.mark.parametrize(
    ("part", "after_min", "words"),
    [(0, 3, "on time"), (0, 8, "3 min behind"), (1, 12, "on time"), (1, 2, "3 min ahead"), (1, 21, "6 min behind")],
)
def test_how_far_behind_is_measured_against_the_part_that_is_now(part: int, after_min: float, words: str) -> None:
    found = read(SMALL, BY_SLUG)
    assert behind_words(behind_s(found, Progress(part, 1000.0), 1000.0 + after_min * 60)) == words


def test_the_plan_and_its_place_outlive_the_desk(tmp_path: Path) -> None:
    agenda = Agenda(tmp_path, BY_SLUG)
    agenda.use(SMALL)
    assert agenda.turn(-1) is not None, "the first key begins"
    agenda.turn(1)
    agenda.let_follow(False)
    again = Agenda(tmp_path, BY_SLUG)
    assert (again.plan.parts[again.progress.part].title, again.follow) == ("Two", False)
    assert again.turn(1) is None


def test_a_plan_on_the_disk_that_cannot_be_read_is_replaced_by_the_first_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"text": "part = ["}')
    assert Agenda(tmp_path, BY_SLUG).plan.title == "A demo in 45 minutes"
