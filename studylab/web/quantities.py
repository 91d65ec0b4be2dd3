"""Quantities in words: durations, sizes, limits, counts and times of day, as the templates write them.

Nothing here knows a bench: a number comes in, and what a person reads goes out.
"""

from __future__ import annotations

import time
from typing import Any


def sentence(text: str) -> str:
    """Make a phrase a sentence."""
    return text if not text else text[0].upper() + text[1:] + ("" if text[-1] in ".…" else ".")


def span(seconds: float) -> str:
    """Write a duration as the tools of NATS do: 2m0s, 1h30m0s, 0.5s."""
    if seconds != int(seconds):
        return f"{seconds:g}s"
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes or hours else "") + f"{left}s"


def size(count: int) -> str:
    """Write a number of bytes for people."""
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


def limit(value: float, write: Any = str) -> str:
    """Write a limit; JetStream's -1 and 0 mean that there is none."""
    return str(write(value)) if value > 0 else "no limit"


def plural(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def clock(at: float) -> str:
    """Write a moment's time of day, to the millisecond."""
    return time.strftime("%H:%M:%S", time.localtime(at)) + f".{int(at * 1000) % 1000:03d}"
