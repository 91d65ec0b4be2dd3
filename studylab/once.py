"""Once: what is slow to make and never changes is made by one thread, and who needs it meanwhile waits for it.

When a host starts again under a class, a hundred pages ask for the same things at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from functools import wraps
from typing import TypeVar

Of = TypeVar("Of", bound=Hashable)
Made = TypeVar("Made")


def once(make: Callable[[Of], Made]) -> Callable[[Of], Made]:
    """Keep what a function of one argument makes. What it raises is raised each time, and nothing is kept."""
    kept: dict[Of, Made] = {}
    making = threading.RLock()

    @wraps(make)
    def made(of: Of) -> Made:
        if of not in kept:
            with making:
                if of not in kept:
                    kept[of] = make(of)
        return kept[of]

    return made
