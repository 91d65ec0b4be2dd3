"""Observing streams that somebody else made on the broker: that they are there, and what they hold.

Which there are is asked when the server has told of one that was made or deleted, and after each connection, not in every look.
"""

from __future__ import annotations

from vango import snapshots, streams
from vango.errors import NotThere
from vango.observation import OutsideSeen
from vango.wire import Wire

MAX_SHOWN = 8
_OURS = frozenset({*streams.SUBJECTS, snapshots.BUCKET_STREAM})


class OutsideStreams:
    """What was last seen of them, of the first few."""

    def __init__(self) -> None:
        self.seen: tuple[OutsideSeen, ...] = ()
        self._names: list[str] | None = None

    def forget(self) -> None:
        """Ask anew at the next look which there are."""
        self._names = None

    async def look(self, wire: Wire) -> None:
        """Look at each. Raises `Unavailable` when the server does not answer."""
        if self._names is None:
            found = (await wire.api("STREAM.NAMES"))["streams"] or []
            self._names = sorted(set(found) - _OURS)
        shown = [await _look_at(wire, name) for name in self._names[:MAX_SHOWN]]
        self.seen = tuple(seen for seen in shown if seen is not None)


async def _look_at(wire: Wire, name: str) -> OutsideSeen | None:
    try:
        info = await wire.api(f"STREAM.INFO.{name}")
    except NotThere:
        # It was deleted meanwhile: the server's word for that is on its way.
        return None
    state = info["state"]
    subjects = tuple(info["config"].get("subjects") or ())
    return OutsideSeen(name, subjects, state["messages"], state["bytes"], state["first_seq"], state["last_seq"])
