"""Looks: how the state of each part is shown.

A look is a word, an icon and a tone, so that colour is never the only sign. Nothing here decides a state.
"""

from __future__ import annotations

from dataclasses import dataclass

from vango.core.audit import Soundness, present
from vango.core.findings import Kind
from vango.core.modes import ANSWERS, Mode
from vango.journal.facts import ModeChange
from vango.journal.moment import Moment
from vango.observe.model import BrokerSeen, EdgeSeen, GuestSeen, Observation, RelaySeen, StreamSeen, TruthSeen


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: its words, the name of an icon, and a tone that is a CSS class.

    `cause` says in a word or two what the audit has against it, empty when nothing.
    """

    words: str
    icon: str
    tone: str
    cause: str = ""


LIE = "is-lie"


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
    "send": "is-relay",
    "store": "is-stream",
}
_BECAME = {Mode.FAILED_CLOSED: "is-bad", Mode.REBUILDING: "is-warn"}


def edge_look(edge: EdgeSeen | GuestSeen) -> Look:
    """Return an edge's claim in words, and that it is false, if the audit knows. Nobody accused is drawn as right."""
    look = _MODES[edge.mode]
    words = look.words.format(n=edge.sequence)
    wrong = present(edge.findings)
    kinds = {finding.kind for finding in wrong}
    if edge.mode not in ANSWERS or not (kinds or any(row.lie for row in edge.rows)):
        return Look(words, look.icon, look.tone)
    says, cause = f"Says {words[0].lower()}{words[1:]}", ", ".join(dict.fromkeys(f.kind.value for f in wrong))
    if kinds and kinds <= {Kind.STUCK}:
        return Look(f"{says}, is stuck", "cross", LIE, cause)
    if kinds and kinds <= {Kind.DOUBLE_EFFECT}:
        return Look(f"{says}, and drained twice", "cross", LIE, cause)
    is_not = "is not" if edge.mode is Mode.CURRENT else "with wrong rows"
    return Look(f"{says}, {is_not}", "cross", LIE, cause)


def accused_tone(part: RelaySeen | StreamSeen | TruthSeen | None) -> str:
    """Return the tone of a part that the audit accuses; empty when it does not."""
    return LIE if part is not None and present(part.findings) else ""


def broker_look(broker: BrokerSeen) -> Look:
    """Return the state of the broker process in words."""
    return _BROKER.get(broker.state, Look(broker.state or "down", "stop", "is-bad"))


def relay_look(relay: RelaySeen) -> Look:
    """Return the state of the relay in words."""
    look = _RELAY.get(relay.state, Look(relay.state or "down", "stop", "is-closed"))
    return Look(f"{look.words}, stuck", "cross", LIE, "stuck") if present(relay.findings) else look


def verdict_look(seen: Observation, soundness: Soundness) -> Look:
    """Return the audit's verdict in a word. Of a truth without routes there is nothing to be wrong about."""
    if soundness is Soundness.VIOLATED:
        return Look("Not sound", "warn", LIE)
    if soundness is Soundness.NOT_YET_KNOWN:
        return Look("Still converging", "wait", "is-wait")
    if not seen.truth.routes:
        return Look("Sound about an empty truth", "circle", "is-hollow")
    if seen.truth.loss is not None:
        return Look("Sound about another truth than before", "circle", "is-hollow")
    return Look("Sound", "check", "is-ok")


def allocation_icon(state: str) -> str:
    """Return the icon of an allocation's state."""
    return _ALLOCATION.get(state, "circle")


def moment_tone(moment: Moment) -> str:
    """Return the tone of a journal entry; a mode's is that of what the edge became. A claim is never green."""
    if moment.kind == "mode":
        became = moment.read(ModeChange).after
        return _BECAME.get(became, "") if became else ""
    return _TONES.get(moment.kind, "")
