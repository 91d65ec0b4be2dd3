"""Text from others, made fit to store and to show: every decoded byte of theirs passes here.

JSON may hold half a surrogate pair, which UTF-8 cannot. Text may hold characters that a page cannot show as they are:
control characters, and marks that reverse the writing direction. All of it is kept, with these characters as escapes.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec

from vango.actors.errors import VangoError

MAX_DEPTH = 100
# Control characters except tab and line ends, half surrogate pairs, and characters that change the writing direction.
_UNFIT = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_MAY_BE_UNFIT = re.compile(rb"[^\t\n\r\x20-\x7e]|\\[bf]|\\u(?!00(?:[2-6][0-9A-Fa-f]|7[0-9A-Ea-e]))")
"""Finds JSON whose texts may be unfit: what is not ASCII, and its escapes. nats-server writes > as \\u003e."""
_read_json = msgspec.json.Decoder().decode


class Unreadable(VangoError):
    """Bytes that are not what was asked for. The message says what was seen and what was expected."""


def fit(text: str) -> str:
    """Return a text that UTF-8 can hold and a page can show; any other character is written as an escape."""
    return text if text.isascii() and text.isprintable() else _UNFIT.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def plain(value: Any, depth: int = 0) -> Any:
    """Return a value of decoded JSON in which every text is `fit`, and every number is valid JSON."""
    if isinstance(value, str):
        return fit(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth == MAX_DEPTH:
        return "… deeper than is shown"
    if isinstance(value, dict):
        return {fit(str(name)): plain(held, depth + 1) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [plain(held, depth + 1) for held in value]
    return fit(str(value))


def read(payload: bytes | str) -> Any:
    """Read JSON from another program, made `plain`. Raises `Unreadable`."""
    if isinstance(payload, bytes) and _is_plain(payload):
        try:
            return _read_json(payload)
        except (ValueError, RecursionError):
            pass  # The other reader takes more, such as NaN, and has the words for the rest.
    try:
        return plain(json.loads(payload))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{_start(payload)} is not JSON: {fit(str(error))[:80]}.") from error


def _is_plain(payload: bytes) -> bool:
    """Return whether `plain` would change nothing in this JSON. Mostly so, and `plain` looks at every value."""
    return payload.count(b"{") + payload.count(b"[") <= MAX_DEPTH and _MAY_BE_UNFIT.search(payload) is None


def read_object(payload: bytes | str) -> dict[str, Any]:
    """Read a JSON object. Raises `Unreadable` for anything else."""
    found = read(payload)
    if not isinstance(found, dict):
        raise Unreadable(f"{_start(payload)} is JSON, but not an object.")
    return found


def json_or_text(payload: bytes) -> Any:
    """Return a payload's content for people: its JSON, or its text."""
    try:
        return read(payload)
    except Unreadable:
        return fit(payload.decode(errors="backslashreplace"))


def _start(payload: bytes | str) -> str:
    return repr(payload[:60]) + ("…" if len(payload) > 60 else "")
