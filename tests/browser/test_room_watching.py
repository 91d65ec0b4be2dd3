"""A host dies: its learner's page goes on to the host that the seat has then, and that of the teacher who looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from studylab.web.admission import Limits
from studylab.web.server import Server
from tests.room.hosted import Sitting, until
from tests.room.walking import SECRET, RoomOfBoth

THREADS = 40


class ServedRoom(RoomOfBoth):
    """A desk and two hosts of this process behind real sockets."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.http: dict[str, Server] = {}
        for name, app in self.both().items():
            self.http[name] = Server(app, "127.0.0.1", 0, threads=THREADS, limits=Limits())
            self.http[name].start()
        self.desk.change_room(desk_url=self.at("desk"))
        for name in self.names:
            self.serving(name).link.url = self.at(name)
        until(lambda: all(self.desk.hosts[name].row.url == self.at(name) for name in self.names), "the addresses")

    def at(self, name: str) -> str:
        return f"http://127.0.0.1:{self.http[name].port}"

    def dies(self, name: str) -> None:
        """End a host with its door."""
        self.apps[name].extensions["studylab_end_streams"]()
        self.http.pop(name).stop()
        self.end(name)

    def close(self) -> None:
        for name in list(self.apps):
            self.dies(name)
        self.front.extensions["studylab_room_stop"].set()
        self.http.pop("desk").stop()
        super().close()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[ServedRoom]:
    served = ServedRoom(tmp_path / "room")
    try:
        yield served
    finally:
        served.close()


@pytest.fixture
def teacher(browser: Browser, room: ServedRoom) -> Iterator[Page]:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{room.at('desk')}/teach#{quote(SECRET)}")
    page.wait_for_url("**/room/")
    try:
        yield page
    finally:
        for each in browser.contexts:
            each.close()


def test_a_learner_and_who_looks_on_are_led_to_the_seat_s_new_host(room: ServedRoom, teacher: Page) -> None:
    ana: Sitting = room.join("Ana")
    assert ana.do("promote", route="shop", to="alloc-c").status_code == 200
    ana.reported(lambda report: "promote" in report.act, "the act is told")
    number, before = ana.row.number, ana.row.host
    after = {"h1": "h2", "h2": "h1"}[before]
    teacher.goto(f"{room.at('desk')}/room/seats/{number}/watch")
    teacher.wait_for_url(f"{room.at(before)}/room/watch/{ana.id}")
    expect(teacher.locator("#watching")).to_contain_text("You look at the bench of Ana")
    expect(teacher.locator("#age")).to_have_attribute("data-age", "live")
    learner = comes(teacher, room, ana)
    room.dies(before)
    learner.wait_for_url(f"{room.at(after)}/**", timeout=120_000)
    teacher.wait_for_url(f"{room.at(after)}/room/watch/{ana.id}", timeout=120_000)
    expect(teacher.locator("#watching")).to_contain_text("You look at the bench of Ana")
    expect(teacher.locator("#age")).to_have_attribute("data-age", "live")


def comes(teacher: Page, room: ServedRoom, seat: Sitting) -> Page:
    """Open the page of a learner, in a browser of their own."""
    browser = teacher.context.browser
    assert browser is not None
    page = browser.new_context(base_url=room.at("desk")).new_page()
    page.goto("/join")
    page.get_by_label("Resume code").fill(seat.row.resume)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(f"{room.at(seat.row.host)}/**")
    expect(page.locator("#age")).to_have_attribute("data-age", "live")
    return page


@pytest.mark.slow
def test_who_opens_a_seat_whose_host_is_away_is_told_and_waits(room: ServedRoom, teacher: Page) -> None:
    ana = room.join("Ana")
    until(lambda: ana.report() is not None, "the wall knows of the seat")
    for name in room.names:
        room.dies(name)
    until(lambda: not any(host.answers for host in room.desk.hosts.all()), "the desk hears of no host")
    teacher.goto(f"{room.at('desk')}/room/seats/{ana.row.number}/watch")
    expect(teacher.get_by_role("heading", name="The bench of Ana is away")).to_be_visible()
    expect(teacher.locator("main")).to_contain_text("This page asks again every two seconds")
