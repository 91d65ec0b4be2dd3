"""The tour: five captions on the learner's own bench, each with a real act, and the pace that was."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from studylab.lab.tour import CAPTIONS
from tests.web.learner import HTMX, JSON, OWN, Learner

PAGE = {"Accept": "text/html"}


@pytest.fixture
def visitor(shared: Flask) -> FlaskClient:
    """Somebody without a bench."""
    return shared.test_client()


def goes_on(learner: Learner, at: int, pace: str = "live") -> dict[str, object]:
    answer = learner.client.post("/tour/next", json={"at": str(at), "pace": pace}, headers=JSON)
    assert answer.status_code == 200, answer.text
    caption: dict[str, object] = answer.get_json()
    return caption


def test_a_look_at_the_tour_makes_no_bench_and_start_does(visitor: FlaskClient) -> None:
    assert "Set-Cookie" not in visitor.get("/tour", headers=PAGE).headers
    answer = visitor.post("/tour/start", headers={**OWN, **PAGE})
    assert (answer.status_code, answer.location) == (303, "/tour?at=1&pace=live")
    page = visitor.get(answer.location, headers=PAGE).text
    assert "alloc-a owns it now" in page
    assert 'data-place="panel-truth"' in page


def test_the_tour_promotes_for_real_and_puts_the_pace_back(learner: Learner) -> None:
    learner.do("pace", tempo="step")
    assert learner.client.post("/tour/start", json={}, headers=JSON).get_json()["at"] == 1
    assert learner.see()["pace"]["tempo"] == "slow"
    told = [goes_on(learner, at, "step") for at in range(1, len(CAPTIONS))]
    assert "You gave shop to alloc-c." in str(told[1]["sentence"])
    assert "All say “current at 4”, and send shop to alloc-c." in str(told[-1]["sentence"])
    assert [edge["sequence"] for edge in learner.see()["edges"]] == [4, 4, 4]
    assert learner.see()["pace"]["tempo"] == "step"


def test_undo_brings_back_the_bench_from_before_the_tour(learner: Learner) -> None:
    learner.do("promote", route="blog", to="alloc-c")
    learner.client.post("/tour/start", json={}, headers=JSON)
    assert learner.owner("blog") == "alloc-a"
    learner.do("pace", tempo="live")
    while learner.owner("blog") != "alloc-c":
        assert learner.do("undo").status_code == 200


def test_skip_leads_to_the_first_lab_and_puts_the_pace_back(learner: Learner) -> None:
    learner.client.post("/tour/start", json={}, headers=JSON)
    answer = learner.client.post("/tour/skip", data={"pace": "live"}, headers={**OWN, **PAGE})
    assert answer.location == "/labs/commit-first"
    assert learner.see()["pace"]["tempo"] == "live"


def test_htmx_gets_the_next_caption_alone(learner: Learner) -> None:
    learner.client.post("/tour/start", json={}, headers=JSON)
    text = learner.client.post("/tour/next", data={"at": "1", "pace": "live"}, headers=HTMX).text
    assert text.startswith('<hx-partial hx-target="#tour"')
    assert "<html" not in text


@pytest.mark.parametrize("query", ["at=0", "at=6", "at=x&pace=live", "at=1&pace=fast", "at=²&pace=live"])
def test_a_caption_that_is_not_there_is_refused_in_words(learner: Learner, query: str) -> None:
    answer = learner.client.get(f"/tour?{query}", headers=PAGE)
    assert answer.status_code == 422
    assert "begins at /tour" in answer.text


def test_every_caption_names_a_panel_of_the_stage_and_is_short(learner: Learner) -> None:
    page = learner.client.get("/sandbox", headers=PAGE).text
    for caption in CAPTIONS:
        assert f'id="{caption.place}"' in page
    learner.client.post("/tour/start", json={}, headers=JSON)
    for at in range(1, 3):
        for sentence in re.split(r"(?<=[.!?])\s+", str(goes_on(learner, at)["sentence"])):
            assert len(sentence.split()) <= 22
