"""Drawing panels: what a panel reads is noted while it is drawn, and it is drawn again when any of it has changed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import close_app, create_app
from studylab.web import panels
from studylab.web.panels import Drawn, Noted, Reads
from tests.web.learner import Learner
from tests.web.test_accused import of
from vango.actors.crash_points import AtPoint, Point, Tempo
from vango.core.accused import Accused, Part
from vango.core.audit import Soundness
from vango.core.findings import Kind
from vango.core.modes import Mode
from vango.observe.accusing import accusing
from vango.observe.model import AuditSeen, PaceSeen


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = create_app(data=Path(tmp_path_factory.mktemp("data")))
    yield app
    close_app(app)


@pytest.fixture(scope="module")
def context(app: Flask) -> dict[str, Any]:
    learner = Learner(app)
    learner.enter()
    with learner.client.session_transaction() as session:
        key = session["bench"]
    state = app.extensions["studylab"]
    hub = state.loop.call(state.benches.hub(key), timeout_s=20)
    found: dict[str, Any] = state.loop.call(hub.context(""), timeout_s=20)
    return found


def draw(app: Flask, context: dict[str, Any], before: dict[str, Drawn]) -> dict[str, Drawn]:
    """Return all the parts as one."""
    return {panel: drawn for part in panels.draw(app, context, before) for panel, drawn in part.items()}


def anew(app: Flask, before: dict[str, Drawn], context: dict[str, Any]) -> set[str]:
    """Return which panels were drawn again."""
    return {panel for panel, drawn in draw(app, context, before).items() if drawn is not before[panel]}


def test_nothing_is_drawn_again_when_nothing_has_changed(app: Flask, context: dict[str, Any]) -> None:
    again = {**context, "moments": list(context["moments"]), "locked": dict(context["locked"])}
    assert anew(app, draw(app, context, {}), again) == set()


def test_the_controls_of_an_edge_are_drawn_again_when_it_dies_and_not_when_it_catches_up(
    app: Flask, context: dict[str, Any]
) -> None:
    seen, before = context["seen"], draw(app, context, {})

    def drawn_again(mode: Mode) -> bool:
        edges = (replace(seen.edges[0], mode=mode), *seen.edges[1:])
        return f"controls-edge-{edges[0].name}" in anew(app, before, {**context, "seen": replace(seen, edges=edges)})

    assert [drawn_again(mode) for mode in (Mode.CATCHING_UP, Mode.REBUILDING, Mode.DOWN)] == [False, False, True]


def test_what_a_panel_shows_is_as_if_it_were_drawn_from_scratch(app: Flask, context: dict[str, Any]) -> None:
    seen = context["seen"]
    edge = replace(seen.edges[0], mode=Mode.DOWN, claim="down")
    changes: dict[str, Any] = {
        "a route": {"truth": replace(seen.truth, sequence=77)},
        "the relay": {"relay": replace(seen.relay, state="down")},
        "an edge": {"edges": (edge, *seen.edges[1:])},
        "the broker": {"broker": replace(seen.broker, state="frozen")},
        "the streams": {"streams": ()},
        "consumers": {"consumers": ()},
        "the tempo": {"pace": replace(seen.pace, tempo=Tempo.STEP)},
        "what is missing": {"missing": ("edges: deduplicate",)},
    }
    before = draw(app, context, {})
    for what, change in changes.items():
        now = {**context, "seen": replace(seen, **change)}
        scratch = {panel: drawn.html for panel, drawn in draw(app, now, {}).items()}
        assert {panel: drawn.html for panel, drawn in draw(app, now, before).items()} == scratch, what
        assert scratch != {panel: drawn.html for panel, drawn in before.items()}, f"{what} is shown nowhere"


def test_a_panel_is_left_alone_by_what_it_does_not_show(app: Flask, context: dict[str, Any]) -> None:
    relay = replace(context["seen"].relay, published=4711)
    now = {**context, "seen": replace(context["seen"], relay=relay)}
    assert anew(app, draw(app, context, {}), now) == {"now-relay"}


def test_a_lock_and_a_moment_are_seen(app: Flask, context: dict[str, Any]) -> None:
    before = draw(app, context, {})
    assert "controls-truth" in anew(app, before, {**context, "locked": {"promote": "not yet"}})
    assert "panel-journal" in anew(app, before, {**context, "moments": context["moments"][:-1]})


@pytest.mark.parametrize(
    "read", [len, bool, list, lambda noted: "a" in noted, lambda noted: noted["a"], lambda noted: noted.get("a")]
)
def test_whichever_way_a_whole_is_read_it_is_noted(read: Any) -> None:
    reads: Reads = {}
    read(Noted(reads, {"a": 1}, "locked"))
    assert reads == {("locked",): {"a": 1}}


def test_that_a_record_is_there_is_noted_and_nothing_of_it(context: dict[str, Any]) -> None:
    reads: Reads = {}
    seen = Noted(reads, context["seen"], "seen", deep=1)
    assert bool(seen.routes)
    drawn, without = Drawn("", reads), replace(context["seen"], streams=())
    fuller = replace(context["seen"].routes, messages=4711)
    assert drawn.is_as_of({"seen": replace(context["seen"], streams=(fuller,))})
    assert not drawn.is_as_of({"seen": without})


def test_another_message_does_not_draw_the_controls_and_rules_of_the_stream(
    app: Flask, context: dict[str, Any]
) -> None:
    routes = context["seen"].routes
    streams = (replace(routes, messages=routes.messages + 1), *context["seen"].streams[1:])
    now = {**context, "seen": replace(context["seen"], streams=streams)}
    again = anew(app, draw(app, context, {}), now)
    assert "now-stream" in again
    assert not again & {"controls-stream", "rules-stream"}


def test_an_accused_edge_is_red_on_its_panel_and_the_verdict_links_it(app: Flask, context: dict[str, Any]) -> None:
    finding = of(Kind.LOST, Accused(Part.EDGE, "fra", ("shop",)))
    audit = AuditSeen(Soundness.VIOLATED, "", (finding,))
    seen, _ = accusing(replace(context["seen"], audit=audit), {})
    panels = {panel: drawn.html for panel, drawn in draw(app, {**context, "seen": seen}, {}).items()}
    assert "is-lie" in panels["panel-edge-fra"]
    assert "is-ok" not in panels["panel-edge-fra"]
    assert '<a href="#panel-edge-fra">fra</a> is lost.' in panels["panel-verdict"]
    assert 'popovertarget="why-verdict"' in panels["panel-verdict"]


def test_no_id_stands_twice_on_a_page_when_every_actor_waits(app: Flask, context: dict[str, Any]) -> None:
    points = {"database": Point.BEFORE_COMMIT, "relay": Point.BEFORE_PUBLISH}
    actors = ("database", "relay", *(edge.name for edge in context["seen"].edges))
    waiting = tuple(AtPoint(actor, points.get(actor, Point.AFTER_RECEIVE)) for actor in actors)
    seen = replace(context["seen"], pace=PaceSeen(Tempo.STEP, waiting))
    html = "".join(drawn.html for drawn in draw(app, {**context, "seen": seen}, {}).values())
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sum("go_on" in id for id in ids) > len(actors), "an actor that waits has its button, and the bar one more"
    assert [id for id, count in Counter(ids).items() if count > 1] == []
