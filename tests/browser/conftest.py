"""The real app as a process, and a real browser that looks at it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import failed
from tests.browser.evidence import Witness
from tests.browser.hands import Keys, Mouse
from tests.browser.learner import Learner
from tests.browser.served import ROOT, Served

PICTURES = ROOT / "docs" / "pictures"
PICTURES_VARIABLE = "STUDYLAB_PICTURES"
PATIENCE_MS = 30_000
# A refusal, or a part that is down: the browser writes down as errors what the page has told the learner.
ANSWERED = re.compile(r"status of (4\d\d|503)")

Motion = Literal["reduce", "no-preference"]

expect.set_options(timeout=PATIENCE_MS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a failed test what its page looked like."""
    report = yield
    page = getattr(item, "funcargs", {}).get("page")
    if report.when == "call" and report.failed and isinstance(page, Page):
        report.sections.append(("The page", failed.describe(page, item.name)))
    return report


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the app of a file."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def served(data: Path) -> Iterator[Served]:
    """The app of a file."""
    with Served(data) as served:
        yield served


@pytest.fixture(scope="module")
def address(served: Served) -> str:
    """Where the app of a file answers. Every test's page brings a learner of its own, with a bench of their own."""
    return served.address


@pytest.fixture(scope="module")
def browser(browser_path: str) -> Iterator[Browser]:
    """One browser for the tests of a file. Not for the session: while it is open, no other loop can run here."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"]) as browser,
    ):
        yield browser


@pytest.fixture(scope="module")
def motion() -> Motion:
    """Whether things move. A picture for each of sixty frames a second takes the processor most of a test's time, so
    only tests of motion ask for it.
    """
    return "reduce"


@pytest.fixture
def page(browser: Browser, address: str, data: Path, motion: Motion) -> Iterator[Page]:
    """A page of 1440 by 900 that fails its test on any error of script or policy; what the app said is in the failure."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, base_url=address, color_scheme="light", reduced_motion=motion
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" and not ANSWERED.search(m.text) else None)
    yield page
    context.close()
    print((data / "app.log").read_text(encoding="utf-8"))
    assert errors == []


@pytest.fixture
def by_mouse(page: Page, data: Path) -> Learner:
    """A learner with a mouse."""
    return Learner(Mouse(page), Witness(page, data))


@pytest.fixture
def by_keys(page: Page, data: Path) -> Iterator[Learner]:
    """A learner without a mouse. Once a key has given something the focus, no picture of the page may be without it."""
    page.add_init_script(path=Path(__file__).parent / "lost_focus.js")
    yield Learner(Keys(page), Witness(page, data))
    assert page.evaluate("window.lostFocus") == []


@pytest.fixture
def picture(page: Page) -> Callable[[str], None]:
    """Keep a picture of what the window shows under docs/pictures, where `make pictures` asked for it."""

    def keep(name: str) -> None:
        if PICTURES_VARIABLE not in os.environ:
            return
        path = PICTURES / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        # What was answered last would stand before the edges.
        page.evaluate("scrollTo(0, 0); document.getElementById('status').classList.add('is-read')")
        page.screenshot(path=path, animations="disabled")
        if name.endswith("-trap"):
            page.emulate_media(color_scheme="dark")
            page.screenshot(path=path.with_name(f"{path.stem}-dark.png"), animations="disabled")
            page.emulate_media(color_scheme="light")

    return keep
