"""What a running room survives: a laptop that was shut, a disk that is full, a room that is full. Each has a sentence."""

from __future__ import annotations

import os
import re
import resource
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urljoin

import pytest

from studylab.room.desk import hosts
from tests.room.hosted import until
from tests.room.running import Browser, RunningRoom

pytestmark = pytest.mark.long
SHUT_S = hosts.LOST_AFTER_S + 2.5
"""Longer than a host may be silent."""
NAMES = ("Ana", "Ben", "Chidi", "Dana")
HERE = ("--host", "127.0.0.1")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[RunningRoom]:
    room = RunningRoom(tmp_path / "data", *HERE)
    try:
        yield room.opened()
    finally:
        room.end()


def teacher_of(room: RunningRoom) -> Browser:
    teacher = Browser()
    assert teacher.ask(f"{room.url}/teach", secret=(room.data / "room" / "teacher-secret.txt").read_text())[0] == 200
    return teacher


def promotes(learner: Browser, to: str) -> int:
    """Act on the bench of a learner, and return the status of the answer."""
    return learner.ask(urljoin(learner.at, "/bench/verbs/promote"), route="shop", to=to)[0]


def seats(room: RunningRoom) -> list[tuple[str, str, int]]:
    """Return who sits where, under which epoch, as the desk's database has it."""
    with closing(sqlite3.connect(room.data / "room" / "desk" / "room.db")) as db:
        return db.execute("SELECT name, host, epoch FROM seat ORDER BY number").fetchall()


@contextmanager
def shut(room: RunningRoom) -> Iterator[None]:
    """Have every process of a room stand still, as under a lid; at the end all go on."""
    tree = room.tree()
    try:
        for pid in tree:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in tree:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.slow
def test_after_the_lid_was_shut_every_seat_is_where_it_was(room: RunningRoom) -> None:
    learners = {name: room.join(name) for name in NAMES}
    teacher, before = teacher_of(room), seats(room)
    assert {host for _, host, _ in before} == {"h1", "h2"}
    with shut(room):
        shut_at = time.monotonic()
        until(lambda: time.monotonic() - shut_at > SHUT_S, "the lid was shut long enough")
    for name, learner in learners.items():
        at = learner.at
        assert learner.status(at) == 200, name
        assert learner.at == at, name
        assert promotes(learner, "alloc-c") == 200, name
    # The wall has heard of each what was done since.
    until(lambda: teacher.ask(f"{room.url}/room/wall/")[1].count(">promote shop, alloc-c<") == len(NAMES), "the wall")
    teacher.until(f"{room.url}/room/", "<b>h1</b> answers", "<b>h2</b> answers")
    assert seats(room) == before
    assert str(room.complained) == ""


@pytest.mark.slow
def test_at_a_new_address_a_learner_goes_on_with_the_resume_code(tmp_path: Path) -> None:
    """The network of the class changed: what phones had is gone, the terminal and the teacher's page have the new one."""
    file = tmp_path / "addresses"
    file.write_text("127.0.0.1")
    moving = (sys.executable, "-m", "tests.room.moving", str(file))
    room = RunningRoom(tmp_path / "data", "--host", "0.0.0.0", program=moving)
    try:
        learner, teacher = room.opened().join(), teacher_of(room)
        assert promotes(learner, "alloc-c") == 200
        code = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", learner.ask(urljoin(learner.at, "/progress"))[1])
        assert code
        old, new = room.url, room.url.replace("127.0.0.1", "127.0.0.2")
        file.write_text("127.0.0.2")
        assert room.complained.has(f"join at {new}/join now")
        teacher.until(f"{old}/room/", f"{new}/join")
        phone = Browser()
        assert phone.ask(f"{new}/resume", resume=code[0])[0] == 200

        def is_led() -> bool:
            return phone.status(f"{new}/back") == 200 and phone.at.startswith("http://127.0.0.2:")

        until(is_led, "the learner is led to the bench at its new address")
        assert phone.ask(urljoin(phone.at, "/bench.json"))[1].count("alloc-c") > 0
        assert [name for name, *_ in seats(room)] == ["Ana"]
    finally:
        room.end()


@contextmanager
def full_disk(pid: int) -> Iterator[None]:
    """Let a process write to no file any more, as on a full disk. Linux only."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.slow
def test_a_desk_with_a_full_disk_says_so_and_loses_nothing(room: RunningRoom) -> None:
    ana, teacher = room.join("Ana"), teacher_of(room)
    with full_disk(room.child("desk")):
        status, page = Browser().ask(f"{room.url}/join", code=room.code, name="Ben")
        assert (status, "The disk of the room is full: nothing was changed." in page) == (503, True)
        assert 'value="Ben"' in page
        status, page = teacher.ask(f"{room.url}/room/conduct/message", text="Is anybody there?")
        assert (status, "The disk of the room is full: nothing was changed." in page) == (503, True)
        assert promotes(ana, "alloc-c") == 200
    room.join("Ben")
    assert promotes(ana, "alloc-b") == 200
    teacher.until(f"{room.url}/room/wall/", "Ana", "Ben", ">promote shop, alloc-b<")
    assert [name for name, _, _ in seats(room)] == ["Ana", "Ben"]
    assert "Is anybody there?" not in teacher.ask(f"{room.url}/room/conduct/")[1]
    teacher.until(f"{room.url}/room/truth/", "current")
