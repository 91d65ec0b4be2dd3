"""A learner's page in a room: the strip on one screen, what the teacher says as it comes, and the way on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from studylab.room.protocol import Say, SeatRow
from tests.browser.conftest import ANSWERED
from tests.browser.room_served import RoomServed
from tests.browser.test_one_screen import DESKS, PHONE, SCENE, STEP, STRIP, look

LINE = ("#room .room-line", "#room form.act > button")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoomServed]:
    served = RoomServed(tmp_path_factory.mktemp("room"))
    yield served
    served.close()


@pytest.fixture
def seat(room: RoomServed) -> SeatRow:
    return room.desk.join(room.desk.room.code, "Ana María Fernández", "10.0.0.1")


@pytest.fixture
def page(browser: Browser, room: RoomServed, seat: SeatRow) -> Iterator[Page]:
    """The page of a seat, which fails its test on any error of script or policy."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" and not ANSWERED.search(m.text) else None)
    page.goto(room.door(seat))
    expect(page.locator("#age")).to_have_attribute("data-age", "live")
    yield page
    context.close()
    assert errors == []


def test_the_page_with_its_strip_is_one_screen(room: RoomServed, seat: SeatRow, page: Page) -> None:
    lab = room.serving().labs["acks"]
    room.say(Say.STEP, seat.id, lab="acks", step=lab.steps[2].id)
    expect(page.locator(f"#step-{lab.steps[2].id}.is-now")).to_be_attached()
    expect(page.locator("#panel-guide .busy")).to_have_count(0)
    for edge in ("fra", "iad", "syd"):
        expect(page.locator(f"#panel-edge-{edge} .claim")).to_contain_text("Current at")
    faults = [fault for size in DESKS for fault in look(page, size, (*SCENE, *STEP, *LINE)).faults()]
    assert faults == []
    assert look(page, PHONE, (*STRIP, *STEP, *LINE)).faults("down") == []


def test_the_page_follows_where_the_teacher_sends_the_bench(room: RoomServed, seat: SeatRow, page: Page) -> None:
    page.goto(f"{room.address}/sandbox")
    expect(page.locator("#age")).to_have_attribute("data-age", "live")
    lab = room.serving().labs["subjects"]
    room.say(Say.STEP, seat.id, lab="subjects", step=lab.steps[0].id)
    expect(page.locator(f"#step-{lab.steps[0].id}.is-now")).to_be_visible()
    assert "/labs/subjects" in page.url


def test_a_message_comes_unasked_and_is_put_away(room: RoomServed, seat: SeatRow, page: Page) -> None:
    room.say(Say.MESSAGE, seat.id, text="Look at <i>iad</i>.")
    card = page.locator(".room-card")
    expect(card).to_contain_text("From the teacher: Look at <i>iad</i>.")
    card.get_by_role("button", name="OK").click()
    expect(card).to_have_count(0)


def test_a_hand_goes_up_and_a_vote_is_given(room: RoomServed, seat: SeatRow, page: Page) -> None:
    page.get_by_role("button", name="Raise a hand").click()
    expect(page.locator("#room .chip[aria-pressed='true']")).to_have_text("Hand is up")
    vote = room.desk.open_vote("acks", "x", "What comes next?", {"a": "A gap", "b": "Nothing"})
    page.locator(".room-vote").get_by_label("A gap").check()
    page.locator(".room-vote").get_by_role("button", name="Vote").click()
    expect(page.locator(".room-vote summary")).to_have_text("Your vote: What comes next?")
    room.desk.close_vote(vote.number)
    expect(page.locator(".room-vote")).to_have_count(0)


def test_a_held_room_says_so_and_its_buttons_answer(room: RoomServed, seat: SeatRow, page: Page) -> None:
    page.goto(f"{room.address}/sandbox")
    room.say(Say.HOLD, seat.id)
    expect(page.locator("#room .room-says")).to_contain_text("held")
    page.keyboard.press("u")
    expect(page.locator("#status")).to_contain_text("The teacher holds the room here")
    room.say(Say.RELEASE, seat.id)
    expect(page.locator("#room .room-says")).not_to_contain_text("held")


def test_a_silent_room_is_one_sentence_and_the_bench_goes_on(room: RoomServed, seat: SeatRow, page: Page) -> None:
    page.goto(f"{room.address}/sandbox")
    room.server.stop()
    line = page.locator("#room .room-says")
    expect(line).to_contain_text("The room does not answer since")
    one_line = "line => line.offsetHeight < 1.5 * parseFloat(getComputedStyle(line).lineHeight)"
    for size in ((1280, 720), (1440, 900)):
        assert look(page, size, (*SCENE, *LINE)).faults() == []
        assert line.evaluate(one_line), size
    room.server.start()
    expect(line).not_to_contain_text("does not answer")
