"""A moment as a picture, and moments as a file: well-formed, escaped, whole, and nothing from outside in them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from studylab.web import export, picture, recording_file
from studylab.web.looks import edge_look
from studylab.web.recording_file import Step
from tests.web.learner import JSON, Learner
from vango.actors.errors import Refused
from vango.journal.codec import read
from vango.journal.moment import Moment
from vango.observe.model import Observation

RED = "#ab221b"
EVIL = '</script><img src="//x" onerror=a()>&\x00\u202e'


@pytest.fixture
def lied_to(learner: Learner) -> Observation:
    """A bench on which every edge serves a phantom, and one edge is down."""
    assert learner.client.post("/bench/scenarios/phantom", json={}, headers=JSON).status_code == 200
    learner.do("kill_edge", edge="syd")
    return seen(learner)


def seen(learner: Learner) -> Observation:
    found: Observation = read(Observation, learner.see())
    return found


def texts(svg: str) -> list[str]:
    return [found.text or "" for found in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_a_picture_shows_every_claim_the_verdict_and_the_moment(lied_to: Observation) -> None:
    said = texts(picture.picture(lied_to))
    for edge in lied_to.edges:
        assert {edge.name, edge_look(edge).words} <= set(said)
    assert "Not sound" in said
    assert "shop → alloc-d: invented" in said
    assert picture.when(lied_to) in said
    assert "".join(lied_to.audit.sentence.split()) in "".join("".join(said).split())


def test_an_accused_edge_is_red_and_another_is_not(lied_to: Observation) -> None:
    svg = picture.picture(lied_to)
    for edge in lied_to.edges:
        claim = re.search(rf'fill="([^"]+)" text-anchor="end" font-weight="700">{edge_look(edge).words}<', svg)
        assert claim, edge.name
        assert (claim[1] == RED) == (edge.name in picture.accused(lied_to))
    assert picture.accused(lied_to) == {"fra", "iad"}


def test_nothing_in_a_picture_is_anything_but_text(lied_to: Observation) -> None:
    edges = tuple(replace(edge, name="<b>&", reason=EVIL) for edge in lied_to.edges)
    audit = replace(lied_to.audit, sentence=EVIL)
    svg = picture.picture(replace(lied_to, edges=edges, audit=audit))
    assert "<b>&" in texts(svg)
    assert {found.tag.rpartition("}")[2] for found in ElementTree.fromstring(svg).iter()} <= {
        "svg", "rect", "text", "line", "circle",
    }  # fmt: skip


@pytest.mark.parametrize("state", ["no stream", "no edges", "many routes"])
def test_every_state_of_a_bench_has_a_picture(lied_to: Observation, state: str) -> None:
    truth = replace(lied_to.truth, routes=lied_to.truth.routes * 20, trouble="cannot be read", history=())
    now = {
        "no stream": replace(lied_to, streams=(), consumers=()),
        "no edges": replace(lied_to, edges=()),
        "many routes": replace(lied_to, truth=truth),
    }[state]
    assert texts(picture.picture(now))


def test_the_picture_of_a_moment_is_an_image_of_then(learner: Learner) -> None:
    before = learner.see()["moment"]
    learner.do("promote", route="shop", to="alloc-c")
    answer = learner.client.get(f"/bench/picture.svg?at={before}")
    assert answer.mimetype == "image/svg+xml"
    assert "alloc-c" not in texts(answer.text)
    assert "alloc-c" in texts(learner.client.get("/bench/picture.svg").text)


@pytest.mark.parametrize("address", ["picture.svg?at=x", "recording.html?from=-1", "recording.html?to=9e9"])
def test_what_is_no_moment_is_refused(learner: Learner, address: str) -> None:
    assert learner.client.get(f"/bench/{address}").status_code == 422


def told(page: str) -> list[dict[str, Any]]:
    found = re.search(r'<script type="application/json" id="told">(.*?)</script>', page, re.DOTALL)
    assert found
    steps: list[dict[str, Any]] = json.loads(found[1])
    return steps


def test_a_recording_is_a_download_of_the_last_moments_without_any_address(learner: Learner) -> None:
    learner.do("burst", n=20)
    answer = learner.client.get("/bench/recording.html")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=study-lab-")
    assert len(told(answer.text)) == 30
    assert not re.search(r"\w+://|\s(?:src|href)=", answer.text)


def test_a_recording_has_the_moments_that_were_asked_for(learner: Learner) -> None:
    learner.do("burst", n=20)
    last = learner.see()["moment"]
    steps = told(learner.client.get(f"/bench/recording.html?from={last - 4}&to={last - 1}").text)
    assert [int(step["words"].split(".")[0]) for step in steps] == list(range(last - 4, last))


def test_more_moments_than_a_recording_holds_are_refused(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_MOMENTS", 5)
    learner.do("burst", n=20)
    answer = learner.client.get("/bench/recording.html?from=1")
    assert answer.status_code == 422
    assert "a recording holds at most 5" in answer.text


def test_the_words_of_a_moment_cannot_leave_their_place(lied_to: Observation) -> None:
    moment = Moment(7, 0.0, EVIL, "act", f"see nats://127.0.0.1:4222 {EVIL}", {})
    page = recording_file.page([Step(moment, lied_to)])
    assert page.count("</script>") == 2
    assert "(an address)" in told(page)[0]["words"]
    assert "<img" not in page


def test_a_recording_that_is_too_large_is_refused(lied_to: Observation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording_file, "MOST_BYTES", 1000)
    with pytest.raises(Refused, match="at most 0 are written"):
        recording_file.page([Step(Moment(7, 0.0, "learner", "act", "x", {}), lied_to)])
