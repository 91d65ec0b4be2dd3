"""Whether a seat is this host's, under the newest epoch that it knows of. Pure.

It knows of an epoch by the desk's feed, by a ticket, and by the bench that it made under one. Each may be the first.
"""

from __future__ import annotations

from enum import StrEnum

from studylab.room.protocol import SeatRow


class Standing(StrEnum):
    """What is to be done with a browser that comes with a seat and an epoch."""

    OURS = "ours"
    """Serve it."""
    OLDER = "older"
    """The seat has a newer epoch: send it to the desk, and serve nothing."""
    ELSEWHERE = "elsewhere"
    """The seat is another host's: send it to the desk."""
    OUT = "out"
    """The teacher has put the seat out."""
    LAPSED = "lapsed"
    """Nobody came, and the seat gave its place back: send it to the desk, which finds a place again."""
    UNKNOWN = "unknown"
    """Nothing proves that the seat is this host's: send it to the desk."""


def standing(host: str, epoch: int, row: SeatRow | None, proven: int) -> Standing:
    """Judge an epoch of a seat. `row` is what the desk told last; `proven` the newest epoch of a ticket or a bench."""
    told = row.epoch if row is not None else 0
    if epoch < max(told, proven):
        return Standing.OLDER
    if row is not None and told == epoch:
        if row.host != host:
            return Standing.ELSEWHERE
        if row.out:
            return Standing.LAPSED if row.lapsed else Standing.OUT
        return Standing.OURS
    return Standing.OURS if epoch == proven else Standing.UNKNOWN
