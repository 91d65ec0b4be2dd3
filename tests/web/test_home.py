"""The first page: what to press next, the labs as a path, and a small picture of a bench, real or recorded."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from labs import LABS
from studylab.web import home, miniature
from studylab.web.miniature import Miniature
from tests.web.learner import HTMX, JSON, Learner, until

PAGE = {"Accept": "text/html"}
STORY = (
    ("edge_rules", {"edge": "iad", "ack": "before apply", "ask_high_water_mark": False, "prove_continuity": False}),
    ("crash_edge", {"edge": "iad", "at": "after ack, before apply"}),
    ("promote", {"route": "shop", "to": "alloc-c"}),
    ("start_edge", {"edge": "iad"}),
    ("promote", {"route": "blog", "to": "alloc-b"}),
)
"""What was done on the recorded bench."""


@pytest.fixture
def visitor(shared: Flask) -> FlaskClient:
    """Somebody without a bench."""
    return shared.test_client()


def picture(learner: Learner) -> Miniature:
    """Return the small picture of a learner's bench, once the audit has its verdict on it."""
    for verb, arguments in STORY:
        assert learner.do(verb, **arguments).status_code == 200
        if arguments.get("to") == "alloc-c":
            until(lambda: learner.see()["edges"][1]["mode"] == "down", "iad to crash")
    until(lambda: [edge["sequence"] for edge in learner.see()["edges"]] == [5, 5, 5], "every edge to be at 5")
    until(lambda: learner.see()["audit"]["soundness"] == "violated", "the audit to find it")
    with learner.client.session_transaction() as session:
        state = learner.client.application.extensions["studylab"]
        hub = state.loop.call(state.benches.hub(session["bench"]), timeout_s=30)
    try:
        return miniature.of(state.loop.call(hub.bench.observe(), timeout_s=30))
    finally:
        hub.release()


def test_the_recorded_bench_is_what_a_real_one_shows(learner: Learner) -> None:
    kept = json.loads(miniature.RECORDED.read_text(encoding="utf-8"))
    assert json.loads(miniature.written(picture(learner))) == kept


def test_a_visitor_sees_the_recording_that_says_so_and_one_button_to_start(visitor: FlaskClient) -> None:
    text = visitor.get("/", headers=PAGE).text
    assert "A recorded bench." in text
    assert text.partition("</main>")[0].count('class="verb go"') == 1
    assert '<form method="post" action="/tour/start">' in text
    assert visitor.get("/miniature", headers=PAGE).status_code == 204


def test_a_learner_sees_their_own_bench(learner: Learner) -> None:
    learner.do("add_route", route="till", owner="alloc-b")
    for path in ("/", "/miniature"):
        text = learner.client.get(path, headers=PAGE).text
        assert "Your bench, as it is now." in text
    assert "recorded" not in learner.client.get("/miniature", headers=PAGE).text


def test_every_lab_is_on_the_path_once_with_its_trap_and_its_hour(visitor: FlaskClient) -> None:
    text = visitor.get("/", headers=PAGE).text
    for lab in LABS:
        assert text.count(f'href="/labs/{lab.slug}">') >= 1
        assert f"traps.svg#{lab.slug}" in text
        assert lab.story
        assert lab.story in text
    assert [stretch.title for stretch, _ in home._stretches([home._card(lab, {}) for lab in LABS])] == [
        "Publish",
        "Consume",
        "Survive",
    ]


def test_the_button_goes_on_where_the_learner_is(learner: Learner) -> None:
    lab = LABS[0]
    assert learner.client.post(f"/labs/{lab.slug}/start", headers=JSON, json={}).status_code == 200
    assert "Continue lab 1, step 1 " in learner.client.get("/", headers=PAGE).text
    step = lab.steps[2].id
    assert learner.client.post(f"/labs/{lab.slug}/catch-up", headers=JSON, json={"step": step}).status_code == 200
    text = learner.client.get("/", headers=PAGE).text
    assert "Continue lab 1, step 3 " in text
    assert 'is-next"' in text


def test_the_drawings_of_the_traps_are_those_of_the_labs() -> None:
    drawn = set(re.findall(r'id="([a-z-]+)"', (miniature.RECORDED.parents[2] / "static/icons/traps.svg").read_text()))
    assert drawn == home.DRAWN_TRAPS == {lab.slug for lab in LABS}


def test_the_first_page_asks_htmx_for_nothing(visitor: FlaskClient) -> None:
    assert "htmx.min.js" not in visitor.get("/", headers=HTMX | PAGE).text
