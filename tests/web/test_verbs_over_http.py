"""Verbs over HTTP: in every form that a button, a plain form or a program sends, and every way to get them wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.web.learner import HTMX, JSON, OWN, Learner


def test_a_verb_answers_json_with_its_sentence_and_the_moment(learner: Learner) -> None:
    answer = learner.do("promote", route="shop", to="alloc-c").get_json()
    assert answer["ok"] is True
    assert "shop belongs to alloc-c" in answer["sentence"]
    assert answer["moment"] > 0
    assert learner.owner("shop") == "alloc-c"


def test_a_button_gets_its_sentence_for_the_status_line(learner: Learner) -> None:
    answer = learner.client.post("/bench/verbs/promote", data={"route": "blog", "to": "alloc-b"}, headers=HTMX)
    assert answer.text.startswith('<hx-partial hx-target="#status"')
    assert "blog belongs to alloc-b" in answer.text


def test_a_form_without_script_is_sent_back_to_its_page(learner: Learner) -> None:
    headers = {**OWN, "Accept": "text/html", "Referer": "http://localhost/sandbox"}
    answer = learner.client.post("/bench/verbs/promote", data={"route": "api", "to": "alloc-c"}, headers=headers)
    assert (answer.status_code, answer.location) == (303, "http://localhost/sandbox")
    assert learner.owner("api") == "alloc-c"


def test_a_referer_from_elsewhere_is_not_followed(learner: Learner) -> None:
    headers = {**OWN, "Accept": "text/html", "Referer": "http://localhost.evil.example/"}
    answer = learner.client.post("/bench/verbs/burst", data={"n": "1"}, headers=headers)
    assert answer.location == "/sandbox"


def test_a_field_left_empty_leaves_things_as_they_are(learner: Learner) -> None:
    data = {"stream": "ROUTES", "max_msgs": "50", "max_bytes": "", "max_age_s": "", "duplicate_window_s": ""}
    before = learner.see()["streams"][0]["rules"]
    assert learner.client.post("/bench/verbs/stream_limits", data=data, headers=JSON).status_code == 200
    assert learner.see()["streams"][0]["rules"] == {**before, "max_msgs": 50}


def test_the_database_s_refusal_is_a_409_in_its_own_words(learner: Learner) -> None:
    answer = learner.do("promote", route="shop", to="alloc-d")
    assert answer.status_code == 409
    assert "alloc-d" in answer.get_json()["error"]


WRONG: list[tuple[str, Any, int]] = [
    ("no_such_verb", {}, 404),
    ("promote", {"route": "shop"}, 422),
    ("promote", {"route": "shop", "to": "alloc-c", "why": "so"}, 422),
    ("promote", {"route": "<b>shop</b>", "to": "alloc-c"}, 422),
    ("promote", {"route": "a" * 41, "to": "alloc-c"}, 422),
    ("promote", {"route": {"shop": 1}, "to": None}, 422),
    ("promote", ["shop", "alloc-c"], 422),
    ("promote", "shop", 422),
    ("burst", {"n": "many"}, 422),
    ("burst", {"n": 0}, 422),
    ("burst", {"n": 10**30}, 422),
    ("burst", {"n": float("nan")}, 422),
    ("kill_edge", {"edge": "lhr"}, 404),
    ("purge", {"stream": "../ROUTES"}, 404),
    ("crash_relay", {"at": "half-way through a snapshot load"}, 409),
    ("replay", {"edge": "fra", "from_seq": -1}, 422),
]


@pytest.mark.parametrize(("verb", "arguments", "status"), WRONG, ids=lambda case: str(case)[:40])
def test_bad_input_gets_a_sentence_and_changes_nothing(
    learner: Learner, verb: str, arguments: Any, status: int
) -> None:
    before = learner.see()["truth"]
    answer = learner.client.post(f"/bench/verbs/{verb}", json=arguments, headers=JSON)
    said = answer.get_json()
    assert (answer.status_code, said["ok"]) == (status, False)
    assert said["error"].endswith((".", "?"))
    assert learner.see()["truth"] == before


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"", b"null"])
def test_a_body_that_is_no_json_object_says_so(learner: Learner, body: bytes) -> None:
    headers = {**JSON, "Content-Type": "application/json"}
    answer = learner.client.post("/bench/verbs/burst", data=body, headers=headers)
    assert answer.status_code == 422
    assert "JSON object" in answer.get_json()["error"]


def test_a_body_past_the_limit_is_refused(learner: Learner) -> None:
    assert learner.client.post("/bench/verbs/burst", data={"n": "1" * 70_000}, headers=JSON).status_code == 413


def test_markup_comes_back_escaped(learner: Learner) -> None:
    data = {"route": "<img src=x>", "to": "alloc-c"}
    for headers in (HTMX, {**OWN, "Accept": "text/html"}):
        answer = learner.client.post("/bench/verbs/promote", data=data, headers=headers)
        assert answer.status_code == 422
        assert "<img" not in answer.text
        assert "&lt;img src=x&gt;" in answer.text


@pytest.mark.parametrize(
    "path", ["/nothing", "/labs/no-such-lab", "/bench/journal.json?after=x", "/events?page=nothing"]
)
def test_a_wrong_address_is_a_4xx_with_a_sentence(learner: Learner, path: str) -> None:
    answer = learner.client.get(path, headers={"Accept": "text/html"})
    assert 400 <= answer.status_code < 500
    assert "Traceback" not in answer.text
    assert '<p class="lede">' in answer.text


@pytest.mark.parametrize("number", ["9223372036854775807", "9223372036854775808", "9" * 400])
def test_a_moment_with_a_number_beyond_any_database_is_not_there(learner: Learner, number: str) -> None:
    answer = learner.client.get(f"/bench/moments/{number}", headers=JSON)
    assert (answer.status_code, answer.get_json()["ok"]) == (404, False)


@pytest.mark.parametrize("data", ["[" * 1_000, '{"a":' * 1_000 + "1" + "}" * 1_000, "[" * 60_000])
def test_json_of_any_depth_is_refused_in_words(learner: Learner, data: str) -> None:
    answer = learner.client.post("/bench/verbs/promote", data=data, headers=JSON, content_type="application/json")
    assert (answer.status_code in (400, 413, 422), answer.get_json()["ok"]) == (True, False)


@pytest.mark.parametrize("referer", ["http://[::1", "http://[", "//"])
def test_a_referer_that_is_no_address_is_as_none(learner: Learner, referer: str) -> None:
    data = {"route": "shop", "to": "alloc-b"}
    answer = learner.client.post("/bench/verbs/promote", json=data, headers={**JSON, "Referer": referer})
    assert (answer.status_code, learner.owner("shop")) == (200, "alloc-b")
    form = {**OWN, "Accept": "text/html", "Referer": referer}
    assert learner.client.post("/bench/verbs/promote", data={**data, "to": "alloc-c"}, headers=form).status_code == 303


def test_the_journal_is_read_on_from_a_number(learner: Learner) -> None:
    learner.do("promote", route="shop", to="alloc-b")
    whole = learner.client.get("/bench/journal.json").get_json()
    assert [m["n"] for m in whole["moments"]] == list(range(1, len(whole["moments"]) + 1))
    after = whole["moments"][4]["n"]
    assert learner.client.get(f"/bench/journal.json?after={after}").get_json()["moments"][0]["n"] == after + 1


def test_bench_json_has_its_keys(learner: Learner) -> None:
    assert {"truth", "outbox", "streams", "consumers", "edges", "audit", "broker"} <= learner.see().keys()


def test_the_attach_sheet_says_who_can_reach_the_broker_and_how_from_elsewhere(learner: Learner) -> None:
    text = learner.client.get("/sandbox").text
    port = learner.see()["broker"]["url"].rpartition(":")[2]
    assert "Only programs on the machine that runs Study Lab reach this address." in text
    assert f"ssh -N -L {port}:127.0.0.1:{port} YOU@THE-MACHINE" in text


def test_the_sheet_of_an_open_broker_has_the_address_for_programs_elsewhere(open_app: Callable[..., Flask]) -> None:
    learner = Learner(open_app(brokers_at="127.0.0.2"))
    learner.enter()
    text = learner.client.get("/sandbox").text
    port = learner.see()["broker"]["url"].rpartition(":")[2]
    assert f"<code>nats://127.0.0.2:{port}</code>" in text
    assert "Programs in the same network reach this address." in text
    assert "ssh -N" not in text


def test_a_dialog_explains_each_protection_and_fault_that_it_offers(learner: Learner) -> None:
    text = " ".join(learner.client.get("/sandbox").text.split())
    assert "zombie: an old event is stored again, after the duplicate window" in text
    assert "hole: one message inside the stream is deleted" in text
    assert "ack+mark: ack after apply, high-water mark" in text
