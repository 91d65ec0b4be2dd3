"""Every page of the front desk for everybody: no axe violation in light and dark, on a desk and a phone, near and far."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.front_desk import Served, a_served_desk
from tests.browser.inspect_page import DESK_LOOKS, MOST_LOOKS, faults
from tests.room.made_up import class_of
from tests.room.test_desk_pages import post

# What a class sees, and what has most on it; the others in `make test-all`.
READ = ("", "wall/", "votes/2", "seats/3")
SELDOM = (
    "show-code", "conduct/", "demo/", "conduct/fault?verb=edge_rules", "votes/", "votes/1", "plan/", "after/", "after/ended", "truth/",
    "conduct/fault/1", "nowhere",
)  # fmt: skip
PAGES = (*READ, *(pytest.param(address, marks=pytest.mark.slow) for address in SELDOM))


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A room in which something has happened."""
    with a_served_desk(tmp_path_factory.mktemp("desk")) as served:
        class_of(served.desk, 24)
        teacher = served.desk.teacher()
        post(teacher, "/room/conduct/fault", verb="storm", seed="7", who="all")
        for number in ("1", "2"):
            post(teacher, "/room/votes/", on="acks/predict-queued")
            served.desk.sits("Voter", votes={number: next(iter(served.desk.parts.front.wall.votes()[-1].options))})
            post(teacher, f"/room/votes/{number}/close") if number == "1" else None
        post(teacher, "/room/demo/turn", by="1")
        yield served


@pytest.fixture
def page(browser: Browser, room: Served) -> Iterator[Page]:
    context = browser.new_context(base_url=room.address)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_the_teacher(page: Page, room: Served, path: str) -> None:
    room.signs_in(page)
    page.goto(f"/room/{path}")
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    assert faults(page, MOST_LOOKS) == []


@pytest.mark.parametrize("path", ["join", "teach", "nowhere"])
def test_a_door(page: Page, path: str) -> None:
    page.goto(f"/{path}")
    assert faults(page, DESK_LOOKS) == []


def test_the_door_of_who_has_a_seat_and_of_who_typed_a_wrong_code(page: Page, room: Served) -> None:
    page.goto("/join/XXXXXX")
    page.get_by_label("Your name").fill("Ana")
    page.get_by_role("button", name="Join").click()
    assert faults(page, DESK_LOOKS) == []
    page.goto(f"/join/{room.desk.code}")
    page.get_by_role("button", name="Join").click()
    page.wait_for_url(f"{room.host.url}/**")
    page.goto("/join")
    assert faults(page, DESK_LOOKS) == []
