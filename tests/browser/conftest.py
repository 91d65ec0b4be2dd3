"""The real app as a process, and a real browser that looks at it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_MS = 10_000


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where the app answers; it ends with the test, and what it said is in the failure."""
    process = subprocess.Popen(
        [sys.executable, "app.py", "--port", "0", "--no-browser", "--data", str(tmp_path / "data")],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "http://" in line, f"the app did not start: {line}"
        yield line.split()[-1]
    finally:
        process.terminate()
        _, said = process.communicate(timeout=20)
        print(said)


@pytest.fixture(scope="module")
def browser(browser_path: str) -> Iterator[Browser]:
    """One browser for the tests of a file. Not for the session: while it is open, no other loop can run here."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page of 1440 by 900 that fails its test on any error of script or policy."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=address, color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" and "status of 4" not in m.text else None)
    yield page
    context.close()
    assert errors == []
