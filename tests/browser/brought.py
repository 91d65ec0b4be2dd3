"""Edges that a test brings along: processes on the bench behind a page, with what the page says of address and password."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

GUEST = Path(__file__).with_name("guest.py")


@contextmanager
def brought_along(page: Page, name: str, **changes: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a guest that claims what is true now, but for the changes, until the block ends or it is killed."""
    seen = page.request.get("/bench.json").json()
    truth, broker = seen["truth"], seen["broker"]
    routes = {route["name"]: {"owner": route["owner"], "epoch": route["epoch"]} for route in truth["routes"]}
    said = {"instance": "run-1", "mode": "current", "sequence": truth["sequence"], "event_id": truth["event_id"]}
    claim = json.dumps({**said, "routes": routes, **changes})
    command = [sys.executable, str(GUEST), name, broker["url"], broker["edge_user"], broker["edge_password"], claim]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
