"""Kinds: what a moment's facts may say in one word."""

from __future__ import annotations

from enum import StrEnum


class Advisory(StrEnum):
    """What the server says of a consumer unasked."""

    NOT_KNOWN = ""
    DELETED = "consumer deleted"
    MAX_DELIVERIES = "max deliveries"
    TERMINATED = "msg terminated"

    @classmethod
    def of(cls, subject: str) -> Advisory:
        """Return what an advisory on a subject is about: $JS.EVENT.ADVISORY.CONSUMER.<kind>.<stream>.<consumer>."""
        kinds = {"DELETED": cls.DELETED, "MAX_DELIVERIES": cls.MAX_DELIVERIES, "MSG_TERMINATED": cls.TERMINATED}
        return kinds.get(".".join(subject.split(".")[4:5]), cls.NOT_KNOWN)


class How(StrEnum):
    """How somebody else published what is in nobody's outbox."""

    NOT_KNOWN = ""
    REPUBLISHED = "republished"
    ALTERED = "altered"
    UNREADABLE = "unreadable"
