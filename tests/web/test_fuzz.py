"""Anything may be asked: requests over every address and verb, and messages on every subject that a bench hears.

`make test` tries 2,000 requests, `make test-all` 50,000. The seed is in the failure: STUDYLAB_SEED=… tries the same again.
"""

from __future__ import annotations

import json
import os
import random
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app import close_app, create_app
from tests.web.learner import JSON, OWN, Learner, until
from vango.verbs.registry import REGISTRY, Parameter

SEED = int(os.environ.get("STUDYLAB_SEED") or random.randrange(1 << 32))
# A storm is a whole story, and a fork or an undo runs a history again: they are tried, and not two hundred times.
LONG = {"storm", "shrink_storm", "undo", "fork", "try_without", "rebuild_database", "restart_broker", "reset"}
ODD = (
    "", " ", "shop", "alloc-c", "fra", "1", "0", "-1", "9223372036854775808", "1e308", "nan", "on", "off", "true", "all",
    "\x00", "\ud800", "\u202eabc", "é" * 300, "a" * 5_000, "../../etc/passwd", "%00", "<script>alert(1)</script>", "{}",
    "http://[::1", "' OR 1=1 --", "route.owner.updated.x y", ">", "*", "\r\nX: y",
)  # fmt: skip
MORE: tuple[Any, ...] = (None, True, -1, 0, 1, 3, 2**63, 10**400, 1e308, [], {}, [[]], {"a": {"b": []}}, ["shop"])
TYPES = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "\x01",
    "",
)
ACCEPTS = ("*/*", "text/html", "application/json", "text/event-stream", ";;q=x", "")
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE")
ROUTES, ALLOCATIONS, EDGES = ("shop", "blog", "docs"), ("alloc-a", "alloc-b", "alloc-c"), ("fra", "iad", "syd")
LARGE = 1 << 20
MAX_PAYLOAD = 60_000
SUBJECTS = (
    "route.owner.updated.shop", "route.x", "allocation.x", "telemetry.x", "$JS.EVENT.ADVISORY.API", "edge.fra.view",
    "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.ROUTES.fra", "$JS.EVENT.ADVISORY.CONSUMER.DELETED.ROUTES.fra",
    "$JS.EVENT.ADVISORY.STREAM.DELETED.ROUTES", "mark.route", "control.mark.route", "snapshot.route", "_INBOX.x.y",
)  # fmt: skip
MEMORY_KB = 300_000
DISK = 200 << 20


def odd_value(chance: random.Random) -> Any:
    return chance.choice(ODD if chance.random() < 0.7 else MORE)


def sound_value(chance: random.Random, parameter: Parameter) -> Any:
    """Return a value that the verb may well take."""
    known = {
        "route": ROUTES,
        "to": ALLOCATIONS,
        "edge": EDGES,
        "name": (*EDGES, "new-1"),
        "n": (1, 3, 40),
        "seconds": (0.5, 2),
    }
    if parameter.choices:
        return chance.choice([*parameter.choices])
    return parameter.default if parameter.default is not None else chance.choice(known.get(parameter.name, ODD))


def address(chance: random.Random, rule: Rule) -> str:
    path = str(rule)
    for name in rule.arguments:
        values = {"verb": [*REGISTRY], "slug": ["streams", "acks"], "key": ["judge", "storm"]}.get(
            name, ["1", "3", "9223372036854775808"]
        )
        filled = chance.choice(values) if chance.random() < 0.8 else chance.choice(ODD).replace("\ud800", "x") or "x"
        for written in (f"<{name}>", f"<int:{name}>", f"<path:{name}>"):
            path = path.replace(written, filled)
    return path


def body(chance: random.Random, path: str) -> bytes:
    kind = chance.random()
    if kind < 0.05:
        return b"[" * 2_000
    if kind < 0.08:
        return chance.randbytes(chance.choice([1, 400, LARGE]))
    verb = REGISTRY.get(path.rpartition("/")[2])
    names = (
        [parameter.name for parameter in verb.parameters]
        if verb
        else ["step", "option", "question", "confidence", "to"]
    )
    given = {name: odd_value(chance) for name in names if chance.random() < 0.8}
    if verb and chance.random() < 0.5:
        given = {parameter.name: sound_value(chance, parameter) for parameter in verb.parameters}
    if chance.random() < 0.1:
        given[chance.choice(ODD)] = odd_value(chance)
    text = json.dumps(given)
    return text[: chance.randrange(len(text))].encode() if chance.random() < 0.1 else text.encode()


