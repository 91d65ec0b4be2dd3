"""The protections, each with the switches that take it away. One row of the matrix is one entry of the table below.

Every entry names what a correct bench does and is taken away on all edges at once. What is a rule of relay or edge is
read from the rule's record. The entries at the end take two
away together: they show which protection stands behind which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from vango.actors.errors import NotThere
from vango.core.names import EDGES
from vango.core.rule_record import Protects, declared
from vango.core.rules import EdgeRules, RelayRules, WriteOrder
from vango.verbs.script import Act, act


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that a bench has now, those of its edges by their names."""

    write_order: WriteOrder
    relay: RelayRules
    edges: Mapping[str, EdgeRules]


ACK_WAIT_S = 0.3
WINDOW_S = 0.2


@dataclass(frozen=True, slots=True)
class Protection:
    """One protection. `edge` are the rules of an edge that switch it off, `acts` whatever else does."""

    key: str
    words: str
    edge: Mapping[str, str] = field(default_factory=dict)
    acts: tuple[Act, ...] = ()

    def off(self, edges: Iterable[str]) -> tuple[Act, ...]:
        """Return the acts that take it away on those edges."""
        return (*(act("edge_rules", edge=edge, **self.edge) for edge in edges if self.edge), *self.acts)


def _plain(value: object) -> str:
    """Write a rule's value as an act does."""
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _declared(rules: type) -> Iterator[tuple[str, Protects]]:
    """Yield the rules that are protections, by name."""
    return ((name, record.protects) for name, record in declared(rules).items() if record.protects)


SINGLE: tuple[Protection, ...] = (
    Protection("commit-first", "commit first", acts=(act("write_order", order="publish first"),)),
    Protection("outbox", "outbox row in the same transaction", acts=(act("write_order", order="commit then publish"),)),
    *(
        Protection(found.key, found.words, acts=(act("relay_rules", **{name: found.off}),))
        for name, found in _declared(RelayRules)
    ),
    *(Protection(found.key, found.words, {name: _plain(found.off)}) for name, found in _declared(EdgeRules)),
)


def _both(key: str, other: str) -> Protection:
    """Take two protections away together."""
    one, two = (next(p for p in SINGLE if p.key == wanted) for wanted in (key, other))
    return Protection(
        f"{key}+{other}", f"{one.words}, {two.words}", {**one.edge, **two.edge}, (*one.acts, *two.acts)
    )  # fmt: skip


PROTECTIONS: tuple[Protection, ...] = (
    *SINGLE,
    _both("commit-first", "mark"),
    _both("message-ids", "event-ids"),
    _both("ack", "mark"),
    _both("durable", "mark"),
    _both("snapshot-first", "mark"),
    _both("continuity", "mark"),
)


def protection(key: str) -> Protection:
    """Return a protection by its key. Raises `NotThere`."""
    for found in PROTECTIONS:
        if found.key == key:
            return found
    raise NotThere(f"There is no protection {key[:40]!r}. There are {', '.join(p.key for p in PROTECTIONS)}.")


def give_back(missing: Protection, edges: Iterable[str]) -> tuple[Act, ...]:
    """Return the acts that give a protection back on those edges: the defaults are the correct rules."""
    rules = {name: _plain(getattr(EdgeRules(), name)) for name in missing.edge}
    others: dict[str, dict[str, Any]] = {
        "write_order": {"order": WriteOrder.OUTBOX},
        "relay_rules": asdict(RelayRules()),
    }
    return (
        *(act("edge_rules", edge=edge, **rules) for edge in edges if rules),
        *(
            act(item.verb, **{name: _plain(others[item.verb][name]) for name, _ in item.arguments})
            for item in missing.acts
        ),
    )


def is_missing(wanted: Protection, now: Rules) -> bool:
    """Return whether a bench that is set so goes without a protection, on any edge."""
    on_edges = not wanted.edge or any(
        all(_plain(getattr(rules, name)) == value for name, value in wanted.edge.items())
        for rules in now.edges.values()
    )
    return on_edges and all(
        _plain(now.write_order if item.verb == "write_order" else getattr(now.relay, name)) == value
        for item in wanted.acts
        for name, value in item.arguments
    )


def prepare(without: Iterable[Protection] = ()) -> tuple[Act, ...]:
    """Return the acts that begin a trial: short waits, so that it is quick, and some protections taken away."""
    without = tuple(without)
    rules = {name: value for protection in without for name, value in protection.edge.items()}
    return (
        act("stream_limits", duplicate_window_s=WINDOW_S),
        *(act("edge_rules", edge=edge, ack_wait_s=ACK_WAIT_S, **rules) for edge in EDGES),
        *(item for protection in without for item in protection.acts),
    )
