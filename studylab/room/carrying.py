"""A `Carry` as rows: packed, and cut into parts that fit into an event.

A carry may be far larger than a report and changes less often, so it is told apart from it. All parts are written in
one transaction; who reads them takes a whole one only, by its stamp.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

from studylab.room.protocol import Carry

PART_CHARS = 10_000
MAX_PARTS = 40
MAX_UNPACKED = 8 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a packed carry of a seat, under the epoch at which the seat had it. With no `parts` it is gone."""

    seat: str
    epoch: int
    part: int
    parts: int
    stamp: str
    text: str

    @property
    def key(self) -> str:
        """The key of the part's row."""
        return f"carry/{self.seat}/{self.part}"


def is_part(key: str) -> bool:
    """Return whether a row of a feed is a part of a carry."""
    return key.startswith("carry/")


def gone(part: Part) -> Part:
    """Return what is left of a part when its room has ended: nothing of what it held."""
    return replace(part, parts=0, stamp="", text="")


def pack(carry: Carry, seat: str, epoch: int) -> tuple[Part, ...]:
    """Return a carry in parts. What is too long leaves out its script first, then its progress."""
    for smaller in (carry, replace(carry, script=""), replace(carry, script="", progress="")):
        text = base64.b64encode(zlib.compress(msgspec.json.encode(smaller), 6)).decode()
        cuts = [text[at : at + PART_CHARS] for at in range(0, len(text), PART_CHARS)]
        if len(cuts) <= MAX_PARTS:
            break
    stamp = secrets.token_hex(4)
    return tuple(Part(seat, epoch, n, len(cuts), stamp, cut) for n, cut in enumerate(cuts))


class Carries:
    """The newest whole carry of each seat, put together from parts in any order."""

    def __init__(self) -> None:
        self._parts: dict[str, dict[int, Part]] = {}
        self._whole: dict[str, tuple[Part, ...]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole)

    def take(self, part: Part) -> None:
        """Take in a part."""
        kept = self._parts.setdefault(part.seat, {})
        kept[part.part] = part
        found = [one for n in range(part.parts) if (one := kept.get(n)) and one.stamp == part.stamp]
        old = self._whole.get(part.seat)
        if len(found) == part.parts and (not old or old[0].epoch <= part.epoch):
            self._whole[part.seat] = tuple(found)

    def parts(self, seat: str) -> tuple[Part, ...]:
        """Return the parts of a seat's newest whole carry; none when there is none."""
        return self._whole.get(seat, ())

    def epoch(self, seat: str) -> int:
        """Return the epoch of a seat's newest whole carry; 0 when there is none."""
        parts = self._whole.get(seat)
        return parts[0].epoch if parts else 0

    def of(self, seat: str) -> Carry | None:
        """Return a seat's newest whole carry; None when there is none that can be read."""
        parts = self.parts(seat)
        try:
            packed = base64.b64decode("".join(part.text for part in parts), validate=True)
            unpacker = zlib.decompressobj()
            return msgspec.json.decode(unpacker.decompress(packed, MAX_UNPACKED), type=Carry) if parts else None
        except (binascii.Error, zlib.error, msgspec.MsgspecError):
            return None
