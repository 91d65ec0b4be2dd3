"""Once: many threads that need the same slow thing at the same time make it once, and all get it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from jinja2 import DictLoader

from studylab.once import once
from studylab.web.pieces import Templates

MANY = 8
WITHIN_S = 10.0


def test_who_asks_while_it_is_made_waits_for_it() -> None:
    made, all_ask = list[str](), threading.Barrier(MANY)

    @once
    def slow(of: str) -> str:
        made.append(of)
        # Long enough for another thread to come in.
        assert sum(range(500_000))
        return of.upper()

    def ask(of: str) -> str:
        all_ask.wait(WITHIN_S)
        return slow(of)

    with ThreadPoolExecutor(MANY) as threads:
        assert [*threads.map(ask, "aabbccdd")] == [*"AABBCCDD"]
    assert sorted(made) == [*"abcd"]


def test_what_could_not_be_made_is_tried_again() -> None:
    tries = list[int]()

    @once
    def half(of: int) -> int:
        tries.append(of)
        if len(tries) == 1:
            raise ValueError("not yet")
        return of // 2

    with pytest.raises(ValueError, match="not yet"):
        half(8)
    assert (half(8), half(8), tries) == (4, 4, [8, 8])


def test_pages_that_come_at_once_compile_their_template_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled, all_ask = list[str | None](), threading.Barrier(MANY)
    real = Templates.compile

    def counted(self: Templates, source: str, name: str | None = None, *rest: Any) -> Any:
        compiled.append(name)
        return real(self, source, name, *rest)

    monkeypatch.setattr(Templates, "compile", counted)
    templates = Templates(None, loader=DictLoader({"page.html": "{% for n in ns %}{{ n }}{% endfor %}" * 200}))
    templates.auto_reload = False

    def draw(_: int) -> str:
        all_ask.wait(WITHIN_S)
        return templates.get_template("page.html").render(ns=[1])

    with ThreadPoolExecutor(MANY) as threads:
        assert {*threads.map(draw, range(MANY))} == {"1" * 200}
    assert compiled == ["page.html"]
