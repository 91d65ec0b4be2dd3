"""Where in the program a moment was written."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TELLERS = ("write", "tell", "_tell", "_count", "_store", "_publish")


def source() -> str:
    """Return where the program is: the innermost line that does the work, not one that only writes the journal."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_name.startswith(TELLERS):
        frame = frame.f_back
    file = _within(frame.f_code.co_filename)
    return f"{file}:{frame.f_lineno}" if file else ""


@cache
def _within(file: str) -> str:
    """Return a file's path in the program; empty for a file of another package."""
    path = Path(file)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else ""
