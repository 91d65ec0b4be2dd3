"""The modes of an edge and every way from one to another: one table, and what is not in it fails closed.

    down ──start──▶ loading ──resumed/loaded──▶ catching up ◀──▶ current
                       │                            │               │
                       └──────── surprise ──────────┴───────────────┘
                                    ▼
                             failed closed ──rebuild──▶ rebuilding ──loaded──▶ catching up

Any signal that the table does not expect leads to FAILED CLOSED, never to a claim. Stopping is always possible.
"""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """What an edge is doing; together with its position, its claim."""

    DOWN = "down"
    LOADING = "loading"
    CATCHING_UP = "catching up"
    CURRENT = "current"
    FAILED_CLOSED = "failed closed"
    REBUILDING = "rebuilding"


class Signal(StrEnum):
    """What may happen to an edge."""

    START = "start"
    RESUMED = "resumed"
    LOADED = "loaded"
    BEHIND = "behind"
    REACHED = "reached"
    SURPRISE = "surprise"
    REBUILD = "rebuild"
    STOP = "stop"


TRANSITIONS: dict[tuple[Mode, Signal], Mode] = {
    (Mode.DOWN, Signal.START): Mode.LOADING,
    (Mode.LOADING, Signal.RESUMED): Mode.CATCHING_UP,
    (Mode.LOADING, Signal.LOADED): Mode.CATCHING_UP,
    (Mode.CATCHING_UP, Signal.BEHIND): Mode.CATCHING_UP,
    (Mode.CATCHING_UP, Signal.REACHED): Mode.CURRENT,
    (Mode.CATCHING_UP, Signal.REBUILD): Mode.REBUILDING,
    (Mode.CURRENT, Signal.REACHED): Mode.CURRENT,
    (Mode.CURRENT, Signal.BEHIND): Mode.CATCHING_UP,
    (Mode.CURRENT, Signal.REBUILD): Mode.REBUILDING,
    (Mode.FAILED_CLOSED, Signal.BEHIND): Mode.FAILED_CLOSED,
    (Mode.FAILED_CLOSED, Signal.REACHED): Mode.FAILED_CLOSED,
    (Mode.FAILED_CLOSED, Signal.REBUILD): Mode.REBUILDING,
    (Mode.REBUILDING, Signal.LOADED): Mode.CATCHING_UP,
}

ANSWERS = frozenset({Mode.CATCHING_UP, Mode.CURRENT})
"""The modes in which an edge answers requests. In every other it refuses."""


def after(mode: Mode, signal: Signal) -> Mode:
    """Return the mode that a signal leads to. Total: a surprise in any mode that runs ends in failed closed."""
    if signal is Signal.STOP:
        return Mode.DOWN
    if mode is Mode.DOWN and signal is not Signal.START:
        return Mode.DOWN
    return TRANSITIONS.get((mode, signal), Mode.FAILED_CLOSED)
