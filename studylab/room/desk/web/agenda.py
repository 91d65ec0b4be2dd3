"""The plan of this room, and where the session stands in it: kept in one file of the desk's folder.

It is the teacher's own, and no host hears of it: what learners are asked to do goes out as instructions.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from studylab.lab.model import Lab
from studylab.room.desk.web import plan
from vango.actors.files import write_whole
from vango.kit import BadInput, Unavailable

FILE = "plan.json"
FIRST = "demo"


@dataclass(frozen=True, slots=True)
class _Kept:
    text: str
    part: int = 0
    begun: float = 0.0
    part_begun: float = 0.0
    follow: bool = True
    teacher_seat: str = ""


class Agenda:
    """The plan and the progress through it. From any thread; what changes is on the disk before it is seen."""

    def __init__(self, folder: Path, labs: dict[str, Lab]) -> None:
        self._path, self._labs = folder / FILE, labs
        self._lock = threading.Lock()
        self._kept = _Kept(plan.shipped()[FIRST])
        try:
            self._kept = _Kept(**json.loads(self._path.read_text(encoding="utf-8")))
            self.plan = plan.read(self._kept.text, labs)
        except (OSError, ValueError, TypeError, BadInput):
            # There is none yet, or it names labs that are gone: the first shipped one is always there.
            self._kept = _Kept(plan.shipped()[FIRST])
            self.plan = plan.read(self._kept.text, labs)

    @property
    def text(self) -> str:
        """The plan as TOML."""
        return self._kept.text

    @property
    def follow(self) -> bool:
        """Whether the learners' pages follow the demo."""
        return self._kept.follow

    @property
    def teacher_seat(self) -> str:
        """The id of the seat that is the teacher's own; empty before there is one."""
        return self._kept.teacher_seat

    @property
    def progress(self) -> plan.Progress:
        """Where the session stands."""
        return plan.Progress(self._kept.part, self._kept.begun, self._kept.part_begun)

    def behind_s(self) -> float:
        """Return by how many seconds the session is behind."""
        return plan.behind_s(self.plan, self.progress, time.time())

    def use(self, text: str) -> plan.Plan:
        """Use another plan, from its first part. Raises `BadInput` as `plan.read` does; then nothing has changed."""
        found = plan.read(text, self._labs)
        with self._lock:
            self._keep(text=text, part=0, begun=0.0, part_begun=0.0)
            self.plan = found
        return found

    def turn(self, by: int) -> plan.Part | None:
        """Go on or back by parts; return the part that is now, or None when there is no further one."""
        with self._lock:
            now, begun = time.time(), self._kept.begun
            to = self._kept.part + by if begun else 0
            if not 0 <= to < len(self.plan.parts):
                return None
            self._keep(part=to, begun=begun or now, part_begun=now)
            return self.plan.parts[to]

    def go_to(self, part: int) -> plan.Part:
        """Go to a part by its place. Raises `BadInput` when there is none."""
        with self._lock:
            if not 0 <= part < len(self.plan.parts):
                raise BadInput(f"The plan has {len(self.plan.parts)} parts.")
            now = time.time()
            self._keep(part=part, begun=self._kept.begun or now, part_begun=now)
            return self.plan.parts[part]

    def begin_again(self) -> None:
        """Put the clock back: the plan is before its first part."""
        with self._lock:
            self._keep(part=0, begun=0.0, part_begun=0.0)

    def let_follow(self, follow: bool) -> None:
        """Have the learners' pages follow the demo, or not."""
        with self._lock:
            self._keep(follow=follow)

    def seat_teacher(self, seat: str) -> None:
        """Remember which seat is the teacher's own."""
        with self._lock:
            self._keep(teacher_seat=seat)

    def begin_anew(self) -> None:
        """Another room begins: the plan is before its first part, and the teacher's seat is gone."""
        with self._lock:
            self._keep(part=0, begun=0.0, part_begun=0.0, teacher_seat="")

    def _keep(self, **changed: object) -> None:
        kept = _Kept(**{**asdict(self._kept), **changed})
        try:
            write_whole(self._path, json.dumps(asdict(kept), ensure_ascii=False))
        except OSError as error:
            raise Unavailable(
                f"The plan could not be written: {error.strerror or error}. Nothing was changed."
            ) from error
        self._kept = kept
