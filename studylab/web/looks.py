"""Looks: how the state of each part is shown.

A look is a word, an icon and a tone, so that colour is never the only sign. Nothing here decides a state.
"""

from __future__ import annotations

from dataclasses import dataclass

from vango.core.audit import Soundness
from vango.core.modes import Mode
from vango.journal.facts import ModeChange
from vango.journal.moment import Moment
from vango.observe.model import BrokerSeen, EdgeSeen, GuestSeen, RelaySeen


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: its words, the name of an icon, and a tone that is a CSS class."""

    words: str
    icon: str
    tone: str


_MODES = {
    Mode.DOWN: Look("Down", "stop", "is-closed"),
    Mode.LOADING: Look("Loading", "wait", "is-wait"),
    Mode.CATCHING_UP: Look("Catching up from {n}", "wait", "is-wait"),
    Mode.CURRENT: Look("Current at {n}", "check", "is-ok"),
    Mode.FAILED_CLOSED: Look("Failed closed", "shut", "is-shut"),
    Mode.REBUILDING: Look("Rebuilding", "again", "is-wait"),
}
_BROKER = {"up": Look("up", "check", "is-ok"), "frozen": Look("frozen", "frozen", "is-shut")}
_RELAY = {"up": Look("running", "check", "is-ok"), "waiting": Look("waiting", "wait", "is-wait")}
_ALLOCATION = {"ready": "check", "pending": "wait", "draining": "down", "gone": "cross"}
_TONES = {
    "crash": "is-bad",
    "kill": "is-bad",
    "exit": "is-bad",
    "refused": "is-bad",
    "untold": "is-bad",
    "gap": "is-bad",
    "silent": "is-bad",
    "purge": "is-warn",
    "deleted": "is-warn",
    "recreated": "is-warn",
    "noise": "is-warn",
    "duplicate": "is-warn",
    "verdict": "is-warn",
    "limits": "is-warn",
    "advisory": "is-warn",
    "apply": "is-ok",
    "commit": "is-truth",
    "publish": "is-relay",
    "store": "is-stream",
}
_BECAME = {Mode.FAILED_CLOSED: "is-bad", Mode.CURRENT: "is-ok", Mode.REBUILDING: "is-warn"}


def edge_look(edge: EdgeSeen | GuestSeen) -> Look:
    """Return an edge's claim in words, and that it is false, if the audit knows."""
    look = _MODES[edge.mode]
    words = look.words.format(n=edge.sequence)
    if any(row.lie for row in edge.rows) and edge.mode in (Mode.CURRENT, Mode.CATCHING_UP):
        says = f"Says {words[0].lower()}{words[1:]}"
        return Look(f"{says}, is not" if edge.mode is Mode.CURRENT else f"{says}, with wrong rows", "cross", "is-lie")
    return Look(words, look.icon, look.tone)


def broker_look(broker: BrokerSeen) -> Look:
    """Return the state of the broker process in words."""
    return _BROKER.get(broker.state, Look(broker.state or "down", "stop", "is-bad"))


def relay_look(relay: RelaySeen) -> Look:
    """Return the state of the relay in words."""
    return _RELAY.get(relay.state, Look(relay.state or "down", "stop", "is-closed"))


def soundness_look(soundness: Soundness) -> Look:
    """Return the audit's verdict in a word."""
    if soundness is Soundness.SOUND:
        return Look("Sound", "check", "is-ok")
    if soundness is Soundness.VIOLATED:
        return Look("Not sound", "warn", "is-lie")
    return Look("Still converging", "wait", "is-wait")


def allocation_icon(state: str) -> str:
    """Return the icon of an allocation's state."""
    return _ALLOCATION.get(state, "circle")


def moment_tone(moment: Moment) -> str:
    """Return the tone of a journal entry; a mode's is that of what the edge became."""
    if moment.kind == "mode":
        became = moment.read(ModeChange).after
        return _BECAME.get(became, "") if became else ""
    return _TONES.get(moment.kind, "")
