"""The modes of an edge and every way from one to another: one table, which has a line for every pair.

    down ──start──▶ loading ──resumed/loaded──▶ catching up ◀──▶ current
                       │                            │               │
                       └──────── surprise ──────────┴───────────────┘
                                    ▼
                             failed closed ──rebuild──▶ rebuilding ──loaded──▶ catching up

A signal that is not expected in a mode leads to FAILED CLOSED, never to a claim. Stopping is always possible, and an
edge that is down hears nothing but its start.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


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
"""What is expected."""

TABLE: Mapping[tuple[Mode, Signal], Mode] = MappingProxyType(
    {(mode, signal): Mode.FAILED_CLOSED for mode in Mode for signal in Signal}
    | {(Mode.DOWN, signal): Mode.DOWN for signal in Signal}
    | {(mode, Signal.STOP): Mode.DOWN for mode in Mode}
    | TRANSITIONS
)
"""Every mode with every signal, and the mode that follows. Nothing else changes a mode."""

ANSWERS = frozenset({Mode.CATCHING_UP, Mode.CURRENT})
"""The modes in which an edge answers requests. In every other it refuses."""


def after(mode: Mode, signal: Signal) -> Mode:
    """Return the mode that a signal leads to."""
    return TABLE[mode, signal]
