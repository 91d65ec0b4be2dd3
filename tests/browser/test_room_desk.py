"""The front desk in a real browser: the doors, the wall that follows the room, votes, and a demo led by a clicker."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from labs import LABS
from studylab.room import codes
from studylab.room.protocol import Hit, Say
from tests.browser.conftest import PICTURES, PICTURES_VARIABLE
from tests.browser.front_desk import Served, a_served_desk
from tests.room.made_up import class_of, doing

ONE_SCREEN = (
    "() => document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"
)
# Where somebody is, and what the audit says, is never cut off.
CUT_OFF = """() => document.fonts.ready.then(() => [...document.querySelectorAll(
  ".where-at > span, .since, .verdict-of",
)].filter(each => each.scrollWidth > each.clientWidth).map(each => each.textContent))"""
ORDER = "() => [...document.querySelectorAll('#tiles .who b')].map(each => each.textContent)"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with a_served_desk(tmp_path_factory.mktemp("desk")) as served:
        yield served


@pytest.fixture
def teacher(browser: Browser, room: Served) -> Iterator[Page]:
    """The teacher's page, which fails its test on any error of script or policy."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=room.address)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    room.signs_in(page)
    yield page
    context.close()
    assert errors == []


def test_the_secret_leaves_the_address_before_anything_else_is_asked(browser: Browser, room: Served) -> None:
    page = browser.new_context().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    room.signs_in(page)
    assert not any("sesame" in url for url in asked if "#" not in url)
    page.go_back()
    assert "sesame" not in page.url
    page.context.close()


def test_a_learner_joins_with_the_keyboard_and_is_led_to_the_host(browser: Browser, room: Served) -> None:
    page = browser.new_context(base_url=room.address).new_page()
    page.goto(f"/join/{room.desk.code}")
    expect(page.locator("input[name='name']")).to_be_focused()
    page.keyboard.type("Ana")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{room.host.url}/**")
    assert room.host.asked[0].startswith("/seat?ticket=")
    page.goto("/join")
    expect(page.get_by_role("heading", name="You have a seat: Ana")).to_be_visible()
    page.context.close()


def test_the_first_page_leads_to_the_code_the_wall_and_the_plan(teacher: Page, room: Served) -> None:
    expect(teacher.get_by_role("heading", level=1)).to_have_text("Three things to do first")
    teacher.get_by_role("link", name="Show the code large").click()
    expect(teacher.get_by_text(codes.shown(room.desk.code))).to_be_visible()
    assert teacher.locator("img.qr").evaluate("image => image.naturalWidth") > 0


def test_the_wall_follows_the_room_and_puts_who_needs_help_first(teacher: Page, room: Served) -> None:
    calm = room.desk.sits("Calm", lab="acks", index=1, steps=12, act="purged ROUTES", verdict="sound")
    teacher.goto("/room/wall/")
    tile = teacher.locator(f"#tile-{calm.number}")
    expect(tile).to_contain_text("purged ROUTES")
    late = room.desk.sits("Late", lab="acks", index=1, steps=12, hand=time.time())
    expect(teacher.locator(f"#tile-{late.number}")).to_contain_text("hand up now")
    teacher.wait_for_function(f"() => ({ORDER})()[0] === 'Late'")
    room.desk.reports(calm, verdict="violated", act="killed edge iad")
    expect(tile).to_contain_text("Not sound")
    teacher.keyboard.press("n")
    expect(teacher.locator(f"#tile-{late.number}")).to_contain_text(f"seat {late.number}")
    expect(teacher.locator("#tiles")).not_to_contain_text("Late")


def test_a_tile_that_has_the_focus_stays_where_it_is(teacher: Page, room: Served) -> None:
    seat = room.desk.sits("Focused", lab="acks")
    teacher.goto("/room/wall/")
    link = teacher.locator(f"#tile-{seat.number} a")
    link.focus()
    room.desk.reports(seat, act="did something new")
    expect(link).to_contain_text("did something new")
    expect(link).to_be_focused()


def test_the_wall_says_since_when_the_desk_does_not_answer(browser: Browser, room: Served) -> None:
    page = browser.new_context(base_url=room.address).new_page()
    room.signs_in(page)
    page.goto("/room/wall/")
    away, stop = page.locator("#away"), room.desk.app.extensions["studylab_room_stop"]
    page.route("**/room/wall/events*", lambda route: route.abort())
    stop.set()
    expect(away).to_contain_text("The front desk does not answer since")
    stop.clear()
    page.unroute_all()
    expect(away).to_be_hidden()
    page.context.close()


