"""The one tree of errors. An error is a sentence for a person: what was seen, what was expected, what to try."""

from __future__ import annotations


class VangoError(Exception):
    """Something went wrong that a person must read about.

    `status_hint` is the HTTP status that fits; `definite` is whether the effect is known: False means that the
    request may or may not have taken effect, as after a publish that was never answered. `err_code` is the broker's own
    number for what it refused, 0 for what did not come from it.
    """

    status_hint = 500

    def __init__(self, message: str, *, definite: bool = True, err_code: int = 0) -> None:
        super().__init__(message)
        self.definite = definite
        self.err_code = err_code


class BadInput(VangoError):
    """An invalid argument. Nothing was changed."""

    status_hint = 422


class Refused(VangoError):
    """The database of truth or the broker refused, with its own message. Nothing was changed."""

    status_hint = 409


class DiskFull(Refused):
    """The disk is full. Nothing was changed."""

    def __init__(self, who: str) -> None:
        super().__init__(f"{who}: the disk is full; free some space, then restart it.")


class NotThere(VangoError):
    """A name that does not exist: an unknown verb, edge, route or snapshot."""

    status_hint = 404


class Unavailable(VangoError):
    """A part that is down, frozen or full. The effect may be unknown: see `definite`."""

    status_hint = 503
