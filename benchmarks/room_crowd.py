"""The load generator: a process of its own, in which a teacher and learners do what they are told, line by line.

    python -m benchmarks.room_crowd

Its first line on standard input is {"desk": …, "code": …, "secret": …}, each later one names what to do with its
arguments; each is answered by one line of JSON. The secret is in no list of processes.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from benchmarks.room_harm import CONNECTIONS, flood, spin
from benchmarks.room_people import Learner, Teacher, now
from benchmarks.rounds import within
from vango.actors.errors import Refused, Unavailable, VangoError

ARRIVALS_A_S = 10.0
REACH_S = 10.0
JOIN_S = 300.0
FAULT_S = 60.0
HOSTS_S = 60.0
LOOK_S = 0.1
WRONG = "is-lie"

Took = float | None
"""Milliseconds; None for what never came."""


class Crowd:
    """Everybody of one room."""

    def __init__(self, desk: str, code: str, secret: str) -> None:
        self._desk, self._code, self._secret = desk, code, secret
        self.teacher = Teacher(desk)
        self.learners: list[Learner] = []

    async def open(self, seats: int, step: str, hosts: int) -> dict[str, Any]:
        """The teacher comes, looks at the wall, waits for all hosts, and sends everybody to a step."""
        await self.teacher.enter(self._secret, seats)
        # A room opens with its first host: who joins before the others are there would all be with that one.
        async with within(HOSTS_S, f"{hosts} hosts"):
            while await self.teacher.hosts() < hosts:  # noqa: ASYNC110 - only the page can tell
                await asyncio.sleep(LOOK_S)
        answer = await self.teacher.say("step", to=step, who="all")
        return {"status": answer.status}

    async def join(self, upto: int) -> dict[str, Any]:
        """Let more people in, evenly over a while, up to this number, each to a ready bench."""
        fresh = [Learner(f"Learner {number}") for number in range(len(self.learners) + 1, upto + 1)]
        began, refused = now(), list[str]()

        async def come(number: int, learner: Learner) -> Took:
            await asyncio.sleep(number / ARRIVALS_A_S)
            started = now()
            try:
                async with asyncio.timeout(JOIN_S):
                    await learner.enter(self._desk, self._code)
            except (VangoError, OSError, TimeoutError) as error:
                refused.append(str(error) or f"{learner.name} waited {JOIN_S:g} s for a bench.")
                await learner.close()
                return None
            self.learners.append(learner)
            return (now() - started) * 1000

        took = await asyncio.gather(*(come(number, learner) for number, learner in enumerate(fresh)))
        return {"took_s": now() - began, "each_ms": took, "refused": refused, "here": len(self.learners)}

    async def busy(self, turns: int, every_s: float, but: int = 0) -> dict[str, Any]:
        """Have each learner, but the first few, promote now and again; time each to the last fragment and to its tile."""
        began, people = now(), self.learners[but:]
        refused = list[str]()

        async def learn(number: int, learner: Learner) -> list[tuple[Took, Took]]:
            times = []
            for turn in range(turns):
                due = began + every_s * (turn + number / len(people))
                await asyncio.sleep(max(due - now(), 0))
                times.append(await self._act(learner, refused))
            return times

        taken = await asyncio.gather(*(learn(number, learner) for number, learner in enumerate(people)))
        pairs = [pair for times in taken for pair in times]
        return {"shown_ms": [one for one, _ in pairs], "tile_ms": [one for _, one in pairs], "refused": refused[:5]}

    async def flooded(self, turns: int, every_s: float) -> dict[str, Any]:
        """The same, while the first learner asks for verbs as fast as answers come."""
        return await self._harmed([flood(self.learners[0]) for _ in range(CONNECTIONS)], turns, every_s)

    async def spun(self, turns: int, every_s: float) -> dict[str, Any]:
        """The same, while the first learner's broker never rests."""
        return await self._harmed([spin(self.learners[0])], turns, every_s)

    async def _harmed(self, harm: Sequence[Coroutine[Any, Any, None]], turns: int, every_s: float) -> dict[str, Any]:
        first, harming = self.learners[0], [asyncio.create_task(one) for one in harm]
        first.asked = first.granted = 0
        try:
            told = await self.busy(turns, every_s, but=1)
        finally:
            for task in harming:
                task.cancel()
            done = await asyncio.gather(*harming, return_exceptions=True)
        broken = [str(one) for one in done if isinstance(one, Exception)]
        return {**told, "asked": first.asked, "granted": first.granted, "broken": broken}

    async def fault(self, verb: str, **arguments: str) -> dict[str, Any]:
        """One fault for everybody: seconds until the desk knows it done on all benches, and all verdicts on the wall."""
        names = [learner.name for learner in self.learners]
        began = now()
        answer = await self.teacher.say("fault", verb=verb, who="all", **arguments)
        if answer.status != 200:
            raise Refused(f"The fault was not sent: {answer.status}.")
        judged = asyncio.create_task(self._within(FAULT_S, lambda: self._all_wrong(names)))
        applied_s = None
        while applied_s is None and now() - began < FAULT_S:
            scored = await self.teacher.score(answer.url)
            if scored.get("not there yet", 1) == 0:
                applied_s = now() - began
            await asyncio.sleep(LOOK_S)
        return {"applied_s": applied_s, "verdicts_s": (done := await judged) and done / 1000, "scored": scored}

    async def mend(self, verb: str, **arguments: str) -> dict[str, Any]:
        """Send what mends it, and wait until no tile says that a bench is wrong."""
        names = [learner.name for learner in self.learners]
        await self.teacher.say("fault", verb=verb, who="all", **arguments)
        done = await self._within(
            FAULT_S, lambda: self.teacher.until(lambda: all(WRONG not in self.teacher.looks.get(n, "") for n in names))
        )
        return {"sound_ms": done}

    async def stand(self) -> dict[str, Any]:
        """Return how many pages are still open, and how many show another epoch than their database has."""
        wrong = 0
        for learner in self.learners:
            wrong += learner.is_open and set(learner.shown.values()) != {await learner.true_epoch()}
        return {"open": sum(learner.is_open for learner in self.learners), "wrong": wrong}

    async def wall_again(self) -> dict[str, Any]:
        """The desk was killed: come back as a teacher's page does, and wait until every tile is there with its bench."""
        began, names = now(), [learner.name for learner in self.learners]
        await self.teacher.close()
        self.teacher = Teacher(self._desk)

        async def come() -> None:
            while True:
                try:
                    await self.teacher.enter(self._secret, len(names))
                    return
                except (VangoError, OSError):
                    await asyncio.sleep(LOOK_S)

        async def whole() -> None:
            await come()
            seen = self.teacher.looks
            await self.teacher.until(lambda: all("is-away" not in seen.get(name, "is-away") for name in names))

        took = await self._within(FAULT_S, whole)
        return {"whole_s": took and (now() - began)}

    async def away(self) -> dict[str, Any]:
        """Have each learner act once, and return how many could not: their page is closed, or nothing was shown."""
        told = await self.busy(1, 5.0)
        return {"away": sum(took is None for took in told["shown_ms"])}

    async def moved(self) -> dict[str, Any]:
        """A host was killed: its learners come back where the desk leads them, and act; milliseconds for each of them."""
        began = now()
        await self._within(REACH_S, self._cut_off)
        gone = [learner for learner in self.learners if not learner.is_open]

        async def back(learner: Learner) -> Took:
            async def work() -> None:
                while True:
                    try:
                        await learner.again(self._desk)
                        await learner.promote()
                        return
                    except (VangoError, OSError):
                        await asyncio.sleep(LOOK_S)

            took = await self._within(FAULT_S, work)
            return took and (now() - began) * 1000

        return {"each_ms": await asyncio.gather(*map(back, gone)), "stayed": len(self.learners) - len(gone)}

    async def leave(self) -> dict[str, Any]:
        """Everybody closes their pages."""
        await asyncio.gather(*(one.close() for one in [*self.learners, self.teacher]))
        return {}

    async def _act(self, learner: Learner, refused: list[str]) -> tuple[Took, Took]:
        act = learner.next_act

        async def told() -> None:
            await self.teacher.until(lambda: self.teacher.acts.get(learner.name) == act)

        async def shown() -> None:
            try:
                await learner.promote()
            except (Refused, Unavailable) as error:
                refused.append(str(error))
                raise

        # Both clocks start with the act: one after the other, the second would time only what was left.
        return await asyncio.gather(self._within(REACH_S, shown), self._within(REACH_S, told))

    async def _cut_off(self) -> None:
        """Wait until the first page notices that its host is gone. The others of that host notice it at once as well."""
        await asyncio.wait([one.end for one in self.learners], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(LOOK_S)

    async def _all_wrong(self, names: Sequence[str]) -> None:
        seen = self.teacher.looks
        await self.teacher.until(lambda: all(WRONG in seen.get(name, "") for name in names))

    @staticmethod
    async def _within(timeout_s: float, work: Callable[[], Awaitable[None]]) -> Took:
        began = now()
        try:
            async with asyncio.timeout(timeout_s):
                await work()
        except (TimeoutError, VangoError, OSError):
            return None
        return (now() - began) * 1000


async def main() -> None:
    """Do what is said until standard input ends."""
    first = json.loads(await asyncio.to_thread(sys.stdin.readline))
    crowd = Crowd(first["desk"], first["code"], first["secret"])
    while line := await asyncio.to_thread(sys.stdin.readline):
        asked = json.loads(line)
        try:
            told = await getattr(crowd, asked.pop("do"))(**asked)
        except (VangoError, OSError) as error:
            told = {"error": str(error) or type(error).__name__}
        print(json.dumps(told), flush=True)
    await crowd.leave()


if __name__ == "__main__":
    asyncio.run(main())
