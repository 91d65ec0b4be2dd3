"""A class of twenty with a teacher: a room as a person starts it, and a real browser context for each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ANSWERED
from tests.browser.evidence import Witness
from tests.browser.hands import Mouse
from tests.browser.learner import Learner
from tests.room.running import RunningRoom

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]
NAMES = (
    "Ana", "Ben", "Chidi", "Dana", "Emre", "Fatima", "Goran", "Hana", "Ivo", "Jun",
    "Kofi", "Lena", "Mia", "Noor", "Olga", "Pavel", "Quynh", "Rosa", "Sam", "Zoë",
)  # fmt: skip
EDGES = ("fra", "iad", "syd")
OWNERS = ("alloc-b", "alloc-c")
PATIENCE_MS = 120_000
"""Twenty benches and twenty-one pages share two processors: what is waited for may take long."""
ON = "acks/predict-queued"


class Class:
    """The room, and the pages of all who are in it. What a page complains of is kept."""

    def __init__(self, browser: Browser, data: Path) -> None:
        self.browser, self.pages, self.errors = browser, dict[str, Page](), list[str]()
        self.room = RunningRoom(data, "--host", "127.0.0.1")

    def page(self, name: str) -> Page:
        """Open a browser of somebody's own."""
        context = self.browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.errors.append(f"{name}: {error}"))
        page.on("console", lambda m: self._complains(name, m.text) if m.type == "error" else None)
        return page

    def _complains(self, name: str, text: str) -> None:
        if not ANSWERED.search(text):
            self.errors.append(f"{name}: {text}")

    def joins(self, name: str) -> Page:
        """Join as a learner does, and open the sandbox of the bench."""
        self.pages[name] = page = self.page(name)
        page.goto(f"{self.room.url}/join/{self.room.code}")
        page.get_by_label("Your name").fill(name)
        page.get_by_role("button", name="Join").click()
        page.wait_for_url(re.compile(r"/labs/"))
        host = re.sub(r"(://[^/]+).*", r"\1", page.url)
        assert host != self.room.url
        page.goto(f"{host}/sandbox")
        expect(page.locator("#age")).to_have_attribute("data-age", "live", timeout=PATIENCE_MS)
        return page

    def teacher(self) -> Page:
        """Sign in as the teacher."""
        page = self.page("the teacher")
        secret = (self.room.data / "room" / "teacher-secret.txt").read_text().strip()
        page.goto(f"{self.room.url}/teach#{quote(secret)}")
        page.wait_for_url("**/room/")
        return page

    def close(self) -> None:
        for context in self.browser.contexts:
            context.close()
        self.room.end()


@pytest.fixture
def room(browser: Browser, tmp_path: Path) -> Iterator[Class]:
    found = Class(browser, tmp_path / "data")
    try:
        found.room.opened()
        yield found
    finally:
        found.close()


def owner(number: int) -> str:
    return OWNERS[number % len(OWNERS)]


def test_a_class_of_twenty_acts_is_hit_by_a_fault_and_votes(room: Class) -> None:
    for number, name in enumerate(NAMES):
        page = room.joins(name)
        answer = Learner(Mouse(page), Witness(page, room.room.data)).promotes("shop", owner(number))
        assert answer.ok, answer.text()
    for number, name in enumerate(NAMES):
        for edge in EDGES:
            line = room.pages[name].locator(f"#panel-edge-{edge} .tiles li", has_text="shop")
            expect(line.locator(".owner")).to_have_text(owner(number), timeout=PATIENCE_MS)
    teacher = room.teacher()
    on_the_wall(teacher, [f"promote shop, {owner(number)}" for number in range(len(NAMES))])
    one_fault(room, teacher)
    on_the_wall(teacher, ["kill edge iad"] * len(NAMES))
    votes(room, teacher)
    for number, name in enumerate(NAMES):
        nothing_is_lost(room.pages[name], owner(number))
    assert room.errors == []


