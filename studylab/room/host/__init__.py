"""A host's side of the room without its pages: what it hears of the desk, whose seats it serves, what it reports."""

from studylab.room.host.link import HostLink
from studylab.room.host.orders import Benches
from studylab.room.host.standing import Standing

__all__ = ["Benches", "HostLink", "Standing"]
