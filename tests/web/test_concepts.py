"""The reading matter over HTTP: pages, glossary, and a search that works as a plain form and for htmx."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from labs import LABS
from studylab.concepts import pages, recorded
from tests.web.learner import HTMX, Learner

PAGE = {"Accept": "text/html"}
PATHS = ["/concepts", "/concepts/glossary", *(concept.address for concept in pages.concepts())]


@pytest.fixture
def reader(shared: Flask) -> FlaskClient:
    """Somebody without a bench."""
    return shared.test_client()


@pytest.mark.parametrize("path", PATHS)
def test_a_page_needs_no_bench_and_makes_none(reader: FlaskClient, path: str) -> None:
    answer = reader.get(path, headers=PAGE)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", PATHS)
def test_every_link_and_anchor_leads_somewhere(reader: FlaskClient, path: str) -> None:
    text = reader.get(path, headers=PAGE).text
    for address, anchor in set(re.findall(r'href="(/[^"#?]*)(?:#([^"]*))?"', text)):
        if not address.startswith(("/static/", "/labs/", "/sandbox")):
            answer = reader.get(address, headers=PAGE)
            assert answer.status_code == 200, address
            assert not anchor or f'id="{anchor}"' in answer.text, f"{address}#{anchor}"
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_only_labs_that_are_there_are_linked(reader: FlaskClient) -> None:
    there = {f"/labs/{lab.slug}" for lab in LABS}
    linked = {
        slug for path in PATHS for slug in re.findall(r'href="(/labs/[^"]+)"', reader.get(path, headers=PAGE).text)
    }
    assert linked == there


def test_a_page_shows_what_a_server_answered_and_which(reader: FlaskClient) -> None:
    text = reader.get("/concepts/subject", headers=PAGE).text
    assert f"nats-server {recorded.read('subject').server}" in text
    assert "$JS.API.STREAM.CREATE.OWNERS" in text
    assert "<dt>error.err_code</dt><dd>10065</dd>" in text
    assert "subjects overlap with an existing stream" in text


def test_stored_headers_are_decoded(reader: FlaskClient) -> None:
    assert "<dd>NATS/1.0, Nats-Msg-Id: e3</dd>" in reader.get("/concepts/database-authority", headers=PAGE).text


def test_a_page_that_is_not_there_is_a_sentence(reader: FlaskClient) -> None:
    answer = reader.get("/concepts/<b>", headers=PAGE)
    assert answer.status_code == 404
    assert "All pages are listed at /concepts." in answer.text
    assert "<b>" not in answer.text.split("<main", 1)[1]


def test_the_search_is_a_plain_form(reader: FlaskClient) -> None:
    text = reader.get("/concepts?q=duplicate+window", headers=PAGE).text
    assert '<form class="finder" role="search" method="get" action="/concepts"' in text
    assert 'value="duplicate window"' in text
    assert "<mark>duplicate window</mark>" in text
    assert 'href="/concepts/deduplication#' in text


def test_htmx_gets_the_finds_alone_and_no_cache_mixes_the_two(reader: FlaskClient) -> None:
    page, finds = reader.get("/concepts?q=ack", headers=PAGE), reader.get("/concepts?q=ack", headers=HTMX)
    assert "<html" in page.text
    assert finds.text.startswith('<p class="count"')
    assert finds.text in page.text
    for answer in (page, finds):
        assert "HX-Request" in answer.headers["Vary"].split(", ")


@pytest.mark.parametrize("typed", ['"', "'", "ack AND (", "*", "<script>alert(1)</script>", "\x00", "%", "é" * 500])
def test_nothing_that_is_typed_fails_or_becomes_markup(reader: FlaskClient, typed: str) -> None:
    for headers in (PAGE, HTMX):
        answer = reader.get("/concepts", query_string={"q": typed}, headers=headers)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text


def test_the_course_and_a_lab_lead_to_the_pages(learner: Learner) -> None:
    course, lab = learner.client.get("/").text, learner.client.get("/labs/commit-first").text
    for path in PATHS:
        assert f'href="{path}"' in course
    for path in ("/concepts/commit-first", "/concepts/database-authority", "/concepts/glossary"):
        assert f'href="{path}"' in lab.split('id="panel-guide"')[1].split('class="stage')[0]


def test_a_word_is_answered_in_a_sentence_that_a_browser_keeps(reader: FlaskClient) -> None:
    answer = reader.get("/concepts/glossary/ack-floor", headers=PAGE)
    assert "everything that was delivered to a consumer has been acknowledged" in answer.text
    assert "<html" not in answer.text
    assert answer.cache_control.max_age == 3600
    assert reader.get("/concepts/glossary/nothing-such", headers=PAGE).status_code == 404
