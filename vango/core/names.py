"""The names that every part agrees on."""

from __future__ import annotations

from dataclasses import dataclass

EDGES = ("fra", "iad", "syd")
"""The edges of a bench, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Control:
    """The subjects on which a control plane is heard and asked. None of them is stored in a stream."""

    heartbeat: str
    mark: str
    snapshot: str

    @classmethod
    def under(cls, prefix: str) -> Control:
        """Return the three subjects under one prefix."""
        return cls(f"{prefix}.heartbeat", f"{prefix}.mark", f"{prefix}.snapshot")


@dataclass(frozen=True, slots=True)
class Domain:
    """Where the events of one feed are found: their stream, the bucket of their snapshots, and whom to ask."""

    feed: str
    stream: str
    bucket: str
    control: Control

    @property
    def prefix(self) -> str:
        """What the subject of each event of this feed begins with."""
        return f"{self.feed}."


ROUTES = Domain("route", "ROUTES", "snapshots", Control.under("control"))
"""The domain of the lab: who owns which route."""
