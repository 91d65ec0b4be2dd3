"""The accused: what the audit accuses is drawn as wrong everywhere, and a scar makes nobody red."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from studylab.web.edge_words import view_lines
from studylab.web.guests import verdict_of
from studylab.web.looks import LIE, accused_tone, edge_look, relay_look, verdict_look
from studylab.web.verdict import found_words, lead_and_rest, linked
from tests.labs.small import SEEN
from vango.core.accused import Accused, Part
from vango.core.audit import Differs, Soundness, say
from vango.core.findings import Finding, Kind
from vango.core.modes import Mode
from vango.core.rules import EdgeRules, StreamRules
from vango.observe.accusing import accusing
from vango.observe.model import AuditSeen, EdgeSeen, Observation, RouteSeen, RowSeen, StreamSeen


def edge(name: str) -> EdgeSeen:
    counters: dict[str, int] = {}
    row = RowSeen("shop", "alloc-a", 1, "e1", 0, Differs.NO, False)
    return EdgeSeen(
        name, Mode.CURRENT, "current at 1", "", 1, "e1", 1, 1, (row,), (), counters, EdgeRules(), (), "", ""
    )


ROUTES = StreamSeen("ROUTES", True, "", ("route.>",), 1, 0, 1, 1, 0, StreamRules(), (), ())
TRUTH = replace(SEEN.truth, sequence=1, event_id="e1", routes=(RouteSeen("shop", "alloc-a", 1, 1, 1),))
SMALL = replace(SEEN, moment=7, truth=TRUTH, edges=(edge("fra"), edge("iad")), streams=(ROUTES,))


def of(kind: Kind, accused: Accused, **more: Any) -> Finding:
    where = accused.name or "truth"
    return Finding(kind, where, f"{where} is {kind}.", "It stays.", ("proof",), accused=(accused,), **more)


def seen_with(*findings: Finding) -> Observation:
    is_wrong = any(not finding.is_past for finding in findings)
    audit = AuditSeen(Soundness.VIOLATED if is_wrong else Soundness.SOUND, say(findings), findings)
    return accusing(replace(SMALL, audit=audit), {})[0]


@pytest.mark.parametrize("mode", [Mode.CURRENT, Mode.CATCHING_UP])
@pytest.mark.parametrize("kind", Kind)
def test_no_kind_of_finding_leaves_the_edge_that_it_accuses_green(kind: Kind, mode: Mode) -> None:
    name = SMALL.edges[0].name
    seen = seen_with(of(kind, Accused(Part.EDGE, name, ("shop",))))
    look = edge_look(replace(seen.edge(name), mode=mode))
    assert (look.icon, look.tone, look.cause) == ("cross", LIE, kind.value)
    assert look.words.startswith("Says c")
    assert edge_look(seen.edges[1]).tone != LIE
    assert all(line.tone == LIE for line in view_lines(seen.edge(name), seen.truth) if line.route == "shop")


def test_the_relay_the_stream_and_the_database_are_drawn_as_wrong_when_accused() -> None:
    rows = (Accused(Part.RELAY), Accused(Part.STREAM), Accused(Part.DATABASE))
    seen = seen_with(replace(of(Kind.STUCK, rows[0]), accused=rows))
    assert relay_look(seen.relay).tone == LIE
    assert [accused_tone(seen.relay), accused_tone(seen.truth), accused_tone(seen.routes)] == [LIE] * 3
    assert accused_tone(SMALL.truth) == ""


def test_a_scar_is_told_in_a_calm_colour_and_the_edge_stays_as_it_is() -> None:
    name = SMALL.edges[0].name
    seen = seen_with(of(Kind.DOUBLE_EFFECT, Accused(Part.EDGE, name, ("shop",)), is_past=True))
    assert edge_look(seen.edge(name)).tone != LIE
    assert all(line.tone != LIE for line in view_lines(seen.edge(name), seen.truth))
    assert verdict_look(seen, verdict_of(seen).soundness).tone != LIE
    assert found_words(seen.audit.findings) == "One fault of the past"


def test_a_truth_without_routes_is_not_called_sound_in_green() -> None:
    empty = replace(SMALL, truth=replace(SMALL.truth, routes=()))
    look = verdict_look(empty, Soundness.SOUND)
    assert (look.words, look.tone) == ("Sound about an empty truth", "is-hollow")


def test_the_verdict_links_each_accused_part_once() -> None:
    name = SMALL.edges[0].name
    finding = of(Kind.LOST, Accused(Part.EDGE, name))
    told = linked(f"{name} lost it. {name}-2 and {name} did.", [finding], SMALL)
    assert [(piece.text, piece.panel) for piece in told if piece.panel] == [(name, f"panel-edge-{name}")]
    assert [*lead_and_rest("One. Two. Three.")] == ["One.", "Two. Three."]
