"""How somebody comes in: by a button of their own, by a link from another site, and when the house was full."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.served import Served

HOST, ELSEWHERE = "lab.test", "learning.test"
# A browser trusts names such as localhost, and treats cookies and headers there unlike those of a plain address in a room.
RULES = f"MAP {HOST} 127.0.0.1, MAP {ELSEWHERE} 127.0.0.1"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Served]:
    """An app for one bench, under a plain name."""
    options = ("--allow-host", HOST, "--max-benches", "1", "--park-after", "0.2", "--keep-place", "0")
    with Served(tmp_path, 0, *options) as served:
        yield served


@pytest.fixture
def pages(browser_path: str, room: Served) -> Iterator[tuple[Page, Page]]:
    """The pages of two visitors who know the app by that name."""
    base = room.address.replace("127.0.0.1", HOST)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", f"--host-resolver-rules={RULES}"]
        ) as browser,
    ):
        yield browser.new_context(base_url=base).new_page(), browser.new_context(base_url=base).new_page()


@contextmanager
def another_site(link: str) -> Iterator[str]:
    """Serve a page with a link on it, as a learning platform would. Yields its address."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f'<!doctype html><title>Course</title><a href="{link}">Go to the lab</a>'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://{ELSEWHERE}:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def test_a_link_from_another_site_leads_back_to_the_lab_as_it_was_left(pages: tuple[Page, Page], room: Served) -> None:
    page, _ = pages
    with another_site(room.address.replace("127.0.0.1", HOST) + "labs/commit-first") as elsewhere:
        page.goto(elsewhere)
        page.get_by_role("link", name="Go to the lab").click()
        page.get_by_role("button", name="Start the lab").click()
        expect(page.locator("#panel-guide li.is-now")).to_be_visible()
        was = page.context.cookies()
        page.goto(elsewhere)
        page.get_by_role("link", name="Go to the lab").click()
        expect(page.locator("#panel-guide li.is-now")).to_be_visible()
        assert page.context.cookies() == was


def test_who_comes_to_a_full_house_is_let_in_when_there_is_room(pages: tuple[Page, Page]) -> None:
    inside, outside = pages
    inside.goto("/sandbox")
    inside.get_by_role("button", name="Start").click()
    expect(inside.locator("#age")).to_have_attribute("data-age", "live")
    outside.goto("/sandbox")
    outside.get_by_role("button", name="Start").click()
    expect(outside.locator("h1")).to_have_text("All places are taken")
    assert outside.url.endswith("/sandbox")
    inside.close()
    expect(outside.locator("#age")).to_have_attribute("data-age", "live")
