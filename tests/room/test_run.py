"""`--room` as a process: it opens a room, starts again what died, keeps secrets secret, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from studylab.room import keys, permissions
from tests.facts.conftest import Server
from tests.room.running import WITHIN_S, Browser, RunningRoom, are_gone, read
from tests.web.learner import Running, until
from vango.broker.keeper import is_running

pytestmark = pytest.mark.long
HERE = ("--host", "127.0.0.1")


@pytest.fixture
def open_room(tmp_path: Path) -> Iterator[Callable[..., RunningRoom]]:
    with ExitStack() as stack:

        def open_room(*options: str) -> RunningRoom:
            room = RunningRoom(tmp_path / "data", *HERE, *options)
            stack.callback(room.end, signal.SIGKILL)
            return room

        yield open_room


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRoom]:
    """One room for the tests after which it goes on: what they kill comes back."""
    room = RunningRoom(tmp_path_factory.mktemp("room") / "data", *HERE)
    try:
        yield room.opened()
    finally:
        room.end()


def test_a_learner_joins_with_the_printed_code_and_is_on_a_bench(room: RunningRoom) -> None:
    learner = room.join()
    assert not learner.at.startswith(room.url)
    status, page = learner.ask(learner.at)
    assert (status, "Ana" in page, 'id="room"' in page) == (200, True, True)


def test_the_teacher_signs_in_with_the_secret_that_only_the_owner_may_read(room: RunningRoom) -> None:
    file = room.data / "room" / "teacher-secret.txt"
    assert [oct(path.stat().st_mode & 0o077) for path in (file, room.data / "room" / "room.key")] == ["0o0", "0o0"]
    teacher = Browser()
    assert teacher.ask(f"{room.url}/teach", secret="wrong")[0] == 403
    assert teacher.ask(f"{room.url}/teach", secret=file.read_text())[0] == 200
    assert teacher.at == f"{room.url}/room/"


def test_no_secret_is_on_a_command_line_in_an_environment_or_in_what_was_printed(room: RunningRoom) -> None:
    room.join()
    seen = [read(pid, name) for pid in room.tree() for name in ("cmdline", "environ")]
    assert len(seen) > 10
    logs = [path.read_text() for path in room.data.rglob("*.log")]
    for secret in room.secrets():
        assert not [text for text in (*seen, *logs, str(room.said), str(room.complained)) if secret in text]


@pytest.mark.parametrize(
    "how", [signal.SIGKILL, *(pytest.param(how, marks=pytest.mark.slow) for how in (signal.SIGINT, signal.SIGTERM))]
)
def test_nothing_is_left_when_it_ends(open_room: Callable[..., RunningRoom], how: signal.Signals) -> None:
    room = open_room().opened()
    room.join()
    tree = room.tree()
    assert len(tree) >= 9  # itself, desk, two hosts, three keepers, the room's broker and that of a bench
    code = room.end(how)
    assert code == (-how if how is signal.SIGKILL else 0)
    assert are_gone(tree), {pid: line for pid, line in tree.items() if is_running(pid)}
    assert room.complained.whole() == ""


@pytest.mark.slow
def test_ctrl_c_of_a_terminal_reaches_all_and_is_obeyed_by_one(room: RunningRoom) -> None:
    tree = room.tree()
    for pid, line in tree.items():
        if "app.py" in line and pid != room.process.pid:
            os.kill(pid, signal.SIGINT)
    assert room.join().at
    assert {pid for pid in tree if is_running(pid)} == set(tree)


@pytest.mark.slow
def test_it_can_be_ended_while_it_starts(open_room: Callable[..., RunningRoom]) -> None:
    room = open_room()
    until(lambda: (room.data / "room" / "h2" / "lock").exists(), "the last of the children is starting")
    tree = room.tree()
    assert room.end() == 0
    assert are_gone(tree)
    assert (room.said.whole(), room.complained.whole()) == ("", "")


@pytest.mark.slow
def test_a_host_that_is_killed_is_back_at_its_port_and_its_learner_works_on(room: RunningRoom) -> None:
    learner = room.join()
    victim = next(name for name in ("h1", "h2") if (room.data / "room" / name / "benches").exists())
    at, killed = learner.at, room.child(victim)
    os.kill(killed, signal.SIGKILL)
    assert room.complained.has(f"Host {victim} died: killed by signal 9. It is started again.")
    assert room.complained.has(f"Host {victim} is back.")
    assert room.child(victim) not in (0, killed)
    until(lambda: learner.status(at) == 200, "the learner is on a bench")


@pytest.mark.slow
def test_the_front_desk_dies_and_no_learner_waits_for_it(room: RunningRoom) -> None:
    learner, killed = room.join(), room.child("desk")
    os.kill(killed, signal.SIGKILL)
    assert learner.status(learner.at) == 200
    assert room.complained.has("The front desk is back.")
    until(lambda: Browser().ask(f"{room.url}/join", code=room.code, name="Ben")[0] == 200, "the code is what it was")


@pytest.mark.slow
def test_the_rooms_broker_dies_and_is_back_for_those_who_come_later(room: RunningRoom) -> None:
    learner, killed = room.join(), room.broker()
    os.kill(killed, signal.SIGKILL)
    assert learner.status(learner.at) == 200
    assert room.complained.has("The broker was started again")
    assert room.broker() not in (0, killed)
    until(lambda: Browser().ask(f"{room.url}/join", code=room.code, name="Ben")[0] == 200, "somebody can join")


@pytest.mark.slow
def test_a_room_goes_on_after_a_restart(open_room: Callable[..., RunningRoom]) -> None:
    room = open_room().opened()
    learner, code, url = room.join(), room.code, room.url
    assert room.end() == 0
    again = open_room("--port", url.rpartition(":")[2]).opened()
    assert (again.code, again.url) == (code, url)
    until(lambda: learner.status(f"{url}/back") == 200, "the seat is kept")


def test_a_second_room_in_the_same_folder_is_told_so(room: RunningRoom) -> None:
    second = RunningRoom(room.data, *HERE)
    assert second.process.wait(WITHIN_S) == 1
    (sentence,) = second.complained.whole().splitlines()
    assert "Another Study Lab uses the data folder" in sentence


@pytest.mark.slow
def test_a_port_that_is_taken_stops_the_start_and_leaves_nothing(room: RunningRoom, tmp_path: Path) -> None:
    second = RunningRoom(tmp_path / "other", *HERE, "--port", room.url.rpartition(":")[2])
    assert second.process.wait(WITHIN_S) == 1
    (sentence,) = second.complained.whole().splitlines()
    assert "cannot be used" in sentence
    assert "--port" in sentence


@pytest.mark.slow
def test_a_host_by_hand_joins_a_room_on_servers_that_exist(tmp_path: Path) -> None:
    server = Server(tmp_path / "nats", more=permissions_of(tmp_path / "data" / "room")).start()
    nats, room = f"nats://{server.address}", None
    key = str(tmp_path / "data" / "room" / "keys" / "h3.key")
    by_hand = ("--host-for", nats, "--room-key", key, "--public-url", "http://127.0.0.1:9", *HERE)
    try:
        room = RunningRoom(tmp_path / "data", *HERE, "--room-nats", nats).opened()
        host = Running(tmp_path / "elsewhere", *by_hand)
        teacher = Browser()
        teacher.ask(f"{room.url}/teach", secret=(room.data / "room" / "teacher-secret.txt").read_text())
        until(lambda: "h3" in teacher.ask(f"{room.url}/room/")[1], "the desk knows of the host")
        assert host.end() == ""
    finally:
        if room is not None:
            room.end()
        server.kill()


def permissions_of(folder: Path) -> str:
    """Make the keys of a room before it starts, and return the users for its servers."""
    made = keys.of_room(folder, [f"h{number}" for number in range(1, 11)])
    return permissions.accounts(made.desk, made.hosts)
