"""The pages of the front desk: how people join a room, and how a teacher leads one.

The pages read what the desk knows and ask it to act (`front.Front`). They hold no bench and decide nothing about one.
"""

from studylab.room.desk.web.starting import create_desk

__all__ = ["create_desk"]
