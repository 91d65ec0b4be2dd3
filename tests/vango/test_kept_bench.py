"""A bench that an earlier version kept is opened as it was left, and goes on: files, journal, rules and list of verbs."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.vango.conftest import Hands, Run
from tests.vango.test_untold import by_hand
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper
from vango.core.causes import Cause
from vango.core.modes import Mode
from vango.journal.codec import read
from vango.journal.facts import FACTS, ModeChange
from vango.observe.model import Observation
from vango.truth.outbox import drop, mark_published, take_lease, waiting

# Made with version 0.1.0: three promotions of which one was refused, a stored snapshot, epochs switched off at syd, a
# limit of the stream, a kept store; then iad killed, a promotion, the relay armed and killed, and a promotion that nobody published.
LAST_MOMENT = 89
KEPT = Path(__file__).with_name("kept") / "bench-0.1.0.tar.gz"


@pytest.fixture
def kept(run: Run[Any], keeper: Keeper, tmp_path: Path) -> Iterator[Hands]:
    """The kept bench, opened."""
    with tarfile.open(KEPT) as packed:
        packed.extractall(tmp_path / "bench", filter="data")
    bench = run(Bench.open(tmp_path / "bench", keeper))
    try:
        yield Hands(run, bench)
    finally:
        run(bench.close())


def test_it_stands_as_it_was_left(kept: Hands) -> None:
    # No relay runs, so nobody says how far the truth is: an edge that runs claims no more than where it is.
    seen = kept.until(lambda seen: seen.edge("fra").claim == "catching up from 6" and bool(seen.snapshots))
    owners = {route.name: (route.owner, route.epoch) for route in seen.truth.routes}
    assert (owners["shop"], owners["blog"]) == (("alloc-c", 3), ("alloc-a", 3))
    assert (seen.truth.revision, seen.truth.sequence, seen.outbox.waiting) == (14, 7, 1)
    assert (seen.relay.state, seen.edge("iad").mode, seen.edge("iad").sequence) == ("down", Mode.DOWN, 5)
    assert not seen.edge("syd").rules.check_epochs
    assert seen.edge("fra").rules.check_epochs
    assert (seen.stream("ROUTES").rules.max_msgs, seen.stream("ROUTES").messages) == (50, 6)
    assert seen.broker.kept
    assert [snapshot.checksum_ok for snapshot in seen.snapshots] == [True]
    assert seen.undo == "promote"


def test_its_journal_and_its_recording_are_read(kept: Hands) -> None:
    assert any("alloc-d" in text for text in kept.told("learner", "refused"))
    assert kept.told("iad", "kill") == ["iad killed"]
    told = [moment for moment in kept.bench.journal.up_to(LAST_MOMENT, LAST_MOMENT) if moment.kind in FACTS]
    assert {type(moment.read(FACTS[moment.kind])) for moment in told} <= {*FACTS.values()}
    assert {moment.read(ModeChange).cause for moment in told if moment.kind == "mode"} == {Cause.NOT_KNOWN}
    frame = kept.bench.recording.at(LAST_MOMENT)
    assert frame is not None
    then = read(Observation, frame)
    assert (then.edge("iad").mode, then.truth.revision) == (Mode.DOWN, 14)


def test_it_goes_on(kept: Hands) -> None:
    kept.do("disarm_relay")
    kept.do("start_relay")
    kept.do("start_edge", edge="iad")
    assert {edge.claim for edge in kept.settle().edges} == {"current at 7"}


def test_a_mark_and_a_giving_up_name_their_event(kept: Hands) -> None:
    """In the table of that version SQLite gives the place of a deleted last row to the next."""
    truth = kept.bench.truth
    token = take_lease(truth, "relay")
    assert token is not None
    (sent,) = waiting(truth, limit=2)
    by_hand(kept.bench.folder, "DELETE FROM outbox WHERE published_at IS NULL")
    kept.do("promote", route="blog", to="alloc-b")
    (follower,) = waiting(truth, limit=2)
    assert (follower.position, follower.sequence) == (sent.position, sent.sequence + 1)
    mark_published(truth, [(sent, 7)], token=token)
    drop(truth, [sent], token=token)
    assert waiting(truth, limit=2) == [follower]


def test_undo_follows_the_list_of_verbs_that_it_kept(kept: Hands) -> None:
    kept.do("undo")
    seen = kept.until(lambda seen: seen.truth.revision == 13)
    owners = {route.name: route.owner for route in seen.truth.routes}
    assert (owners["shop"], owners["blog"]) == ("alloc-c", "alloc-c")
    assert (seen.relay.state, seen.edge("iad").mode) == ("down", Mode.DOWN)
