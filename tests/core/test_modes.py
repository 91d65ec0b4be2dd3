"""The table of modes: total, failing closed, and with one way to a claim."""

from __future__ import annotations

import pytest

from vango.core.modes import ANSWERS, TRANSITIONS, Mode, Signal, after

EVERY_PAIR = [(mode, signal) for mode in Mode for signal in Signal]


@pytest.mark.parametrize(("mode", "signal"), EVERY_PAIR)
def test_every_signal_in_every_mode_leads_to_a_mode(mode: Mode, signal: Signal) -> None:
    assert after(mode, signal) in Mode


@pytest.mark.parametrize(("mode", "signal"), [pair for pair in EVERY_PAIR if pair not in TRANSITIONS])
def test_what_the_table_does_not_expect_never_leads_to_an_answer(mode: Mode, signal: Signal) -> None:
    expected = Mode.DOWN if mode is Mode.DOWN or signal is Signal.STOP else Mode.FAILED_CLOSED
    assert after(mode, signal) is expected
    assert expected not in ANSWERS


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.DOWN])
def test_a_surprise_fails_closed_in_every_mode_that_runs(mode: Mode) -> None:
    assert after(mode, Signal.SURPRISE) is Mode.FAILED_CLOSED


def test_only_a_current_edge_and_one_that_catches_up_answer() -> None:
    assert {Mode.CURRENT, Mode.CATCHING_UP} == ANSWERS


def test_only_an_edge_that_caught_up_and_reached_the_mark_becomes_current() -> None:
    ways = {pair for pair in EVERY_PAIR if after(*pair) is Mode.CURRENT}
    assert ways == {(Mode.CATCHING_UP, Signal.REACHED), (Mode.CURRENT, Signal.REACHED)}


def test_the_only_ways_out_of_failed_closed_are_a_rebuild_and_a_stop() -> None:
    ways = {signal for signal in Signal if after(Mode.FAILED_CLOSED, signal) is not Mode.FAILED_CLOSED}
    assert ways == {Signal.REBUILD, Signal.STOP}


def test_a_rebuild_ends_only_by_a_loaded_snapshot_or_in_refusal() -> None:
    ways = {signal for signal in Signal if after(Mode.REBUILDING, signal) in ANSWERS}
    assert ways == {Signal.LOADED}
