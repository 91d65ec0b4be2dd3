"""Once: what is slow to make and never changes is made by one thread, and who needs it meanwhile waits for it.

When a host starts again under a class, a hundred pages ask for the same things at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from functools import wraps
from typing import ParamSpec, TypeVar

Of = ParamSpec("Of")
Made = TypeVar("Made")


def once(make: Callable[Of, Made]) -> Callable[Of, Made]:
    """Keep for good what a function makes of its arguments. What it raises is raised each time, and nothing is kept."""
    kept: dict[Hashable, Made] = {}
    making = threading.RLock()

    @wraps(make)
    def made(*of: Of.args, **named: Of.kwargs) -> Made:
        key = (of, *named.items())
        if key not in kept:
            with making:
                if key not in kept:
                    kept[key] = make(*of, **named)
        return kept[key]

    return made
