"""The recording: the stage as it was at a moment, drawn from the frame that was kept then."""

from __future__ import annotations

import json
import re

import pytest

from tests.web.learner import Learner, until
from vango.journal.codec import read
from vango.observe.model import Observation, as_json


def promoted(learner: Learner, owner: str) -> int:
    """Promote shop, wait until every edge has it, and return a moment of then."""
    learner.do("promote", route="shop", to=owner)
    until(lambda: all(edge["rows"][0]["owner"] == owner for edge in learner.see()["edges"]), f"{owner} is everywhere")
    return int(learner.see()["moment"])


def owner_of_shop(page: str) -> str:
    found = re.search(r'id="truth-shop".*?<td[^>]*>([\w-]+)</td>', page, re.DOTALL)
    assert found
    return found[1]


def test_each_moment_shows_the_bench_as_it_was_then(learner: Learner) -> None:
    moments = {owner: promoted(learner, owner) for owner in ("alloc-b", "alloc-c")}
    for owner, moment in moments.items():
        page = " ".join(learner.client.get(f"/recording?at={moment}").text.split())
        assert owner_of_shop(page) == owner
        assert "Nothing here is live" in page
        assert f"moment {moment} of" in page


def test_a_recording_offers_nothing_to_do_but_to_fork(learner: Learner) -> None:
    page = learner.client.get(f"/recording?at={promoted(learner, 'alloc-b')}").text
    assert set(re.findall(r'action="/bench/verbs/(\w+)"', page)) == {"fork"}
    assert "hx-sse:connect" not in page


def test_the_scrubber_is_answered_with_the_stage_alone(learner: Learner) -> None:
    moment = promoted(learner, "alloc-b")
    part = learner.client.get(f"/recording?at={moment}", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert owner_of_shop(part) == "alloc-b"


@pytest.mark.parametrize("at", ["-1", "x", "9" * 40, "²"])
def test_what_is_no_moment_is_refused_with_a_sentence(learner: Learner, at: str) -> None:
    answer = learner.client.get("/recording", query_string={"at": at})
    assert answer.status_code == 422
    assert "is not a moment of the journal" in answer.text


def test_a_moment_beyond_the_end_is_the_last_one(learner: Learner) -> None:
    promoted(learner, "alloc-b")
    assert owner_of_shop(learner.client.get("/recording?at=9999999").text) == "alloc-b"


def test_an_observation_comes_back_from_its_plain_values(learner: Learner) -> None:
    promoted(learner, "alloc-b")
    plain = learner.see()
    assert json.loads(json.dumps(as_json(read(Observation, plain)))) == plain
