"""What is printed when a room opens: where learners join, the code, the QR code, and the way in for the teacher."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import segno

from studylab.room import codes


@dataclass(frozen=True, slots=True)
class Opening:
    """What there is to say. `addresses` are the desk's, the best first; `teacher` is where the teacher signs in."""

    addresses: Sequence[str]
    code: str
    teacher: str
    secret: str = field(repr=False)
    secret_file: Path
    ports: tuple[int, int]
    hosts: int
    is_proxied: bool = False
    is_reachable: bool = True

    def text(self, *, to_a_person: bool) -> str:
        """Return all of it. What is not read from a terminal may be kept as a log: no secret is in that."""
        lines = [
            "The room is open.",
            f"  Learners join at  {self.addresses[0]}/join  with the code  {codes.shown(self.code)}",
            *(f"             or at  {address}/join" for address in self.addresses[1:]),
            f"  The teacher's page is  {self.teacher}/teach",
            f"  The teacher's secret is  {self.secret}" if to_a_person else "  The teacher's secret is not shown here.",
            f"  It is kept in {self.secret_file}, for its owner's eyes only.",
            *self._network(),
        ]
        drawn = _drawn(f"{self.addresses[0]}/join/{self.code}") if to_a_person and self.is_reachable else ""
        return "\n".join([*lines, *([drawn] if drawn else []), "Ctrl-C ends it. Everything is kept, and goes on then."])

    def _network(self) -> list[str]:
        first, last = self.ports
        hosts = f"{self.hosts} host{'s' if self.hosts > 1 else ''}"
        if not self.is_reachable:
            return ["  Only this machine reaches it: it is in no network, or listens to itself only (--host)."]
        if self.is_proxied:
            return [f"  The proxy in front passes on to {hosts}: see docs/room.md."]
        return [f"  Phones must reach ports {first} to {last} of this machine ({hosts}): see docs/room.md."]


def _drawn(address: str) -> str:
    """Return a QR code for a terminal; empty where its characters cannot be shown."""
    drawn = io.StringIO()
    segno.make(address, error="l", micro=False).terminal(drawn, border=2, compact=True)
    try:
        drawn.getvalue().encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return ""
    return drawn.getvalue().rstrip("\n")
