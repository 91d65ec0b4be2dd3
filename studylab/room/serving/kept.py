"""What a host keeps of a seat beside its bench, in the bench's folder: it outlives the process, and not the bench."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import msgspec

from vango.actors.files import write_whole

FILE = "seat.json"
ASKED, DRIVEN = "asked", "driven"

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Kept:
    """`ready`: the bench was brought to where the seat begins. `page` is the lab that the learner has open, or nothing.

    `step` is the lab's step that they were at last, `began` the journal's last moment when they came to it. `read` is
    the number of the last message that was read, `sent` of the last instruction that moved the bench to a lab. `fault`
    is the number of the last fault that was begun, `fault_at` the journal's last moment then. `drive` is empty, or
    that the teacher has asked for the bench, or may use it. `touched`: the learner has done something; None: unknown.
    """

    ready: bool = False
    page: str = ""
    step: str = ""
    began: int = 0
    read: int = 0
    sent: int = 0
    fault: int = 0
    fault_at: int = 0
    drive: str = ""
    asked_at: float = 0.0
    touched: bool | None = None


def load(folder: Path) -> Kept:
    """Read what was kept with a bench; a damaged file counts as none."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Kept)
    except (OSError, msgspec.MsgspecError):
        return Kept()


def save(folder: Path, kept: Kept) -> None:
    """Write it down. A disk that refuses costs what it says after a start, and nothing now."""
    if not folder.is_dir():
        return
    try:
        write_whole(folder / FILE, msgspec.json.encode(kept))
    except OSError as error:
        log.warning("what belongs to a seat cannot be written: %s", error)
