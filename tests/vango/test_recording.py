"""The recording: what was observed is kept a little later, and nobody who asks can tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.vango.conftest import Hands
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper
from vango.journal import recording
from vango.journal.journal import Journal
from vango.observe.model import Observation


@pytest.fixture(autouse=True)
def never_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written down before somebody asks."""
    monkeypatch.setattr(recording, "LATER_S", 3600.0)


def test_what_waits_to_be_written_can_be_read_already(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-b")
    seen = hands.settle()
    kept = hands.bench.recording.at(seen.moment)
    assert kept is not None
    assert kept["truth"]["sequence"] == seen.truth.sequence
    assert 0 < hands.bench.recording.first <= seen.moment


def test_a_closed_bench_has_written_everything_down(run: Run, keeper: Keeper, tmp_path: Path) -> None:
    bench = run(Bench.open(tmp_path / "bench", keeper))
    seen = run(bench.settle())
    run(bench.close())
    bench = run(Bench.open(tmp_path / "bench", keeper))
    kept = bench.recording.at(seen.moment)
    run(bench.close())
    assert kept is not None
    assert kept["moment"] <= seen.moment


def test_what_shows_the_same_is_kept_once(run: Run, hands: Hands, tmp_path: Path) -> None:
    seen = hands.settle()
    written: list[float] = []

    def as_text(observation: Observation) -> str:
        written.append(observation.at)
        return "{}"

    async def take_three() -> None:
        journal = Journal(tmp_path / "another.db", lambda: None)
        own = recording.Recording(journal, as_text)
        for frame in (seen, replace(seen, at=seen.at + 1), replace(seen, at=seen.at + 2, moment=seen.moment + 1)):
            own.take(frame)
        own.write_down()
        journal.close()

    run(take_three())
    assert written == [seen.at, seen.at + 2]
