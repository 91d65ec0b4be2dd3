"""The limits of the machine: open files for the requested number of benches, and threads to serve them."""

from __future__ import annotations

import importlib
import sys
from typing import Any

FILES_A_BENCH = 24
"""Databases with their logs, connections to the broker, locks, and the pages of one learner."""
FILES_OF_THE_APP = 128
CONNECTIONS = 480
"""Clients that may keep the server waiting, at most: fewer than the 512 that Windows can watch."""


def make_room_for(benches: int) -> tuple[int, str]:
    """Raise the limit on open files as far as this many benches need. Returns how many fit, and says if not all do."""
    if sys.platform == "win32":
        return benches, ""
    resource: Any = importlib.import_module("resource")
    wanted = FILES_OF_THE_APP + FILES_A_BENCH * benches + CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _raised(resource, soft, hard, wanted) if _is_less(soft, wanted, resource) else wanted
    fit = max(1, (allowed - FILES_OF_THE_APP - _connections(allowed)) // FILES_A_BENCH)
    if fit >= benches:
        return benches, ""
    return fit, (
        f"Study Lab may open {allowed} files: that is enough for {fit} of {benches} benches at once. For all of them "
        f"allow {wanted}, as with `ulimit -Hn {wanted}`."
    )


def connections() -> int:
    """Return how many clients may keep the server waiting: where few files are allowed, a quarter of them."""
    if sys.platform == "win32":
        return CONNECTIONS
    resource: Any = importlib.import_module("resource")
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _connections(soft) if _is_less(soft, 4 * CONNECTIONS, resource) else CONNECTIONS


def _connections(allowed: int) -> int:
    return min(CONNECTIONS, allowed // 4)


def _is_less(limit: int, wanted: int, resource: Any) -> bool:
    return limit != resource.RLIM_INFINITY and limit < wanted


def _raised(resource: Any, soft: int, hard: int, wanted: int) -> int:
    """Raise the soft limit, at most to the hard one. Returns what it is then."""
    most = min(wanted, hard) if _is_less(hard, wanted, resource) else wanted
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    except (OSError, ValueError):
        # Some systems report no hard limit but have one.
        return soft
    return most
