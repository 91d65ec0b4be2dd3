"""The form of a verb: the words, the choices and the limits of each parameter, from the registry."""

from __future__ import annotations

from dataclasses import asdict
from enum import Enum
from math import isfinite
from typing import Any

from vango.actors.crash_points import CONTROL_POINTS, EDGE_POINTS, RELAY_POINTS
from vango.core.rule_record import declared
from vango.core.rules import EdgeRules, RelayRules
from vango.observe.model import Observation
from vango.storm.fault_table import FAULTS
from vango.storm.protections import PROTECTIONS
from vango.verbs.registry import Parameter

_SOURCES = {"edge": "edges", "to": "allocations", "owner": "allocations", "stream": "streams", "consumer": "consumers"}
_POINTS = {"crash_control": CONTROL_POINTS, "crash_relay": RELAY_POINTS, "crash_edge": EDGE_POINTS}
_KEYS = {
    "protection": tuple(protection.key for protection in PROTECTIONS),
    "fault": tuple(fault.key for fault in FAULTS),
}
_MEANINGS = {
    "protection": {protection.key: protection.words for protection in PROTECTIONS},
    "fault": {fault.key: fault.words for fault in FAULTS},
}
_WORDS = {
    "to": "new owner", "n": "how many", "at": "crash", "operation": "operation id (asking twice is doing once)",
    "max_msgs": "max_msgs (-1: no limit)", "max_bytes": "max_bytes (-1: no limit)",
    "max_age_s": "max_age, seconds (0: no limit)", "duplicate_window_s": "duplicate window, seconds",
    "up_to": "below this stream seq", "keep": "keep the last",
    "seq": "stream seq", "from_seq": "from stream seq", "sequence": "sequence of the event in the history",
    "subject": "only this subject", "subjects": "subjects, separated by spaces", "shape": "format of a sample",
    "times": "how many times", "every_s": "pause between two, seconds",
    **{name: record.words for rules in (EdgeRules, RelayRules) for name, record in declared(rules).items()},
}  # fmt: skip


def rules_now(rules: Any) -> dict[str, str]:
    """Return the present rules as words, by name, for the dialogs to show."""
    return {name: plain(value) for name, value in asdict(rules).items()}


def subjects_now(seen: Observation) -> dict[str, str]:
    """Return the stored subjects of the streams, for the dialog that sets them."""
    return {"subjects": "; ".join(f"{stream} {' '.join(subjects)}" for stream, subjects in seen.subjects)}


def name_source(verb: str, parameter: str) -> str:
    """Return which existing names a parameter accepts: edges, routes, allocations, streams, consumers; empty for a new
    name.
    """
    if parameter == "route":
        return "" if verb == "add_route" else "routes"
    if parameter == "allocation":
        return "" if verb == "add_allocation" else "allocations"
    return _SOURCES.get(parameter, "")


def names_of(seen: Observation, source: str) -> tuple[str, ...]:
    """Return the names that a select offers."""
    things: dict[str, tuple[Any, ...]] = {
        "edges": seen.edges,
        "routes": seen.truth.routes,
        "allocations": seen.truth.allocations,
        "streams": seen.streams,
        "consumers": tuple(consumer for consumer in seen.consumers if consumer.stream == "ROUTES"),
    }
    return tuple(thing.name for thing in things[source])


def field_options(verb: str, parameter: Parameter) -> tuple[str, ...]:
    """Return the options of a select for a parameter of few values; empty for a text field."""
    if parameter.name in _KEYS:
        return _KEYS[parameter.name]
    if parameter.name == "at" and verb in _POINTS:
        return tuple(point.value for point in _POINTS[verb])
    return ("on", "off") if parameter.kind == "bool" else parameter.choices


def option_words(parameter: str, option: object) -> str:
    """Return an option as a select shows it: a protection or a fault with its meaning."""
    meaning = _MEANINGS.get(parameter, {}).get(str(option), "")
    return f"{option}: {meaning}" if meaning else str(option)


def number_limits(parameter: Parameter) -> dict[str, str]:
    """Return a number's limits as attributes of its input."""
    limits = {"min": parameter.low, "max": parameter.high}
    return {name: f"{value:.15g}" for name, value in limits.items() if isfinite(value)}


def parameter_words(name: str) -> str:
    """Return a parameter's label."""
    return _WORDS.get(name, name.replace("_", " "))


def plain(value: Any) -> str:
    """Write a value as a person would: on and off, and a choice by its own word."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value.value if isinstance(value, Enum) else value)
