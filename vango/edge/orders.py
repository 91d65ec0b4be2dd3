"""Orders: what others ask of an edge, done by the edge's own task between two batches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from vango.actors.errors import Unavailable
from vango.edge.session import Session

ORDER_S = 5.0

Work = Callable[[Session], Awaitable[None]]


class Order:
    """Something that the edge's own task is to do between two batches. `outcome` is why it failed, or nothing."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.outcome: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def obey(self, session: Session) -> None:
        """Do it. An error is reported to the one who gave the order, and raised further."""
        outcome = ""
        try:
            await self._work(session)
        except BaseException as error:
            outcome = str(error) or "it was stopped on the way"
            raise
        finally:
            if not self.outcome.done():
                self.outcome.set_result(outcome)

    def lose(self, words: str) -> None:
        """Tell the one who gave the order that the outcome will never be known."""
        if not self.outcome.done():
            self.outcome.set_exception(Unavailable(words, definite=False))

    async def outcome_of(self, edge: str) -> str:
        """Wait for the outcome, for at most `ORDER_S` seconds. Raises `Unavailable` when it does not come."""
        try:
            return await asyncio.wait_for(self.outcome, ORDER_S)
        except TimeoutError as error:
            raise Unavailable(f"{edge} did not get to it within {ORDER_S:g} s.", definite=False) from error
