"""Pages stay, and the bench can be parked and opened again, whatever bytes somebody publishes."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from tests.web.learner import Learner, until
from tests.web.test_sessions import park

HALF = json.dumps(
    {"consumer": "half \ud800 of \x00 it \u202e", "stream_seq": 1, "deliveries": 1, "api": 5, "sql": [5]}
).encode()
SUBJECTS = (
    "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.ROUTES.fra",
    "route.owner.updated.shop",
    "allocation.x",
    "telemetry.x",
)


@pytest.mark.parametrize("payload", [HALF, b"\xff\x00", b"[" * 9000, b'{"type": "\\ud800.x"}'])
def test_odd_bytes_stop_no_page_and_no_parking(shared: Flask, learner: Learner, payload: bytes) -> None:
    running = shared.extensions["studylab"]
    with learner.client.session_transaction() as session:
        key = session["bench"]
    bench = running.benches._live[key].bench
    for subject in SUBJECTS:
        running.loop.call(bench.wire().publish(subject, payload), timeout_s=10)
    until(lambda: any(m.kind == "advisory" for m in bench.journal.tail(100)), "the advisory is told")
    running.loop.call(bench.observe(), timeout_s=10)
    pages = ["/sandbox", "/bench.json", "/labs/streams", *(f"/bench/moments/{m.n}" for m in bench.journal.tail(100))]
    assert {page: learner.client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)
    park(shared, key)
    assert learner.client.get("/sandbox").status_code == 200
