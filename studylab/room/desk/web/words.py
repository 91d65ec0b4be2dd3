"""What the templates of the desk can call: pure functions from values to what a person reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studylab.room import codes
from studylab.room.desk.web.parts import is_teacher
from studylab.room.desk.web.tiles import at_time, label
from studylab.web.fields import field_options, number_limits, option_words, parameter_words
from studylab.web.quantities import plural
from vango.core.names import EDGES
from vango.verbs.registry import Parameter


def minutes(count: float) -> str:
    """Write a number of minutes."""
    return f"{count:g} min"


def seconds(count: float | None) -> str:
    """Write a number of seconds, empty for none."""
    return "" if count is None else f"{count:.1f} s"


def percent(share: float) -> str:
    """Write a share as a whole number of hundredths."""
    return f"{share:.0%}"


def options_of(verb: str, parameter: Parameter) -> tuple[str, ...]:
    """Return what may be chosen for a parameter of a fault that goes to many benches; empty where it is typed."""
    return EDGES if parameter.name == "edge" else field_options(verb, parameter)


WORDS: dict[str, Callable[..., Any]] = {
    "plural": plural,
    "label": label,
    "at_time": at_time,
    "minutes": minutes,
    "seconds": seconds,
    "percent": percent,
    "shown_code": codes.shown,
    "is_teacher": is_teacher,
    "parameter_words": parameter_words,
    "option_words": option_words,
    "number_limits": number_limits,
    "options_of": options_of,
}
