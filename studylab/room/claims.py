"""What an edge claims, asked from another process: so that the audit can compare views that are not here.

The side with the edge answers with mode, position and rows, in pages. The side that asks has a `RemoteEdge`, which the
audit takes like any edge.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
from nats.aio.msg import Msg

from studylab.room.line import Line
from vango import kit
from vango.core.judge import Position

PAGE_BYTES = 40_000
TIMEOUT_S = 2.0
MAX_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a claim. `token` names the moment that it was made for; `next` is the first row of the next page."""

    token: str
    mode: kit.Mode
    reason: str = ""
    stuck: str = ""
    pending: int | None = None
    outstanding: int | None = None
    position: tuple[int, str, int] = (0, "", 0)
    rows: Sequence[kit.Row] = ()
    next: int = 0


@dataclass(frozen=True, slots=True)
class Ask:
    """Asks for a claim, or for another page of one."""

    token: str = ""
    first: int = 0


class Answering:
    """Answers for one edge. It keeps the last claim, so that its pages are of one moment."""

    def __init__(self, edge: kit.Edge) -> None:
        self._edge = edge
        self._page = Page("", kit.Mode.DOWN)

    async def answer(self, message: Msg) -> None:
        """Answer a request."""
        try:
            ask = msgspec.json.decode(message.data, type=Ask)
        except msgspec.MsgspecError:
            return
        if ask.token != self._page.token or not ask.token:
            await self._look()
            ask = Ask()
        rows, size = list[kit.Row](), 0
        for row in self._page.rows[ask.first :]:
            size += len(msgspec.json.encode(row))
            if rows and size > PAGE_BYTES:
                break
            rows.append(row)
        end = ask.first + len(rows)
        following = end if end < len(self._page.rows) else 0
        await message.respond(msgspec.json.encode(replace(self._page, rows=rows, next=following)))

    async def _look(self) -> None:
        pending, outstanding = await self._edge.backlog()
        rows, at = self._edge.committed()
        position = at.sequence, at.event_id, at.stream_seq
        self._page = Page(
            secrets.token_hex(4),
            self._edge.mode,
            self._edge.reason,
            self._edge.stuck,
            pending,
            outstanding,
            position,
            rows,
        )


class RemoteEdge:
    """An edge in another process, as it was when it was asked last: a `vango.kit.audit.Claimant`."""

    def __init__(self, name: str, line: Line, subject: str) -> None:
        self.name, self._line, self._subject = name, line, subject
        self._page = Page("", kit.Mode.DOWN, "it was not asked yet")
        self._rows: tuple[kit.Row, ...] = ()

    @property
    def mode(self) -> kit.Mode:
        """What it did; down when it did not answer."""
        return self._page.mode

    @property
    def reason(self) -> str:
        """Why it failed closed, or why nothing is known of it."""
        return self._page.reason

    @property
    def stuck(self) -> str:
        """What it was stuck at."""
        return self._page.stuck

    async def backlog(self) -> tuple[int | None, int | None]:
        """Ask it for everything. What does not answer claims nothing."""
        try:
            self._page, rows = await self._ask(Ask())
            while self._page.next and len(rows) < MAX_ROWS:
                page, more = await self._ask(Ask(self._page.token, self._page.next))
                if page.token != self._page.token:
                    # Somebody else asked meanwhile: these are rows of another moment.
                    rows = ()
                self._page, rows = page, (*rows, *more)
            self._rows = rows
        except (kit.VangoError, msgspec.MsgspecError) as error:
            self._page, self._rows = Page("", kit.Mode.DOWN, f"it does not answer: {error}"), ()
        return self._page.pending, self._page.outstanding

    def committed(self) -> tuple[tuple[kit.Row, ...], Position]:
        """Return the rows and the position that it claimed."""
        return self._rows, Position(*self._page.position)

    async def _ask(self, ask: Ask) -> tuple[Page, tuple[kit.Row, ...]]:
        answer = await self._line.wire.request(self._subject, msgspec.json.encode(ask), timeout_s=TIMEOUT_S)
        page = msgspec.json.decode(answer.data, type=Page)
        return page, tuple(page.rows)
