"""A trial: acts done on a bench, each given time to take effect, and the audit's verdict at the end.

It waits for states, never for a time: after every act until no running part has anything left to do. At the end
everything that was stopped is started again, because the question is what remains wrong when everything runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from vango.actors.errors import Unavailable, VangoError
from vango.actors.progress import Stopped
from vango.core.audit import Soundness, say
from vango.core.modes import Mode
from vango.core.names import EDGES
from vango.observe.model import EdgeSeen, Observation
from vango.verbs.registry import find
from vango.verbs.script import Act, act
from vango.verbs.subject import Bench

PATIENCE_S = 3.0
REST_S = 3.0
LOOK_AGAIN_S = 0.03
ACTS = "acts"
CALM: tuple[Act, ...] = (
    act("thaw_broker"),
    act("start_broker"),
    act("disarm_control"),
    act("disarm_relay"),
    act("start_relay"),
    *(act(verb, edge=edge) for edge in EDGES for verb in ("disarm_edge", "start_edge")),
)
"""The end of every trial: whatever was stopped continues, and nothing is armed any more."""
STILL = frozenset(
    {"crash_control", "crash_relay", "crash_edge", "edge_rules", "relay_rules", "stream_limits", "write_order"}
)
"""Verbs that only set something: several of them in a row need one rest, not one each."""


class Changes(Protocol):
    """Says when something on a bench has changed."""

    def clear(self) -> None: ...
    async def wait(self, timeout_s: float, /) -> bool: ...


class Stage(Bench, Protocol):
    """A bench that can be watched while a script is played on it."""

    @property
    def changes(self) -> Changes: ...

    async def observe(self) -> Observation:
        """Take one observation."""

    async def wait_until(self, is_so: Callable[[Observation], bool], timeout_s: float) -> Observation:
        """Observe after every change until a condition holds. Raises `Unavailable`."""


@dataclass(frozen=True, slots=True)
class Until:
    """A pause in a fault until `is_so` holds. If it never does, the fault could not be done."""

    what: str
    is_so: Callable[[Observation], bool]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a trial. It is about the whole of it: what is past by its end counts as well. `kinds` are the names of the audit's findings, in the order of the audit.

    `closed` names the edges that refuse to answer, `refusals` the acts that could not be done and why. `happened` is
    False when a fault could not be done under these rules, such as a crash of the relay when it publishes nothing.
    """

    soundness: Soundness
    kinds: tuple[str, ...]
    sentence: str
    records: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    happened: bool = True

    @property
    def failed(self) -> bool:
        """True when the audit found something."""
        return self.soundness is Soundness.VIOLATED


async def play(bench: Stage, script: Iterable[Act | Until]) -> Verdict:
    """Play a script on a bench, calm it, and return the verdict. Refusals are part of a storm and stop nothing.

    Raises `BadInput` and `NotThere` for an impossible act: then nothing of the script was done. Raises `Stopped` when
    a person stopped it: what was killed or frozen on the way then runs again.
    """
    items = tuple(script)
    for item in items:
        if isinstance(item, Act):
            find(item.verb).arguments(dict(item.arguments))
    happened, refusals, stopped = True, list[str](), False
    with bench.progress.counting(len(items), ACTS):
        for done, (item, following) in enumerate(zip(items, (*items[1:], None), strict=True)):
            if stopped := await bench.progress.step(done, ACTS):
                break
            if isinstance(item, Act):
                refusals += await _do(bench, item)
                if not (_only_sets(item) and _only_sets(following)):
                    await rest(bench)
            else:
                happened = await _came(bench, item.is_so, PATIENCE_S) and happened
    for item in CALM:
        await _do(bench, item, tell=False)
    if stopped:
        raise Stopped
    return replace(await _verdict(bench), refusals=tuple(refusals), happened=happened)


async def perform(bench: Stage, item: Act) -> str:
    """Carry out an act within a verb, or without anybody's asking. Raises what the verb raises."""
    verb = find(item.verb)
    return await verb.act(bench, **verb.arguments(dict(item.arguments)))


async def _do(bench: Stage, item: Act, *, tell: bool = True) -> list[str]:
    """Do one act as the bench's verbs do it, and return why it was refused, if it was."""
    if tell:
        bench.journal.write("learner", "act", str(item), verb=item.verb, arguments=dict(item.arguments))
    try:
        await perform(bench, item)
    except VangoError as error:
        if tell:
            bench.journal.write("learner", "refused", str(error), verb=item.verb)
        return [f"{item}: {error}"]
    return []


def _only_sets(item: Act | Until | None) -> bool:
    return isinstance(item, Act) and item.verb in STILL


async def _verdict(bench: Stage) -> Verdict:
    await _came(bench, _is_decided, PATIENCE_S)
    await rest(bench)
    seen = await bench.observe()
    findings = seen.audit.findings
    kinds = tuple(dict.fromkeys(finding.kind.value for finding in findings))
    records = tuple(record for finding in findings for record in finding.records)
    closed = tuple(edge.name for edge in seen.edges if edge.mode not in (Mode.CURRENT, Mode.CATCHING_UP))
    soundness = Soundness.VIOLATED if findings else seen.audit.soundness
    return Verdict(soundness, kinds, say([replace(one, is_past=False) for one in findings]), records, closed)


async def _came(bench: Stage, is_so: Callable[[Observation], bool], timeout_s: float) -> bool:
    try:
        await bench.wait_until(is_so, timeout_s)
    except Unavailable:
        return False
    return True


async def rest(bench: Stage, within_s: float = REST_S) -> bool:
    """Wait until the bench is at rest: nothing is under way, and a moment later nothing has happened since.

    Returns whether it came to rest in time.
    """
    before = -1
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        seen = await bench.observe()
        if seen.moment == before:
            return True
        before = seen.moment if _is_idle(seen) else -1
        bench.changes.clear()
        await bench.changes.wait(LOOK_AGAIN_S)
    return False


def _is_decided(seen: Observation) -> bool:
    """Return whether the audit knows, and every edge that asks how far the truth is has been told."""
    told = all(
        edge.mark >= seen.truth.sequence or not edge.rules.ask_high_water_mark or edge.mode is not Mode.CURRENT
        for edge in seen.edges
    )
    return told and _is_idle(seen) and seen.audit.soundness is not Soundness.NOT_YET_KNOWN


def _is_idle(seen: Observation) -> bool:
    """Nobody pauses at a point. With the broker away nothing can move; with it, what runs has nothing left to do."""
    if seen.pace.waiting:
        return False
    if seen.broker.state != "up":
        return True
    sends = seen.relay.state == "waiting" or (seen.relay.state == "up" and seen.outbox.waiting > 0)
    return not sends and all(_is_idle_edge(seen, edge) for edge in seen.edges)


def _is_idle_edge(seen: Observation, edge: EdgeSeen) -> bool:
    if edge.mode in (Mode.DOWN, Mode.FAILED_CLOSED):
        return True
    # An ephemeral edge may have left its durable consumer behind, where messages pend for nobody.
    consumer = seen.consumer(edge.name) if edge.rules.durable else None
    left = consumer.num_pending + consumer.num_ack_pending if consumer else 0
    return edge.mode is Mode.CURRENT and not left
