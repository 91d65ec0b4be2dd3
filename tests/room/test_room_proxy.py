"""A room behind a proxy: TLS and one name, a desk and hosts below it, on one machine and on several."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.room.proxies import Proxy, answers, caddy, free_ports, in_front, nginx
from tests.room.running import Browser, RunningRoom
from tests.web.learner import Running

pytestmark = pytest.mark.slow
MACHINES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")


def at_host(browser: Browser) -> str:
    """Return the address of the host at which somebody is."""
    return re.sub(r"(/h\d)/.*", r"\1", browser.at)


def signs_in(room: RunningRoom, public: str) -> Browser:
    teacher = Browser()
    secret = (room.data / "room" / "teacher-secret.txt").read_text()
    assert teacher.ask(f"{public}/teach", secret=secret)[0] == 200
    return teacher


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_learners_and_teacher_come_through_the_proxy(proxy: Proxy, tmp_path: Path) -> None:
    port = free_ports()
    places = {f"127.0.0.1:{8320 + number}": f"127.0.0.1:{port + number}" for number in (1, 2, 3)}
    with in_front(proxy, tmp_path, port, places) as public, a_room(tmp_path / "data", public, port + 1) as room:
        assert room.opened().url == public
        answers(public, tmp_path)
        at = {at_host(room.join(f"Ana {number}")) for number in range(4)}
        assert at == {f"{public}/h1", f"{public}/h2"}
        signs_in(room, public)


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_hosts_of_other_machines_are_below_the_same_name(proxy: Proxy, tmp_path: Path) -> None:
    port = free_ports(*MACHINES)
    elsewhere = {"h2": "127.0.0.2", "h5": "127.0.0.3"}
    places = {
        "127.0.0.1:8321": f"127.0.0.1:{port + 1}", "127.0.0.1:8322": f"127.0.0.1:{port + 2}",
        "127.0.0.1:8323": f"127.0.0.2:{port + 2}", "10.0.0.9:8321": f"127.0.0.3:{port + 2}",
    }  # fmt: skip
    hosts: list[Running] = []
    with (
        in_front(proxy, tmp_path, port, places) as public,
        a_room(tmp_path / "data", public, port + 1, "--hosts", "1") as room,
    ):
        try:
            room.opened()
            answers(public, tmp_path)
            for name, machine in elsewhere.items():
                key = str(room.data / "room" / "keys" / f"{name}.key")
                hosts.append(
                    Running(tmp_path / name, "--host-for", room.broker_url, "--room-key", key, "--host", machine,
                            "--public-url", f"{public}/{name}", "--port", str(port + 2))
                )  # fmt: skip
            teacher = signs_in(room, public)
            teacher.until(f"{public}/room/", *elsewhere)
            learners = [room.join(f"Ana {number}") for number in range(6)]
            assert {at_host(learner) for learner in learners} == {f"{public}/{name}" for name in ("h1", *elsewhere)}
            for learner in learners[:3]:
                assert 'hx-target="#panel-edge-fra"' in learner.hears(f"{at_host(learner)}/events?page=")
            assert 'hx-target="#tiles"' in teacher.hears(f"{public}/room/wall/events")
            answer = learners[-1].ask(f"{at_host(learners[-1])}/bench/verbs/promote", route="shop", to="alloc-b")
            assert answer[0] == 200
        finally:
            said = [host.end() for host in hosts]
        assert said == ["", ""]


@contextmanager
def a_room(data: Path, public: str, port: int, *options: str) -> Iterator[RunningRoom]:
    room = RunningRoom(data, "--public-url", public, "--port", str(port), *options)
    try:
        yield room
    finally:
        room.end()