def on_the_wall(teacher: Page, acts: list[str]) -> None:
    """Each of the twenty has a tile with the name and what was done last."""
    teacher.goto(teacher.url.partition("/room")[0] + "/room/wall/")
    tiles = teacher.locator(".seat-tile")
    expect(tiles).to_have_count(len(NAMES), timeout=PATIENCE_MS)
    for name, act in zip(NAMES, acts, strict=True):
        tile = tiles.filter(has=teacher.locator(".who b", has_text=re.compile(f"^{name}$")))
        expect(tile).to_have_count(1, timeout=PATIENCE_MS)
        expect(tile.locator(".act-of")).to_have_text(act, timeout=PATIENCE_MS)


def one_fault(room: Class, teacher: Page) -> None:
    """One fault reaches each of the twenty benches, and the scoreboard counts them."""
    teacher.goto(teacher.url.partition("/room")[0] + "/room/conduct/fault?verb=kill_edge")
    teacher.get_by_label("Edge").select_option("iad")
    teacher.get_by_role("button", name="Do it to them").click()
    expect(teacher.locator(".scores li")).to_have_count(len(NAMES), timeout=PATIENCE_MS)
    for outcome in ("not there yet", "could not be done"):
        expect(teacher.locator(".counts li", has_text=outcome)).to_have_text(f"0 {outcome}", timeout=PATIENCE_MS)
    for page in room.pages.values():
        expect(page.locator("#panel-edge-iad")).to_contain_text("Down", timeout=PATIENCE_MS)


def votes(room: Class, teacher: Page) -> None:
    """All vote, half of them twice: a vote that is changed counts once."""
    teacher.goto(teacher.url.partition("/room")[0] + "/room/votes/")
    teacher.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    teacher.locator(f"input[value='{ON}'] + button").click()
    chosen: list[str] = []
    for number, page in enumerate(room.pages.values()):
        options = page.locator(".room-vote input[type='radio']")
        expect(options.first).to_be_visible(timeout=PATIENCE_MS)
        most = options.count()
        chosen.append(options.nth(number % most).get_attribute("value") or "")
        if number % 2:
            vote(page, (number + 1) % most, "Vote")
            # It is open still, or folded by now.
            page.locator(".room-vote").evaluate("card => { card.open = true; }")
        vote(page, number % most, "Change it" if number % 2 else "Vote")
    expect(teacher.locator(".voting")).to_contain_text(f"{len(NAMES)} of {len(NAMES)}", timeout=PATIENCE_MS)
    teacher.get_by_role("button", name="Close the vote").click()
    bars = teacher.locator(".bars").last.locator("li > b")
    expect(bars.first).to_be_visible(timeout=PATIENCE_MS)
    counted = [int(words.partition(" ")[0]) for words in bars.all_text_contents()]
    assert sorted(count for count in counted if count) == sorted(chosen.count(option) for option in set(chosen))
    for page in room.pages.values():
        expect(page.locator(".room-vote")).to_have_count(0, timeout=PATIENCE_MS)


def vote(page: Page, at: int, word: str) -> None:
    card = page.locator(".room-vote")
    card.locator("input[type='radio']").nth(at).check()
    with page.expect_response(lambda answer: answer.url.endswith("/room/vote")) as found:
        card.get_by_role("button", name=word).click()
    assert found.value.ok, found.value.text()
    expect(card.locator("summary")).to_contain_text("Your vote", timeout=PATIENCE_MS)


def nothing_is_lost(page: Page, owner_of_shop: str) -> None:
    """What was done is in the truth of the bench, once; the fault was carried out once."""
    host = page.url.removesuffix("/sandbox")
    seen = page.request.get(f"{host}/bench.json").json()
    assert {route["name"]: route["owner"] for route in seen["truth"]["routes"]}["shop"] == owner_of_shop
    moments = page.request.get(f"{host}/bench/journal.json?after=0").json()["moments"]
    verbs = [moment["detail"]["verb"] for moment in moments if moment["kind"] == "verb"]
    assert sorted(verbs) == ["kill_edge", "promote"]