def request(chance: random.Random, rules: list[Rule]) -> dict[str, Any]:
    rule = chance.choice(rules if chance.random() < 0.6 else [rule for rule in rules if "verb" in rule.arguments])
    path = address(chance, rule)
    while path.rpartition("/")[2] in LONG and chance.random() < 0.97:
        path = address(chance, rule)
    taken = sorted((rule.methods or set()) - {"OPTIONS"}) if chance.random() < 0.85 else METHODS
    headers = dict(JSON if chance.random() < 0.9 else {"Accept": chance.choice(ACCEPTS)})
    for name in ("Referer", "Origin", "HX-Request", "Range", "If-None-Match", "Accept-Encoding", "Sec-Fetch-Site"):
        if chance.random() < 0.04:
            headers[name] = chance.choice(ODD).replace("\r\n", "").encode("utf-8", "replace").decode("latin-1")
    asked: dict[str, Any] = {"path": path, "method": chance.choice(taken), "headers": headers}
    if chance.random() < 0.3:
        asked["query_string"] = {chance.choice(["at", "after", "page", "lab", "q", "forks", "to"]): chance.choice(ODD)}
        asked["query_string"] = {k: v.replace("\ud800", "?") for k, v in asked["query_string"].items()}
    if asked["method"] in ("POST", "PUT", "PATCH"):
        asked["data"] = body(chance, path)
        asked["content_type"] = chance.choice(TYPES) if chance.random() < 0.3 else "application/json"
    return asked


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = create_app(data=tmp_path)
    yield app
    close_app(app)


@pytest.mark.parametrize("count", [2_000, pytest.param(50_000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_no_request_brings_a_fault_of_the_app(app: Flask, tmp_path: Path, count: int) -> None:
    print(f"STUDYLAB_SEED={SEED}")  # also where the test ends by a time-out
    chance = random.Random(SEED)
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
    learner = Learner(app)
    learner.enter()
    before_kb = memory_kb()
    faults = []
    for number in range(count):
        asked = request(chance, rules)
        answer = learner.client.open(**asked)
        first = next(answer.iter_encoded(), b"") if asked["path"] == "/events" else answer.data
        answer.close()
        if answer.status_code == 500 or (answer.status_code > 500 and b"." not in first):
            faults.append((number, answer.status_code, str(asked)[:600], first[:300]))
    assert faults == [], f"STUDYLAB_SEED={SEED}"
    is_well_or_says_why(learner)
    assert memory_kb() - before_kb < MEMORY_KB
    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) < DISK


def test_no_message_brings_a_fault_of_the_app(app: Flask) -> None:
    print(f"STUDYLAB_SEED={SEED}")  # also where the test ends by a time-out
    chance = random.Random(SEED)
    learner = Learner(app)
    learner.enter()
    state = app.extensions["studylab"]
    with learner.client.session_transaction() as session:
        bench = state.benches._live[session["bench"]].bench
    for _ in range(300):
        payload = body(chance, "promote") if chance.random() < 0.5 else cloud_event(chance)
        headers = {chance.choice(["Nats-Msg-Id", "Status", "X"]): chance.choice(["", "503", "a" * 900, "é"])}
        publish = bench.wire().publish(
            chance.choice(SUBJECTS), payload[:MAX_PAYLOAD], headers=headers if chance.random() < 0.3 else None
        )
        state.loop.call(publish, timeout_s=20)
    pages = ["/sandbox", "/bench.json", "/bench/journal.json", "/labs/streams", "/recording"]
    assert {page: learner.client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200), (
        f"STUDYLAB_SEED={SEED}"
    )
    is_well_or_says_why(learner)


def memory_kb() -> int:
    """Return the memory of this process, 0 where the system does not say."""
    told = Path("/proc/self/statm")
    return int(told.read_text().split()[1]) * resource.getpagesize() // 1024 if told.exists() else 0


def cloud_event(chance: random.Random) -> bytes:
    names = ("specversion", "id", "source", "type", "subject", "time", "sequence", "previousid", "data")
    return json.dumps({name: odd_value(chance) for name in names if chance.random() < 0.9}).encode()


def is_well_or_says_why(learner: Learner) -> None:
    """After a reset the bench is as new; before that, whatever is wrong with it is said."""
    until(lambda: learner.see()["work"] is None, "the long verb is over")
    for edge in learner.see()["edges"]:
        assert edge["claim"] or edge["reason"], edge
    assert learner.client.post("/bench/verbs/reset", json={}, headers=JSON).status_code in (200, 202)
    until(lambda: {edge["mode"] for edge in learner.see()["edges"]} == {"current"}, "all edges are current")
    assert learner.client.get("/sandbox", headers=OWN).status_code == 200
