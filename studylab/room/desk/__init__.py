"""The front desk without its pages: the room's truth, who sits where, and what every host reports."""

from studylab.room.desk.desk import Desk
from studylab.room.desk.wall import Tile, Wall

__all__ = ["Desk", "Tile", "Wall"]
