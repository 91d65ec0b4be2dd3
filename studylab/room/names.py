"""Names and messages that people type: fit to store and to show to others. Markup is the pages' affair: they escape."""

from __future__ import annotations

import unicodedata

from vango.kit import BadInput

MAX_NAME = 40
MAX_MESSAGE = 500
_NEVER = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Control and format characters (those that turn the direction of writing are among them), and what is no character."""
_JOINERS = "\u200c\u200d"
"""Some scripts and most composed emoji need these two format characters, and they turn nothing."""


def clean(typed: str, limit: int) -> str:
    """Return a text in one line without what could disturb others. Raises `BadInput` when it is too long."""
    if len(typed) > 10 * limit:
        raise BadInput(f"At most {limit} characters, please.")
    composed = unicodedata.normalize("NFC", " ".join(typed.split()))
    kept = "".join(char for char in composed if char in _JOINERS or unicodedata.category(char) not in _NEVER)
    shown = " ".join(kept.split())
    if len(shown) > limit:
        raise BadInput(f"This has {len(shown)} characters; at most {limit}, please.")
    return shown if any(unicodedata.category(char)[0] not in "ZCM" for char in shown) else ""


def name(typed: str) -> str:
    """Return a name; empty for a guest. Raises `BadInput`."""
    return clean(typed, MAX_NAME)


def message(typed: str) -> str:
    """Return a message. Raises `BadInput` when nothing is left of it, or it is too long."""
    if not (text := clean(typed, MAX_MESSAGE)):
        raise BadInput("Write a message first.")
    return text


def alike(shown: str) -> str:
    """Return what two names have in common that look the same to a reader."""
    return unicodedata.normalize("NFKC", shown).casefold()
