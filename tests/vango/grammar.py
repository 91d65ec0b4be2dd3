"""The grammar of the `nats` command, as far as the page shows lines of it, taken from what the tool itself declares.

For each command: the kinds of its arguments in order (a `?` may be left out), and its flags with the kind of their
value; None is a flag without one. Every command also takes the global flags.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

KINDS = {
    "name": r"[A-Za-z0-9_-]+",
    "subject": r"[^\s.]+(\.[^\s.]+)*",
    "subjects": r"[^\s.,]+(\.[^\s.,]+)*(,[^\s.,]+(\.[^\s.,]+)*)*",
    "number": r"-?\d+",
    "positive": r"\d+",
    "bytes": r"-?\d+(\.\d+)?([KMGT]i?B?)?",
    "duration": r"\d+(\.\d+)?(ms|s|m|h|d)(\d+(ms|s|m|h))*",
    "header": r"[A-Za-z0-9-]+:.*",
    "text": r"(?s).*",
    "url": r"nats://\S+",
    "storage": "file|memory",
    "retention": "limits|interest|work",
    "discard": "new|old",
}
GLOBAL: Mapping[str, str | None] = {
    "--server": "url", "--user": "text", "--password": "text", "--context": "name", "--timeout": "duration",
}  # fmt: skip
LIMITS: Mapping[str, str | None] = {
    "--subjects": "subjects", "--max-msgs": "number", "--max-bytes": "bytes", "--max-age": "duration",
    "--dupe-window": "duration", "--retention": "retention", "--discard": "discard", "--replicas": "positive",
    "--allow-direct": None, "--no-allow-direct": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the tool."""

    arguments: tuple[str, ...]
    flags: Mapping[str, str | None]


COMMANDS = {
    "pub": Command(("subject", "text?"), {
        "--header": "header", "--jetstream": None, "--count": "positive", "--reply": "subject", "--no-templates": None,
    }),
    "stream add": Command(("name",), {**LIMITS, "--storage": "storage", "--defaults": None}),
    "stream edit": Command(("name",), {**LIMITS, "--force": None}),
    "stream purge": Command(("name",), {
        "--force": None, "--subject": "subject", "--seq": "positive", "--keep": "positive",
    }),
    "stream rmm": Command(("name", "positive"), {"--force": None}),
    "stream get": Command(("name", "positive?"), {"--last-for": "subject", "--json": None}),
    "stream ls": Command((), {"--json": None}),
    "consumer rm": Command(("name", "name"), {"--force": None}),
    "consumer next": Command(("name", "name"), {"--count": "positive", "--ack": None, "--no-ack": None, "--raw": None}),
    "context add": Command(("name",), {"--select": None, "--description": "text"}),
}  # fmt: skip


def slips(line: str) -> list[str]:
    """Return what the tool would not take in a line of shell, in words; nothing when it takes it."""
    words = shlex.split(line)
    if words[:1] != ["nats"]:
        return [f"{line!r} does not begin with nats"]
    while len(words) > 2 and words[1] in GLOBAL:
        # A global flag may stand before the command as well.
        words = [words[0], *words[3:], words[1], words[2]]
    name = next((name for name in (" ".join(words[1:3]), words[1] if words[1:] else "") if name in COMMANDS), None)
    if name is None:
        return [f"no such command: {' '.join(words[:3])}"]
    command, rest = COMMANDS[name], words[1 + len(name.split()) :]
    found: list[str] = []
    arguments: list[str] = []
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            arguments.append(word)
            continue
        flag, equals, value = word.partition("=")
        flags = {**GLOBAL, **command.flags}
        if flag not in flags:
            found.append(f"{name} has no flag {flag}")
        elif (kind := flags[flag]) is None:
            found += [f"{flag} takes no value"] * bool(equals)
        else:
            value = value if equals else (rest.pop(0) if rest else "")
            found += [f"{flag}: {value!r} is no {kind}"] * (not re.fullmatch(KINDS[kind], value))
    return found + _arguments(name, command.arguments, arguments)


def _arguments(name: str, wanted: tuple[str, ...], given: list[str]) -> list[str]:
    needed = sum(not kind.endswith("?") for kind in wanted)
    if not needed <= len(given) <= len(wanted):
        return [f"{name} takes {needed} to {len(wanted)} arguments, not {len(given)}: {given}"]
    pairs = zip(wanted, given, strict=False)
    return [f"{value!r} is no {kind}" for kind, value in pairs if not re.fullmatch(KINDS[kind.rstrip("?")], value)]
