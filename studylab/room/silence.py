"""Since when the other side is not heard. How long does not depend on a clock that somebody sets."""

from __future__ import annotations

import time

SILENT_AFTER_S = 3.0
"""A hiccup that is shorter is told to nobody."""


def since(heard: float) -> float | None:
    """Return the Unix time of a moment of the monotonic clock, when that is too long ago; None while it is not."""
    silent_s = time.monotonic() - heard
    return round(time.time() - silent_s) if silent_s > SILENT_AFTER_S else None
