"""Verbs: every action on a bench, with typed arguments, in one registry.

Buttons, labs, tests and the command line all issue these, and the journal records them, so the history of any bench
is a script. A verb is an async function `(bench, *, typed keyword arguments) -> sentence`; this module turns text or
JSON into those arguments, or says in one sentence what is wrong with them.
"""

from __future__ import annotations

import inspect
import math
import re
import types
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from vango.actors.errors import BadInput, NotThere
from vango.core.rule_record import declared

MAX_NAME = 40
NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?", re.ASCII)
MAX_TEXT = 200


class Name(str):
    """A name that is safe as a subject token: lower-case letters, digits, `-` and `_`, at most 40 characters."""


@dataclass(frozen=True, slots=True)
class Between:
    """Limits of a number, both included. Used in an `Annotated` type."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a verb. `kind` is name, text, int, float, bool or choice; `default` is None when required."""

    name: str
    kind: str
    required: bool
    default: Any
    choices: tuple[str, ...]
    low: float
    high: float
    convert: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Verb:
    """One action on a bench. `place` is where its button is; `destructive` ones are marked on the page."""

    name: str
    place: str
    destructive: bool
    summary: str
    parameters: tuple[Parameter, ...]
    act: Callable[..., Awaitable[str]]

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Check and convert arguments given as text or JSON. Raises `BadInput`; then nothing has happened."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                takes = ", ".join(known) or "no arguments"
                raise BadInput(f"{self.name} has no argument {_short(name)}; it takes {takes}.")
        arguments: dict[str, Any] = {}
        for parameter in self.parameters:
            if parameter.name in given:
                arguments[parameter.name] = _convert(parameter, given[parameter.name], self.name)
            elif parameter.required:
                raise BadInput(f"{self.name} needs the argument {parameter.name} ({_expected(parameter)}).")
        return arguments


REGISTRY: dict[str, Verb] = {}


def verb(
    place: str, *, destructive: bool = False, rules: type | None = None
) -> Callable[[Callable[..., Awaitable[str]]], Callable[..., Awaitable[str]]]:
    """Register an async function as a verb. Its docstring's first line is the summary that people read.

    A verb that sets `rules` takes each of them as an argument of its own; None leaves a rule as it is.
    """

    def register(act: Callable[..., Awaitable[str]]) -> Callable[..., Awaitable[str]]:
        # The first parameter's type is imported for type checkers only, so that the registry needs no broker.
        hints = typing.get_type_hints(act, localns={"Bench": object}, include_extras=True)
        parameters = tuple(
            _parameter(name, hints[name], parameter.default)
            for name, parameter in inspect.signature(act).parameters.items()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        ) + (_rules_of(rules) if rules else ())
        summary = (inspect.getdoc(act) or "").partition("\n")[0]
        REGISTRY[act.__name__] = Verb(act.__name__, place, destructive, summary, parameters, act)
        return act

    return register


def _rules_of(rules: type) -> tuple[Parameter, ...]:
    hints = typing.get_type_hints(rules)
    return tuple(
        _parameter(name, typing.Annotated[hints[name], Between(record.low, record.high)], None)
        for name, record in declared(rules).items()
    )


def find(name: str) -> Verb:
    """Return the verb of that name. Raises `NotThere` with similar names."""
    import difflib

    if name in REGISTRY:
        return REGISTRY[name]
    near = difflib.get_close_matches(name[:MAX_NAME], REGISTRY, n=3) or sorted(REGISTRY)[:3]
    raise NotThere(f"There is no verb {_short(name)}. Similar: {', '.join(near)}. All are listed in docs/verbs.md.")


def _parameter(name: str, hint: Any, default: Any) -> Parameter:
    low, high = -math.inf, math.inf
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(option for option in typing.get_args(hint) if option is not type(None))
    if typing.get_origin(hint) is typing.Annotated:
        limits = hint.__metadata__[0]
        low, high, hint = limits.low, limits.high, hint.__origin__
    required = default is inspect.Parameter.empty
    choices: tuple[str, ...] = ()
    kind, convert = _KINDS.get(hint, ("", None))
    if isinstance(hint, type) and issubclass(hint, Enum):
        kind, convert, choices = "choice", _choice(hint), tuple(member.value for member in hint)
    if convert is None:
        raise TypeError(f"a verb cannot take {name}: {hint}")
    return Parameter(name, kind, required, None if required else default, choices, low, high, convert)


def _convert(parameter: Parameter, given: Any, verb_name: str) -> Any:
    try:
        value = parameter.convert(given)
    except (ValueError, TypeError, OverflowError):
        pass
    else:
        if not isinstance(value, int | float) or isinstance(value, bool) or parameter.low <= value <= parameter.high:
            return value
    raise BadInput(f"{verb_name}: {parameter.name} is {_short(given)}; expected {_expected(parameter)}.")


def _expected(parameter: Parameter) -> str:
    if parameter.choices:
        return "one of " + ", ".join(parameter.choices)
    if parameter.kind in ("int", "float"):
        noun = "a whole number" if parameter.kind == "int" else "a number"
        limits = f" from {parameter.low}" if math.isfinite(parameter.low) else ""
        return noun + limits + (f" to {parameter.high}" if math.isfinite(parameter.high) else "")
    return {
        "name": f"a name of at most {MAX_NAME} lower-case letters, digits, - and _, such as shop or alloc-a",
        "text": f"text of at most {MAX_TEXT} characters without control characters",
        "bool": "on or off",
    }[parameter.kind]


def _short(value: object) -> str:
    """Show a value in at most 60 characters; of a list or an object, however deep, only what it is."""
    if value is None or isinstance(value, bool | float):
        return repr(value)
    if isinstance(value, int):
        return repr(value) if abs(value) < 10**MAX_NAME else "a very large number"
    if not isinstance(value, str):
        return "a list" if isinstance(value, list | tuple) else "an object"
    text = repr(value[:MAX_TEXT])
    return text if len(text) <= 60 else text[:57] + "…" + text[-1]


def _choice(words: type[Enum]) -> Callable[[Any], Enum]:
    def convert(given: Any) -> Enum:
        if not isinstance(given, str):
            raise ValueError
        return words(given)

    return convert


def _name(given: Any) -> Name:
    if not isinstance(given, str) or len(given) > MAX_NAME or not NAME.fullmatch(given):
        raise ValueError
    return Name(given)


def _text(given: Any) -> str:
    if not isinstance(given, str) or len(given) > MAX_TEXT or not all(c.isprintable() for c in given):
        raise ValueError
    return given


def _int(given: Any) -> int:
    if isinstance(given, str) and re.fullmatch(r"-?[0-9]{1,16}", given.strip(), re.ASCII):
        return int(given)
    if type(given) is not int:
        raise ValueError
    return given


def _float(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise ValueError
    value = float(given)
    if not math.isfinite(value):
        raise ValueError
    return value


def _bool(given: Any) -> bool:
    if isinstance(given, bool):
        return given
    words = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
    if not isinstance(given, str) or given.lower() not in words:
        raise ValueError
    return words[given.lower()]


_KINDS: dict[Any, tuple[str, Callable[[Any], Any]]] = {
    Name: ("name", _name),
    str: ("text", _text),
    int: ("int", _int),
    float: ("float", _float),
    bool: ("bool", _bool),
}
