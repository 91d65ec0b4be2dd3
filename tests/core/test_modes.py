"""The table of modes: total, failing closed, and with one way to a claim."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import vango
from vango.core.modes import ANSWERS, TABLE, TRANSITIONS, Mode, Signal, after

EVERY_PAIR = [(mode, signal) for mode in Mode for signal in Signal]


IN_FULL = """
               down          loading       catching up   current       failed closed rebuilding
start          loading       failed closed failed closed failed closed failed closed failed closed
resumed        down          catching up   failed closed failed closed failed closed failed closed
loaded         down          catching up   failed closed failed closed failed closed catching up
behind         down          failed closed catching up   catching up   failed closed failed closed
reached        down          failed closed current       current       failed closed failed closed
surprise       down          failed closed failed closed failed closed failed closed failed closed
rebuild        down          failed closed rebuilding    rebuilding    rebuilding    failed closed
stop           down          down          down          down          down          down
"""


def cells(line: str) -> list[str]:
    return [line[at : at + 14].strip() for at in range(15, 15 + 14 * len(Mode), 14)]


def test_every_signal_in_every_mode_leads_where_the_table_says() -> None:
    head, *lines = IN_FULL.strip("\n").splitlines()
    modes = [Mode(word) for word in cells(head)]
    written = {
        (mode, Signal(line[:15].strip())): Mode(to)
        for line in lines
        for mode, to in zip(modes, cells(line), strict=True)
    }
    assert written == dict(TABLE) == {pair: after(*pair) for pair in EVERY_PAIR}


def assigned(tree: ast.AST) -> list[ast.Attribute]:
    """Return every attribute of a program that is assigned to, also in a tuple, by setattr or by a deletion."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)]


def test_nothing_but_a_signal_changes_a_mode() -> None:
    found: list[str] = []
    for file in sorted(Path(vango.__file__).parent.rglob("*.py")):
        tree = ast.parse(file.read_text())
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
            names = {node.attr for node in assigned(function)}
            found += [f"{file.name}: {function.name}" for name in sorted(names & {"mode", "_mode"})]
    assert found == ["state.py: __init__", "state.py: signal"]


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
