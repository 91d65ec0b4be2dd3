"""The public address: what a proxy puts in front is taken from requests and given to links, and origins are compared with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import close_app, create_app
from studylab.web.public import Public, parse
from tests.web.learner import HTMX, Learner, Running
from vango.actors.errors import BadInput

AT = "https://lab.example:8443/study"
LINKS = re.compile(r'(?:href|src|action|hx-[a-z:-]+|data-fetched)="(/[^"]*)"')


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An app that visitors know by another address."""
    app = create_app(data=tmp_path_factory.mktemp("behind"), public_url=f"{AT}/")
    yield app
    close_app(app)


@pytest.mark.parametrize("before", ["", "/study"], ids=["the prefix taken away", "the prefix left"])
def test_a_form_without_sec_fetch_is_known_by_the_public_origin(behind: Flask, before: str) -> None:
    """As a TLS proxy sends it that passes neither Host nor what an old browser does not know."""
    learner = Learner(behind)
    headers = {"Origin": "https://LAB.example:8443".lower(), "Accept": "text/html", "Referer": f"{AT}/sandbox"}
    pressed = learner.client.post(f"{before}/bench", headers=headers)
    assert (pressed.status_code, pressed.location) == (303, f"{AT}/sandbox")
    cookie = pressed.headers["Set-Cookie"]
    assert "Secure" in cookie
    assert "Path=/study/" in cookie


@pytest.mark.parametrize(
    "origin", ["https://lab.example", "http://lab.example:8443", "https://evil.example:8443", "null"]
)
def test_any_other_origin_is_refused_as_before(behind: Flask, origin: str) -> None:
    assert Learner(behind).client.post("/bench", headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/sandbox", "/labs/streams", "/concepts", "/concepts/glossary", "/progress", "/matrix"]
)
def test_every_link_of_a_page_leads_below_the_prefix(behind: Flask, path: str) -> None:
    found = LINKS.findall(Learner(behind).client.get(f"/study{path}").text)
    assert len(found) > 10
    assert [link for link in found if not link.startswith("/study/")] == []


def test_a_stage_and_its_stream_link_below_the_prefix(behind: Flask) -> None:
    learner = Learner(behind)
    learner.client.post("/bench", base_url="https://lab.example:8443/", headers=HTMX)
    page = learner.client.get("/study/labs/streams", base_url="https://lab.example:8443/").text
    assert 'hx-sse:connect="/study/events?page=streams"' in page
    answer = learner.client.get("/study/events", base_url="https://lab.example:8443/", headers=HTMX)
    text = b""
    for part in answer.iter_encoded():
        text += part
        if b"/bench/verbs/" in text:
            break
    answer.close()
    links = LINKS.findall(text.decode())
    assert [link for link in links if not link.startswith("/study/")] == []


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://lab.example.org", Public("https://lab.example.org", "lab.example.org")),
        ("HTTPS://Lab.Example.org:443/", Public("https://lab.example.org", "lab.example.org")),
        ("http://10.0.0.7:8400/a/b/", Public("http://10.0.0.7:8400", "10.0.0.7", "/a/b")),
        ("http://[::1]:8321", Public("http://[::1]:8321", "::1")),
    ],
)
def test_a_public_address_is_read(url: str, public: Public) -> None:
    assert parse(url) == public


@pytest.mark.parametrize(
    "url",
    [
        "",
        "lab.example.org",
        "ftp://x",
        "https://",
        "http://[::1",
        "https://x:99999",
        "https://x/?a",
        "https://u@x",
        "https://x/a b",
        'https://x/"',
    ],
)
def test_what_is_no_address_is_refused_in_words(url: str) -> None:
    with pytest.raises(BadInput, match="expected the address that visitors type"):
        parse(url)


@pytest.mark.parametrize("host", ["[::1]", "LOCALHOST"])
def test_a_host_is_taken_with_brackets_and_in_capitals(start: Callable[..., Running], host: str) -> None:
    running = start("--host", host)
    assert f"http://{host.lower()}:" in running.line


def test_an_address_below_nothing_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--public-url"):
        create_app(data=tmp_path, public_url="lab")
    assert list(tmp_path.iterdir()) == []
