"""The front desk served to a real browser, with a teacher who has signed in by the fragment of the address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page

from studylab.web.server import Server
from tests.browser.made_host import MadeHost
from tests.room.front_desk import SECRET, FrontDesk, a_front_desk

THREADS = 40


class Served:
    """A front desk and where it answers."""

    def __init__(self, desk: FrontDesk, address: str, host: MadeHost) -> None:
        self.desk, self.address, self.host = desk, address, host

    def signs_in(self, page: Page) -> None:
        """Make a page the teacher's."""
        page.goto(f"{self.address}/teach#{quote(SECRET)}")
        page.wait_for_url("**/room/")


@contextmanager
def a_served_desk(folder: Path) -> Iterator[Served]:
    """Serve a front desk."""
    with MadeHost() as host, a_front_desk(folder, host.url) as desk:
        server = Server(desk.app, "127.0.0.1", 0, threads=THREADS)
        server.start()
        try:
            yield Served(desk, f"http://127.0.0.1:{server.port}", host)
        finally:
            desk.app.extensions["studylab_end_streams"]()
            server.stop()
