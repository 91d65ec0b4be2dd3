"""What a page was loaded with is not sent to it again: its sheets and scripts come as one, its stream tells news only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import Template

from app import close_app, create_app
from studylab.web import bundles, panels
from studylab.web.known import HEADER, FirstLook
from tests.web.learner import Learner

STATIC = bundles.STATIC
TEMPLATES = "\n".join(path.read_text() for path in (STATIC.parent / "templates").rglob("*.html"))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = create_app(data=Path(tmp_path_factory.mktemp("data")))
    yield app
    close_app(app)


def told(learner: Learner, headers: dict[str, str]) -> set[str]:
    """Return the panels that a new stream sends until it has sent the journal, which comes last, or is quiet."""
    found: set[str] = set()
    with learner.client.get("/events", headers=headers) as stream:
        for message in (part.decode() for part in stream.iter_encoded()):
            found |= set(re.findall(r'hx-target="#([\w-]+)"', message))
            if "panel-journal" in found or "event: beat" in message:
                return found
    return found


def test_a_new_stream_leaves_out_the_panels_that_the_page_shows_already(app: Flask) -> None:
    learner = Learner(app)
    known = re.findall(r'data-known="([\da-f ]+)"', learner.enter().text)
    assert len(known[0].split()) > 25
    assert {"panel-truth", "panel-journal", "controls-truth"} <= told(learner, {})
    assert (
        told(learner, {HEADER: known[0]}) & {"panel-truth", "panel-relay", "controls-truth", "rules-edge-syd"} == set()
    )


def test_what_was_drawn_for_a_page_is_not_drawn_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = Learner(app)
    known = re.findall(r'data-known="([\da-f ]+)"', learner.enter().text)
    drawn, draw = list[str](), panels._draw

    def note(template: Template, everywhere: Any, context: Any) -> panels.Drawn:
        drawn.append(str(template.name))
        return draw(template, everywhere, context)

    monkeypatch.setattr(panels, "_draw", note)
    learner.client.get("/sandbox")
    told(learner, {HEADER: known[0]})
    assert drawn == []
    learner.do("promote", route="shop", to="alloc-c")
    assert "epoch 2" in learner.client.get("/sandbox").text
    assert {"panels/truth.html", "panels/journal.html"} <= set(drawn)


@pytest.mark.parametrize("inside", ["controls-truth", "controls-relay", "controls-edge-iad", "controls-verdict"])
def test_a_panel_inside_of_another_one_stands_in_it_when_the_page_is_loaded(app: Flask, inside: str) -> None:
    text = Learner(app).enter().text
    assert len(re.findall(rf'id="{inside}" hx-morph-skip>\s*<(?!/div)', text)) == 1


def test_a_page_that_had_a_message_since_it_was_loaded_gets_every_panel(app: Flask) -> None:
    learner = Learner(app)
    known = re.findall(r'data-known="([\da-f ]+)"', learner.enter().text)
    again = told(learner, {HEADER: known[0], "Last-Event-ID": "a-1-1"})
    assert {"panel-truth", "panel-relay", "controls-truth"} <= again


def test_a_panel_that_comes_back_to_its_first_look_is_sent() -> None:
    first = FirstLook({"3610a686"})
    assert [first.news({"panel-truth": html}) for html in ("hello", "other", "hello")] == [
        {}, {"panel-truth": "other"}, {"panel-truth": "hello"},
    ]  # fmt: skip


def test_every_sheet_and_module_is_in_a_bundle_or_named_by_a_page() -> None:
    together = {f"css/{name}.css" for names in bundles.SHEETS.values() for name in names}
    together |= {f"js/{name}.js" for names in bundles.SCRIPTS.values() for name in modules(names)}
    found = {path.relative_to(STATIC).as_posix() for path in (*STATIC.glob("css/*.css"), *STATIC.glob("js/*.js"))}
    assert {file for file in found - together if file not in TEMPLATES} == set()


def test_htmx_does_not_begin_before_its_extension_for_streams_is_there(app: Flask) -> None:
    text = app.test_client().get("/static/bundle/htmx.js").get_data(as_text=True)
    assert text.startswith("var htmx=")
    assert 'htmx.registerExtension("sse"' in text
    assert "hx-sse.min.js" not in TEMPLATES, "a file of its own may come after htmx has begun"


def test_a_module_stands_once_in_a_bundle_and_after_what_it_imports() -> None:
    text = bundles.scripts(bundles.SCRIPTS["stage.js"])
    defined = re.findall(r"^const \$(\w+) = \(\(\) => \{$", text, re.MULTILINE)
    assert len(defined) == len(set(defined)) > 12
    assert defined.index("status") < defined.index("theme") < defined.index("keys")
    assert not re.search(r"^(import|export) ", text, re.MULTILINE)


def modules(names: tuple[str, ...]) -> list[str]:
    order: list[str] = []
    for name in names:
        bundles._arrange(name, order)
    return order


@pytest.mark.parametrize("name", [*bundles.SHEETS, *bundles.SCRIPTS])
def test_a_bundle_that_the_browser_has_is_not_sent_again(app: Flask, name: str) -> None:
    client = app.test_client()
    first = client.get(f"/static/bundle/{name}", headers={"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    again = client.get(f"/static/bundle/{name}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_browser_keeps_the_fonts_and_asks_again_for_every_other_file(app: Flask) -> None:
    client = app.test_client()
    with client.get("/static/fonts/atkinson-hyperlegible-next-english-400-normal.woff2") as font:
        assert font.cache_control.max_age == bundles.FONTS_KEPT_S
    with client.get("/static/css/tokens.css") as sheet:
        assert sheet.cache_control.no_cache


def test_a_bundle_that_is_none_is_not_found(app: Flask) -> None:
    assert app.test_client().get("/static/bundle/none.css").status_code == 404
