"""The guard: who may ask, from where, under which name; each test fails when its guard is taken away."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from studylab.hub import Hub
from studylab.web.guard import CSP, HEADERS
from tests.web.learner import Learner, Running

PROMOTE = {"route": "shop", "to": "alloc-c"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:81"},
        {"Origin": "https://localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
    ids=str,
)
def test_a_post_from_elsewhere_is_refused_and_changes_nothing(learner: Learner, headers: dict[str, str]) -> None:
    answer = learner.client.post("/bench/verbs/promote", json=PROMOTE, headers=headers)
    assert answer.status_code == 403
    assert answer.get_json()["error"].endswith(".")
    assert learner.owner("shop") == "alloc-a"


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://localhost"}], ids=str
)
def test_a_post_from_a_page_of_the_app_is_carried_out(learner: Learner, headers: dict[str, str]) -> None:
    assert learner.client.post("/bench/verbs/promote", json=PROMOTE, headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/sandbox", "/healthz", "/bench.json", "/static/css/tokens.css"])
def test_every_answer_carries_the_strict_headers(learner: Learner, path: str) -> None:
    with learner.client.get(path) as answer:
        headers = answer.headers
    assert headers["Content-Security-Policy"] == CSP
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_only_known_hosts_are_answered_on_every_route(start: Callable[..., Running]) -> None:
    running = start("--allow-host", "lab.example")
    for path in ("/", "/healthz", "/events", "/bench.json", "/static/css/tokens.css"):
        for host in ("evil.example", "127.0.0.1.evil.example", "lab.example.evil", "", "a b", "[::1"):
            refused = running.ask(path, Host=host)
            assert (refused.status, "Host" in refused.body) == (400, True), (path, host)
            assert [name for name in HEADERS if f"{name}: {HEADERS[name]}" not in refused.head] == []
    for host in ("127.0.0.1", f"localhost:{running.port}", "[::1]:8321", "LAB.example"):
        assert running.ask("/healthz", Host=host).status == 200, host


def test_an_error_nobody_foresaw_is_a_sentence_and_no_trace(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(self: Hub, page: str) -> None:
        raise ZeroDivisionError("a slip of the pen")

    monkeypatch.setattr(Hub, "context", fail)
    answer = learner.client.get("/sandbox", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    assert "in the log of the app" in answer.text
    assert "slip of the pen" not in answer.text


def test_an_app_that_listens_everywhere_answers_to_addresses_and_to_no_unknown_name(
    start: Callable[..., Running],
) -> None:
    everywhere, here = start("--host", "0.0.0.0"), start(data="other")
    for host in ("10.9.8.7", f"192.168.1.2:{everywhere.port}", "[fe80::1]", "127.0.0.1"):
        assert everywhere.ask("/healthz", Host=host).status == 200, host
        assert here.ask("/healthz", Host=host).status == (200 if host == "127.0.0.1" else 400), host
    for host in ("evil.example", "10.9.8.7.evil.example", "10.9.8", "0x0a.9.8.7"):
        assert everywhere.ask("/healthz", Host=host).status == 400, host
