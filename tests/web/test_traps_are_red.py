"""Labs played to their traps: what the audit accuses is drawn as wrong at each step, and the newest finding leads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labs import LABS
from studylab.lab.model import Lab
from studylab.web.guests import verdict_of
from studylab.web.looks import LIE, Look, accused_tone, edge_look, relay_look
from tests.labs.conftest import Learner
from vango.broker.keeper import Keeper
from vango.core.accused import Accused, Part
from vango.core.audit import Soundness, present
from vango.core.modes import ANSWERS
from vango.observe.model import Observation

QUICK = (1, 5)
TRAPS = [
    pytest.param(lab, id=lab.slug, marks=[] if lab.number in QUICK else pytest.mark.slow)
    for lab in LABS
    if lab.number in (1, 4, 5, 7, 9, 10, 12)
]


@pytest.fixture
def visitor(run: Any, tmp_path: Path) -> Iterator[Learner]:
    """Somebody who plays labs on a bench without a page."""
    keeper = run(Keeper.start())
    visitor = Learner(run, keeper, tmp_path / "bench")
    try:
        yield visitor
    finally:
        visitor.leaves()
        run(keeper.close())


def drawn(seen: Observation, accused: Accused) -> Look:
    """Return how an accused part is drawn."""
    if accused.part is Part.EDGE:
        return edge_look(seen.guest(accused.name) or seen.edge(accused.name))
    if accused.part is Part.RELAY:
        return relay_look(seen.relay)
    return Look("", "", accused_tone(seen.truth if accused.part is Part.DATABASE else seen.routes))


def reds(seen: Observation) -> set[str]:
    """Check that every accused part is drawn as wrong, and nobody else by the audit's word. Return the kinds found."""
    verdict = verdict_of(seen)
    wrong = present(verdict.findings)
    assert (verdict.soundness is Soundness.VIOLATED) == bool(wrong)
    for accused in (accused for finding in wrong for accused in finding.accused):
        look = drawn(seen, accused)
        assert (look.tone, look.icon == "check") == (LIE, False), (accused, look)
    for edge in seen.edges:
        says_it_is_right = edge_look(edge).tone == "is-ok"
        assert not (says_it_is_right and edge.mode in ANSWERS and present(edge.findings))
    return {finding.kind.value for finding in wrong}


@pytest.mark.parametrize("lab", TRAPS)
def test_nothing_that_the_audit_accuses_is_drawn_green_on_the_way_through_a_lab(visitor: Learner, lab: Lab) -> None:
    run, found = visitor.opens(lab), set[str]()
    visitor.does(run.start())
    for step in lab.steps:
        visitor.passes(step)
        found |= reds(visitor.sees())
    assert found or lab.number == 12, "no step of this lab ends in its trap"