def test_a_step_and_a_message_are_answered_on_the_page(teacher: Page, room: Served) -> None:
    teacher.goto("/room/conduct/")
    teacher.locator("#to").select_option("acks/lost")
    teacher.locator("form[action$='/step']").get_by_role("button", name="Send").click()
    expect(teacher.locator("#status")).to_contain_text("Everybody: lab 5, step 4")
    expect(teacher.locator("#strip")).to_contain_text("lab 5, step 4")
    teacher.get_by_label(re.compile("^Text")).fill("Look at the projector")
    teacher.locator("form[action$='/message']").get_by_role("button", name="Send").click()
    expect(teacher.get_by_label(re.compile("^Text"))).to_have_value("")
    assert room.desk.parts.front.wall.instructions[-1].say is Say.MESSAGE


def test_one_fault_turns_the_wall_into_a_scoreboard_that_is_live(teacher: Page, room: Served) -> None:
    seat = room.desk.sits("Racer", verdict="sound", since=1.0)
    teacher.goto("/room/conduct/")
    teacher.get_by_role("link", name="A storm with one seed").click()
    teacher.get_by_role("button", name="Do it to them").click()
    line = teacher.locator(".scores li", has_text="Racer")
    room.desk.reports(seat, verdict="violated", since=time.time())
    expect(line).to_contain_text("still wrong")
    number = room.desk.parts.front.wall.instructions[-1].number
    room.desk.reports(seat, verdict="sound", fault=Hit(number, hurt=True, again=True, after_s=6.0))
    expect(line).to_contain_text("sound again after 6.0 s")


def test_two_votes_stand_beside_each_other_and_the_first_shows_no_bars_while_open(teacher: Page, room: Served) -> None:
    seat = room.desk.sits("Voter")
    for number in ("1", "2"):
        teacher.goto("/room/votes/")
        teacher.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        teacher.locator("input[value='acks/predict-queued'] + button").click()
        options = list(room.desk.parts.front.wall.votes()[-1].options)
        known = room.desk.parts.front.wall.tile(seat.id)
        before = dict(known.report.votes) if known and known.report else {}
        room.desk.reports(seat, votes={**before, number: options[int(number) - 1]})
        expect(teacher.locator(".voting")).to_contain_text("1 of")
        assert teacher.locator("progress").count() == 0
        teacher.get_by_role("button", name="Close the vote").click()
        expect(teacher.locator(".bars").last).to_contain_text("1 · 100%")
    expect(teacher.get_by_role("heading", name="Before")).to_be_visible()
    expect(teacher.locator(".changes")).to_contain_text("1 went from")


def test_a_demo_is_led_from_start_to_end_by_a_clicker(teacher: Page, room: Served) -> None:
    room.desk.parts.agenda.begin_again()
    teacher.goto("/room/demo/")
    for number, part in enumerate(room.desk.parts.agenda.plan.parts, 1):
        teacher.keyboard.press("PageDown")
        expect(teacher.locator("#now-title")).to_have_text(part.title)
        expect(teacher.locator("#presenting")).to_contain_text(f"Part {number} of")
    assert room.desk.parts.front.wall.room.step == "watch"
    teacher.keyboard.press("PageDown")
    expect(teacher.locator("#status")).to_contain_text("This is the last part.")
    teacher.keyboard.press("PageUp")
    expect(teacher.locator("#now-title")).to_have_text(room.desk.parts.agenda.plan.parts[-2].title)


def test_two_hundred_tiles_fit_into_one_screen_and_change_live(browser: Browser, tmp_path: Path) -> None:
    with a_served_desk(tmp_path) as room:
        seats = class_of(room.desk, 200)
        page = browser.new_context(viewport={"width": 1920, "height": 1080}, base_url=room.address).new_page()
        room.signs_in(page)
        page.goto("/room/wall/")
        expect(page.locator(".seat-tile")).to_have_count(200)
        for step in LABS[0].steps[-1], LABS[0].steps[0]:
            # At the lab's first step nearly everybody is ahead of the room: done, beside what the audit says.
            room.desk.parts.front.say(Say.STEP, lab=LABS[0].slug, step=step.id)
            expect(page.locator(".seat-tile.is-done").nth(100)).to_be_visible(visible=step is LABS[0].steps[0])
            assert page.evaluate(ONE_SCREEN)
            assert page.evaluate(CUT_OFF) == []
        if PICTURES_VARIABLE in os.environ:
            page.screenshot(path=PICTURES / "room-wall.png", animations="disabled")
        chance = random.Random(1)
        for seat in seats[:40]:
            room.desk.host.report(seat.id, **{**doing(chance, time.time()), "act": "news of all"})
        expect(page.locator(".act-of", has_text="news of all")).to_have_count(40)
        page.context.close()
