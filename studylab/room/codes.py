"""Codes that people type: of a room and of a seat. Letters only, none that looks or sounds like another.

A room's code has 6 letters of 19: 47 million. A seat's has 8: 17 thousand million.
"""

from __future__ import annotations

import secrets

LETTERS = "ABCDEFGHKMNPRSTWXYZ"
"""Without I, J, L (1), O, Q (0), U and V (each other)."""
ROOM_LETTERS, RESUME_LETTERS = 6, 8


def room_code() -> str:
    """Return a new code for a room."""
    return _code(ROOM_LETTERS)


def resume_code() -> str:
    """Return a new code for a seat."""
    return _code(RESUME_LETTERS)


def read(typed: str) -> str:
    """Return a typed code as it is kept: capitals without spaces, hyphens and dots. Anything may come out."""
    return "".join(char for char in typed[:100].upper() if char.isalnum())


def shown(code: str) -> str:
    """Return a code in groups that are easy to read aloud: ABC-DEF, ABCD-EFGH."""
    half = len(code) // 2
    return f"{code[:half]}-{code[half:]}"


def _code(letters: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(letters))
