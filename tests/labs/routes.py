"""Unforeseen routes through a lab: its solution with other acts mixed in, by seed, or with a call left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from studylab.lab.model import Call, Do, Script, Wait, call
from studylab.lab.playing import follow
from studylab.lab.runner import LabRun
from tests.labs.sentences import Facts, Untrue, untrue
from vango.actors.errors import VangoError
from vango.observe.model import Observation

EDGES = ("fra", "iad", "syd")
ROUTES = ("shop", "blog", "api")
OWNERS = ("alloc-a", "alloc-b", "alloc-c")
POINTS = ("after receive", "after apply, before ack", "after ack, before apply")
ENOUGH_S = 3.0
"""How long a wait of the solution lasts on a route on which it may never come."""

Act = Callable[[Random, Observation], Script]


def _edge(random: Random) -> str:
    return random.choice(EDGES)


HARMLESS: tuple[Act, ...] = (
    lambda random, seen: (call("take_snapshot"),),
    lambda random, seen: (call("pace", tempo="live"),),
    lambda random, seen: (call("disarm_edge", edge=_edge(random)),),
    lambda random, seen: (call("disarm_relay"),),
    lambda random, seen: (call("start_edge", edge=_edge(random)),),
)
"""What changes nothing that a step asks for."""

MEDDLING: tuple[Act, ...] = (
    *HARMLESS,
    lambda random, seen: (call("promote", route=random.choice(ROUTES), to=random.choice(OWNERS)),),
    lambda random, seen: (call("burst", n=random.randint(1, 4)),),
    lambda random, seen: (call("restart_edge", edge=_edge(random)),),
    lambda random, seen: (call("load_snapshot", edge=_edge(random)),),
    lambda random, seen: (call("restart_relay"),),
    lambda random, seen: (call("kill_edge", edge=_edge(random)),),
    lambda random, seen: (call("wipe_view", edge=_edge(random)),),
    lambda random, seen: (call("crash_edge", edge=_edge(random), at=random.choice(POINTS)),),
    lambda random, seen: (call("stumble_edge", edge=_edge(random)),),
    lambda random, seen: (call("purge"),),
    lambda random, seen: (call("delete_message", seq=max(seen.stream("ROUTES").last_seq, 1)),),
    lambda random, seen: (call("replay", edge=_edge(random), from_seq=1),),
    lambda random, seen: (call("republish", sequence=max(seen.truth.sequence, 1)),),
    lambda random, seen: (call("freeze_broker"), call("thaw_broker")),
    lambda random, seen: (call("publish_poison", route=random.choice(ROUTES)), call("burst", n=1)),
    lambda random, seen: (call("telemetry", n=5),),
)
"""What a learner may do at any time as well, for good or ill."""


def mixed(script: Script, random: Random, seen: Observation, acts: tuple[Act, ...], times: int) -> Script:
    """Return a script with some acts at places of it."""
    items = list(script)
    for _ in range(times):
        at = random.randint(0, len(items))
        items[at:at] = random.choice(acts)(random, seen)
    return tuple(items)


def without_one(script: Script) -> Iterator[tuple[Call, Script]]:
    """Yield each call with the script that lacks it."""
    for at, item in enumerate(script):
        if isinstance(item, Call):
            yield item, (*script[:at], *script[at + 1 :])


def in_words(script: Script) -> str:
    """Return the calls of a script as they can be typed."""
    calls = (item for item in script if isinstance(item, Call))
    return "; ".join(f"{one.verb}({', '.join(f'{k}={v}' for k, v in one.arguments.items())})" for one in calls)


class Route:
    """Plays a script as far as it goes, lets the checks look after each act, and compares what they then say."""

    def __init__(self, run: LabRun, step: Do) -> None:
        self.run, self.step = run, step
        self.untrue: list[Untrue] = []

    def look(self, seen: Observation) -> bool:
        """Let the checks look, and compare each sentence that is new with the facts of what they looked at."""
        before = self._passed()
        facts = Facts(seen, self.run.bench.journal, self.run.attempt.began_at)
        self.run.look(seen)
        for label, text in self._passed().items():
            if label not in before:
                self.untrue += untrue(label, text, facts)
        return self.has_passed

    @property
    def has_passed(self) -> bool:
        """Whether the step is behind the learner."""
        return self.run.attempt.step > self.run.lab.index(self.step.id)

    async def play(self, script: Script) -> None:
        """Issue the calls and wait where the script waits: what is refused or does not come is passed over."""
        for item in script:
            await self._do(item)
            if self.look(await self.run.bench.observe()):
                return

    async def settles(self) -> bool:
        """Look on until the step has passed, or long enough. Returns whether it has."""
        await self._do(Wait("the step to pass", lambda seen: False))
        return self.has_passed

    async def _do(self, item: Call | Wait) -> None:
        if isinstance(item, Wait):
            until = item.until
            item = Wait(item.what, lambda seen: self.look(seen) or until(seen), min(item.timeout_s, ENOUGH_S))
        try:
            await follow(self.run.bench, item)
        except VangoError:
            return

    def _passed(self) -> dict[str, str]:
        said = self.run.attempt.said.get(self.step.id, {})
        return {label: answer.text for label, answer in said.items() if answer.passed}
