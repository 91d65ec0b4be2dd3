"""What a button says: a verb with its arguments in a few words, and the panel of what it acts on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from vango.core.rule_record import declared
from vango.core.rules import EdgeRules, RelayRules
from vango.verbs.registry import REGISTRY

Arguments = Mapping[str, Any]

DIALOGS = frozenset((
    "promote", "burst", "add_route", "add_allocation", "relay_rules", "crash_relay", "crash_edge", "edge_rules",
    "replay", "stream_limits", "stream_subjects", "delete_consumer", "purge", "delete_message", "recreate_stream",
    "republish", "republish_often", "republish_altered", "publish_poison", "take_away", "give_back", "storm",
    "try_without", "telemetry", "fork",
))  # fmt: skip
"""The verbs that have a dialog on the page."""

_PLAIN = {
    "write_order": "Write order: {order}", "disarm_control": "Disarm the crash",
    "destroy_database": "Destroy the database", "rebuild_database": "Ask the stream to rebuild it",
    "restore_database": "Put the kept copy back", "kill_relay": "Kill the relay", "start_relay": "Start the relay",
    "restart_relay": "Restart the relay", "crash_relay": "Arm the relay: crash {at}",
    "disarm_relay": "Disarm the relay",
    "kill_edge": "Kill {edge}", "start_edge": "Start {edge}", "restart_edge": "Restart {edge}",
    "kill_edges": "Stop all edges", "start_edges": "Start all edges", "crash_edge": "Arm {edge}: crash {at}",
    "disarm_edge": "Disarm {edge}", "stumble_edge": "Let {edge} fail at one", "wipe_view": "Wipe the view of {edge}",
    "replay": "Replay {edge} from {from_seq}", "delete_message": "Delete stream seq {seq}",
    "recreate_stream": "Recreate {stream}", "destroy_bus": "Destroy the bus", "restore_bus": "Create the bus again",
    "republish": "Republish event {sequence}", "delete_consumer": "Delete the consumer {consumer}",
    "republish_often": "Republish event {sequence}, {times} times",
    "republish_altered": "Publish event {sequence} altered, with {owner}",
    "publish_poison": "Publish poison for {route}",
    "stream_subjects": "{stream} stores {subjects}", "kill_broker": "Kill the broker",
    "start_broker": "Start the broker",
    "restart_broker": "Restart the broker", "freeze_broker": "Freeze the broker", "thaw_broker": "Thaw the broker",
    "keep_store": "Keep a copy of the store", "rollback_store": "Roll the store back",
    "take_snapshot": "Take a snapshot", "corrupt_snapshot": "Corrupt the snapshot",
    "load_snapshot": "Load the snapshot into {edge}", "take_away": "Take away {protection}",
    "give_back": "Give back {protection}", "storm": "Play storm {seed}, length {length}",
    "shrink_storm": "Shrink the storm", "try_without": "Try {fault} without {protection}", "reset": "Reset the bench",
}  # fmt: skip

_PANELS = {
    "truth": "truth",
    "relay": "relay",
    "stream": "stream",
    "snapshot": "stream",
    "broker": "broker",
    "bench": "verdict",
}


def label(verb: str, arguments: Arguments) -> str:
    """Return what a button for these arguments says. What is left out has the verb's default."""
    given = {name: plain(value) for name, value in full(verb, arguments).items()}
    if verb in _OWN:
        return _OWN[verb](given)
    words = _PLAIN.get(verb, verb.replace("_", " ").capitalize())
    return words.format_map(_Open(given))


def panel(verb: str, arguments: Arguments) -> str:
    """Return the id of the panel of what a verb acts on."""
    if (verb in REGISTRY and REGISTRY[verb].place == "edge") or verb == "load_snapshot":
        edge = str(arguments.get("edge", ""))
        return f"panel-edge-{edge}" if edge else "panel-verdict"
    return f"panel-{_PANELS.get(REGISTRY[verb].place, 'verdict') if verb in REGISTRY else 'verdict'}"


def full(verb: str, arguments: Arguments) -> dict[str, Any]:
    """Return the arguments with the defaults of those that were left out."""
    known = REGISTRY[verb].parameters if verb in REGISTRY else ()
    return {**{found.name: found.default for found in known if found.default is not None}, **arguments}


def plain(value: object) -> str:
    """Write a value as the page's fields do: on and off, and a choice by its own word."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value.value if isinstance(value, Enum) else value)


class _Open(dict[str, str]):
    """Arguments of which a missing one reads as an open place."""

    def __missing__(self, key: str) -> str:
        return "…"


def _promote(given: Mapping[str, str]) -> str:
    operation = f" as {given['operation']}" if given.get("operation") else ""
    return f"Promote {given.get('route', '…')} → {given.get('to', '…')}{operation}"


def _burst(given: Mapping[str, str]) -> str:
    return "Commit 1 change" if given["n"] == "1" else f"Commit {given['n']} changes"


def _telemetry(given: Mapping[str, str]) -> str:
    shape = "" if given["shape"] == "as agreed" else f", {given['shape']}"
    return f"Send {given['n']} sample{'' if given['n'] == '1' else 's'}{shape}"


def _purge(given: Mapping[str, str]) -> str:
    kept = f"{given['stream']}, keep the last {given['keep']}" if given.get("keep") else f"all of {given['stream']}"
    return f"Purge {kept}"


def _crash_control(given: Mapping[str, str]) -> str:
    return f"Arm a crash {'before' if given['at'] == 'before commit' else 'after'} the commit"


def _settings(who: str, words: Mapping[str, str]) -> Callable[[Mapping[str, str]], str]:
    def said(given: Mapping[str, str]) -> str:
        changed = [
            f"{words.get(name, name)} {value}" for name, value in given.items() if name not in ("edge", "stream")
        ]
        return f"{who.format_map(_Open(given))}: {', '.join(changed)}"

    return said


def _names(rules: type) -> dict[str, str]:
    """Return the words of rules, without their units and what a special value means."""
    return {name: record.words.partition(" (")[0].partition(", seconds")[0] for name, record in declared(rules).items()}


_EDGE, _RELAY = _names(EdgeRules), _names(RelayRules)
_LIMITS = {"max_age_s": "max_age in s", "duplicate_window_s": "duplicate window in s"}
_OWN: dict[str, Callable[[Mapping[str, str]], str]] = {
    "promote": _promote, "burst": _burst, "telemetry": _telemetry, "purge": _purge, "crash_control": _crash_control,
    "edge_rules": _settings("Set {edge}", _EDGE), "relay_rules": _settings("Set the relay", _RELAY),
    "stream_limits": _settings("Set limits", _LIMITS),
}  # fmt: skip
