"""The scenarios of the sandbox: ten scripts to begin from, each with the finding or the state in which it ends.

The accidents are those of the protection matrix, with the protection missing that would have stopped them. So each
card ends in what docs/matrix.md says of its cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from studylab.lab.calls import Call, Script, Wait, call
from vango.actors.errors import NotThere
from vango.core.findings import Kind
from vango.observe.model import Observation
from vango.storm.fault_table import fault
from vango.storm.play import Until
from vango.storm.protections import prepare, protection
from vango.verbs.script import Act, act

PATIENCE_S = 30.0
"""Far more than anything takes: a slow machine must not end a scenario."""

_Is = Callable[[Observation], bool]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One card. `ends` names the finding or state at its end; `is_there` recognises it, and `script` waits for it."""

    key: str
    name: str
    line: str
    ends: str
    is_there: _Is
    script: Script


def script_of(acts: Iterable[Act | Until]) -> Script:
    """Turn acts and their waits into a lab's script. Any act may be refused: some accidents are refusals."""
    return tuple(
        Wait(item.what, item.is_so, PATIENCE_S)
        if isinstance(item, Until)
        else Call(item.verb, dict(item.arguments), refusal=True)
        for item in acts
    )


def _cell(without: str, accident: str) -> Script:
    return script_of((*prepare([protection(without)]), *fault(accident).script))


def _scenario(key: str, name: str, line: str, ends: str, is_there: _Is, script: Script) -> Scenario:
    return Scenario(key, name, line, ends, is_there, (_READY, *script, Wait(ends, is_there, PATIENCE_S)))


def _finds(kind: Kind) -> _Is:
    return lambda seen: any(finding.kind is kind for finding in seen.audit.findings)


def _card(key: str, name: str, line: str, kind: Kind, without: str, accident: str) -> Scenario:
    return _scenario(key, name, line, kind.value, _finds(kind), _cell(without, accident))


def _is_ready(seen: Observation) -> bool:
    return not seen.outbox.waiting and all(edge.sequence == seen.truth.sequence for edge in seen.edges)


def _is_unanswered(seen: Observation) -> bool:
    return seen.broker.state == "frozen" and seen.relay.unanswered > 0


def _has_no_bus(seen: Observation) -> bool:
    return not (seen.routes and seen.routes.available) and seen.outbox.waiting > 0


def _iad_is_down(seen: Observation) -> bool:
    return seen.edge("iad").is_down


_LOSES = (
    act("crash_edge", edge="iad", at="after ack, before apply"),
    act("promote", route="shop", to="alloc-b"),
    Until("iad to crash", _iad_is_down),
    act("start_edge", edge="iad"),
)
"""The second half of the matrix's crash: with the ack before the apply, the first half happens to nobody."""

_READY = Wait("the first events to reach every edge", _is_ready, PATIENCE_S)
SCENARIOS: tuple[Scenario, ...] = (
    _card("phantom", "make a phantom", "Publish first; the database refuses. The edges serve a fact that never was.",
          Kind.PHANTOM, "commit-first+mark", "refusal"),
    _scenario("lost", "lose an event", "iad acks before it applies, then crashes. Nobody sends the event again.",
              Kind.LOST.value, _finds(Kind.LOST), script_of((*prepare([protection("ack+mark")]), *_LOSES))),
    _card("sleep", "sleep through a purge", "iad is down while its events are purged, and does not ask what it missed.",
          Kind.FALSE_CONFIDENCE, "continuity", "gap"),
    _card("untold", "tell nobody", "The control plane commits, then crashes. No outbox row remembers the event.",
          Kind.UNTOLD, "outbox", "crash-after-commit"),
    _card("resurrected", "bring an old owner back", "An old event is stored again, and no edge checks epochs.",
          Kind.RESURRECTED, "epochs", "zombie"),
    _card("twice", "count it twice", "One event is stored twice, and no edge remembers event ids.",
          Kind.DOUBLE_EFFECT, "event-ids", "second-copy"),
    _card("poison", "swallow a poison message", "A message that no edge can read comes again and again.",
          Kind.STUCK, "poison", "poison"),
    _scenario("frozen", "freeze the broker in a publish", "The relay publishes and hears nothing. Is the event stored?",
              "outcome unknown", _is_unanswered, script_of((*prepare(), *fault("no-answer").script[:-1]))),
    _card("rollback", "roll the store back", "The broker returns from an older copy and uses its numbers again.",
          Kind.FALSE_CONFIDENCE, "continuity", "rollback"),
    _scenario("bus", "destroy the bus", "Every stream is gone, and one more fact is committed. The outbox keeps it.",
              "no stream, outbox waiting", _has_no_bus, (
                  call("destroy_bus"), call("promote", route="blog", to="alloc-b"),
              )),
)  # fmt: skip
"""In the order of the page."""


def scenario(key: str) -> Scenario:
    """Return a scenario by its key. Raises `NotThere`."""
    for found in SCENARIOS:
        if found.key == key:
            return found
    raise NotThere(f"There is no scenario {key[:40]!r}. There are {', '.join(s.key for s in SCENARIOS)}.")
