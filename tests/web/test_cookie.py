"""The cookie: a visitor with a good signature gets their bench, whatever a clock or another site says."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from itsdangerous import TimestampSigner

from app import close_app, create_app
from tests.web.learner import OWN, Learner

YEARS_S = 3 * 365 * 86_400
OF_OTHERS = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Referer": "http://learning.example/course"}


@pytest.mark.parametrize("signed_at_s", [-YEARS_S, +30, +YEARS_S], ids=["long ago", "30 s ahead", "years ahead"])
def test_a_cookie_is_good_whatever_the_clock_says(
    shared: Flask, other: Learner, monkeypatch: pytest.MonkeyPatch, signed_at_s: int
) -> None:
    now = TimestampSigner.get_timestamp
    with monkeypatch.context() as then:
        then.setattr(TimestampSigner, "get_timestamp", lambda signer: now(signer) + signed_at_s)
        other.enter()
        other.do("promote", route="shop", to="alloc-c")
    answer = other.enter()
    assert "Set-Cookie" not in answer.headers
    assert other.owner("shop") == "alloc-c"


@pytest.mark.parametrize("path", ["/", "/sandbox", "/labs/streams", "/progress"])
def test_a_link_from_another_site_leads_to_the_same_bench(learner: Learner, path: str) -> None:
    learner.do("promote", route="shop", to="alloc-c")
    answer = learner.client.get(path, headers=OF_OTHERS)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)
    assert learner.owner("shop") == "alloc-c"


def test_the_cookie_goes_with_links_from_elsewhere_but_not_with_their_forms(shared: Flask, other: Learner) -> None:
    cookie = other.client.post("/bench", headers=OWN).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_cookie_of_another_key_is_left_as_it_is(tmp_path: Path) -> None:
    """With the old key restored, the old benches are back."""
    first = create_app(data=tmp_path)
    learner = Learner(first)
    learner.enter()
    learner.do("promote", route="shop", to="alloc-c")
    cookie = learner.client.get_cookie(first.config["SESSION_COOKIE_NAME"])
    close_app(first)
    assert cookie is not None
    kept = (tmp_path / "secret.key").read_bytes()
    (tmp_path / "secret.key").unlink()
    second = create_app(data=tmp_path)
    stranger = Learner(second)
    stranger.client.set_cookie(cookie.key, cookie.value)
    assert stranger.enter().status_code == 200
    close_app(second)
    (tmp_path / "secret.key").write_bytes(kept)
    third = create_app(data=tmp_path)
    try:
        again = Learner(third)
        still = stranger.client.get_cookie(cookie.key)
        assert still is not None
        again.client.set_cookie(still.key, still.value)
        assert again.owner("shop") == "alloc-c"
    finally:
        close_app(third)
