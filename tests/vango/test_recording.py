"""The recording: what was observed is kept a little later, and nobody who asks can tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Run
from tests.vango.conftest import Hands
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper
from vango.journal import recording


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


def test_what_shows_the_same_is_kept_once(hands: Hands) -> None:
    hands.settle()
    hands.bench.recording.write_down()
    first = hands.settle()
    hands.bench.recording.take(first)
    assert hands.bench.recording._waiting == []
