"""Places: made by an act and not by a visit, kept over a break, given up by who never used theirs, and never lost."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app import close_app, create_app
from studylab import sessions
from tests.web.learner import JSON, Learner, until

LONG_S = 3600.0


def stored(app: Flask) -> list[str]:
    folder = app.extensions["studylab"].benches.data / "benches"
    return sorted(kept.name for kept in folder.iterdir()) if folder.exists() else []


def key(learner: Learner) -> str:
    with learner.client.session_transaction() as session:
        return str(session["bench"])


def come(app: Flask) -> Learner:
    """Somebody who was let in and has done something."""
    learner = Learner(app)
    assert learner.enter().status_code == 200
    assert learner.do("promote", route="shop", to="alloc-c").status_code == 200
    return learner


def gets(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "static":
            yield filled(rule)


def filled(rule: Rule) -> str:
    path = str(rule)
    for argument in rule.arguments:
        for written in (f"<{argument}>", f"<int:{argument}>", f"<path:{argument}>"):
            path = path.replace(written, "streams" if argument == "slug" else "1")
    return path


def test_no_visit_alone_makes_a_bench(open_app: Callable[..., Flask]) -> None:
    app = open_app()
    for path in gets(app):
        answer = Learner(app).client.get(path)
        assert "Set-Cookie" not in answer.headers, path
    assert stored(app) == []


@pytest.mark.parametrize("path", ["/sandbox", "/labs/streams"])
def test_who_has_no_bench_reads_what_it_is_about_and_has_one_button(shared: Flask, path: str) -> None:
    page = Learner(shared).client.get(path).text
    assert page.count('<button class="verb go"') == 1
    assert "for you alone" in page


def test_the_start_of_a_lab_makes_the_bench_and_begins_the_lab(shared: Flask, other: Learner) -> None:
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Referer": "http://localhost/labs/streams"}
    pressed = other.client.post("/labs/streams/start", headers=headers)
    assert (pressed.status_code, pressed.location) == (303, "http://localhost/labs/streams")
    assert 'aria-current="step"' in other.client.get("/labs/streams").text


def test_who_was_in_keeps_the_place_over_a_break(open_app: Callable[..., Flask]) -> None:
    app = open_app(park_after_s=0.05, keep_place_s=LONG_S)
    inside, outside = come(app), Learner(app)
    until(lambda: app.extensions["studylab"].benches.live == 0, "the bench is parked")
    assert outside.enter().status_code == 503
    assert inside.owner("shop") == "alloc-c"


def test_a_place_is_kept_over_a_restart_of_the_app(open_app: Callable[..., Flask], tmp_path: Path) -> None:
    first = create_app(data=tmp_path, max_benches=1)
    with ExitStack() as stack:
        stack.callback(close_app, first)
        inside = come(first)
        cookie = inside.client.get_cookie(first.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    second = open_app(keep_place_s=LONG_S)
    assert Learner(second).enter().status_code == 503
    back = Learner(second)
    back.client.set_cookie(cookie.key, cookie.value)
    assert back.owner("shop") == "alloc-c"


def test_a_place_that_was_left_for_long_goes_to_who_comes_and_the_bench_is_kept(
    open_app: Callable[..., Flask], tmp_path: Path
) -> None:
    first = create_app(data=tmp_path, max_benches=1)
    inside = come(first)
    close_app(first)
    for file in (tmp_path / "benches" / key(inside)).glob("*.db*"):
        os.utime(file, (time.time() - 2 * LONG_S,) * 2)
    second = open_app(keep_place_s=LONG_S)
    assert Learner(second).enter().status_code == 200
    assert key(inside) in stored(second)


def test_a_bench_that_nobody_used_gives_up_its_place(
    open_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app(keep_place_s=LONG_S)
    idle, comes = Learner(app), Learner(app)
    idle.enter()
    assert comes.enter().status_code == 503, "it was opened a moment ago"
    monkeypatch.setattr(sessions, "UNTOUCHED_S", 0.0)
    assert comes.enter().status_code == 200
    assert stored(app) == [key(comes)]
    comes.do("promote", route="shop", to="alloc-c")
    assert idle.enter().status_code == 503, "a bench that was used gives up nothing"


def test_a_bench_that_somebody_looks_at_gives_up_nothing(
    open_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "UNTOUCHED_S", 0.0)
    app = open_app()
    looking = Learner(app)
    looking.enter()
    stream = app.extensions["studylab"].benches._live[key(looking)].watch("")
    next(stream)
    assert Learner(app).enter().status_code == 503
    stream.close()


def test_a_full_house_keeps_the_page_says_so_and_lets_in_when_there_is_room(open_app: Callable[..., Flask]) -> None:
    app = open_app(keep_place_s=0.0)
    inside, outside = come(app), Learner(app)
    turned_away = outside.enter()
    assert (turned_away.status_code, turned_away.headers["Retry-After"]) == (503, "5")
    assert "All places are taken (1)" in turned_away.text
    assert '<meta http-equiv="refresh" content="5">' in turned_away.text
    assert inside.do("burst", n=1).status_code == 200
    inside.leave()
    assert 'id="live"' in outside.client.get("/sandbox").text, "the same page, asked for again"


def test_the_stored_benches_that_nobody_used_make_space_for_new_ones(
    open_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MAX_STORED", 2)
    app = open_app(max_benches=9)
    used, unused = come(app), Learner(app)
    unused.enter()
    unused.leave()
    comes = come(app)
    assert stored(app) == sorted([key(used), key(comes)])
    answer = Learner(app).enter()
    assert (answer.status_code, "2 benches are stored" in answer.text) == (503, True)
    assert used.owner("shop") == "alloc-c"


def test_a_disk_that_is_nearly_full_takes_no_new_bench_and_keeps_those_there(
    open_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app(max_benches=9)
    inside = come(app)
    monkeypatch.setattr(sessions, "MIN_FREE", 1 << 60)
    answer = Learner(app).enter()
    assert (answer.status_code, "MB free" in answer.text) == (503, True)
    inside.leave()
    assert inside.owner("shop") == "alloc-c"


def test_a_program_gets_a_bench_by_a_post_and_keeps_it(shared: Flask, other: Learner) -> None:
    first = other.client.post("/bench", headers=JSON)
    had = key(other)
    assert (first.status_code, "cookie" in first.get_json()["sentence"]) == (200, True)
    assert other.client.post("/bench", headers=JSON).status_code == 200
    assert key(other) == had
