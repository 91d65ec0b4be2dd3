"""What a sentence claims, read without the check that wrote it: its numbers, names, owners and counts beside the facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vango.journal.facts import Commit, Got, Limits
from vango.journal.journal import Journal
from vango.journal.moment import Moment
from vango.observe.model import Observation

EDGE = r"\b(fra|iad|syd)\b"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a sentence is compared with: what the check looked at, the journal, and the moment since which it counts."""

    seen: Observation
    journal: Journal
    since: int = 0

    def of(self, actor: str, *kinds: str) -> Iterator[Moment]:
        """Return what an actor has done since the step began, oldest first."""
        return iter(self.journal.of([(actor, kind) for kind in kinds], self.since, self.journal.last))


Reader = Callable[[re.Match[str], Facts], bool]


@dataclass(frozen=True, slots=True)
class Untrue:
    """A claim of a check's sentence that the facts do not bear out."""

    label: str
    claim: str
    sentence: str


def _claims(match: re.Match[str], facts: Facts) -> bool:
    return facts.seen.edge(match[1]).claim.startswith(match[2])


def _misroutes(match: re.Match[str], facts: Facts) -> bool:
    edge, route, answer, right = match.groups()
    rows = {row.route: row.owner for row in facts.seen.edge(edge).rows}
    owners = {one.name: one.owner for one in facts.seen.truth.routes}
    return rows.get(route) == answer and owners.get(route) == right != answer


def _was_asked(match: re.Match[str], facts: Facts) -> bool:
    edge, *asked = match.groups()
    return any([p.route, p.answer, p.expected] == asked and p.outcome == "wrong" for p in facts.seen.edge(edge).probes)


def _is_committed(match: re.Match[str], facts: Facts) -> bool:
    return 1 <= int(match[1]) <= max([facts.seen.truth.sequence, *_sequences(facts.journal)])


def _sequences(journal: Journal) -> Iterator[int]:
    for moment in journal.of([("database", "commit")], 0, journal.last):
        yield moment.read(Commit).sequence


def _event_is_known(match: re.Match[str], facts: Facts) -> bool:
    commits = facts.journal.of([("database", "commit")], 0, facts.journal.last)
    told = {moment.read(Commit).event_id for moment in commits}
    stored = {cell.event_id for cell in facts.seen.stream("ROUTES").cells}
    return match[0] in told | stored | {fact.event_id for fact in facts.seen.truth.history} or match[0] in _sent(
        facts.journal
    )


def _sent(journal: Journal) -> set[str]:
    sends = journal.of([("database", "send")], 0, journal.last)
    return {str(moment.detail.get("event_id")) for moment in sends}


def _is_at_seq(match: re.Match[str], facts: Facts) -> bool:
    return any(cell.seq == int(match[1]) and cell.event_id == match[2] for cell in facts.seen.stream("ROUTES").cells)


def _is_stored_at(match: re.Match[str], facts: Facts) -> bool:
    seqs = {int(number) for number in re.findall(r"\d+", match[2])}
    return seqs <= {cell.seq for cell in facts.seen.stream("ROUTES").cells if cell.event_id == match[1]}


def _owes(match: re.Match[str], facts: Facts) -> bool:
    floor, pending, outstanding = (int(number) for number in match.groups())
    return any(
        (one.ack_floor, one.num_pending, one.num_ack_pending) == (floor, pending, outstanding)
        for one in facts.seen.consumers
    )  # fmt: skip


def _was_decided(match: re.Match[str], facts: Facts) -> bool:
    route, owner, epoch = match[1], match[2], int(match[3])
    return any((one.route, one.owner, one.epoch) == (route, owner, epoch) for one in facts.seen.truth.history)


def _was_delivered(match: re.Match[str], facts: Facts) -> bool:
    seq, count = int(match[1]), int(match[2])
    counts = [
        got.deliveries[got.stream_seqs.index(seq)]
        for edge in facts.seen.edges
        for moment in facts.journal.of([(edge.name, "got")], 0, facts.journal.last)
        for got in [moment.read(Got)]
        if seq in got.stream_seqs
    ]
    return count in counts or counts.count(1) == count


def _agrees(match: re.Match[str], facts: Facts) -> bool:
    truth = {(one.name, one.owner, one.epoch) for one in facts.seen.truth.routes}
    return all({(row.route, row.owner, row.epoch) for row in edge.rows} == truth for edge in facts.seen.edges)


def _all_are_current(match: re.Match[str], facts: Facts) -> bool:
    return all(edge.mode == "current" for edge in facts.seen.edges) and _agrees(match, facts)


def _rows_wait(match: re.Match[str], facts: Facts) -> bool:
    return facts.seen.outbox.waiting == int(match[1])


def _all_is_told(match: re.Match[str], facts: Facts) -> bool:
    known = {fact.event_id for fact in facts.seen.truth.history}
    return all(cell.event_id in known for cell in facts.seen.stream("ROUTES").cells if cell.event_id)


def _filter_is(match: re.Match[str], facts: Facts) -> bool:
    return facts.seen.edge(match[1]).rules.subject_filter == match[2]


def _delivers_at_most(match: re.Match[str], facts: Facts) -> bool:
    return any(one.max_deliver == int(match[1]) for one in facts.seen.consumers)


def _stands_so(match: re.Match[str], facts: Facts) -> bool:
    name, kind, floor, pending = match.groups()
    found = [one for one in facts.seen.consumers if one.name == name]
    is_so = any((one.ack_floor, one.num_pending) == (int(floor), int(pending)) for one in found)
    return is_so and all(one.durable == (kind == "durable") for one in found)


def _is_wrong_about(match: re.Match[str], facts: Facts) -> bool:
    edge, route, answer, right = match.groups()
    rows = {row.route: row.owner for row in facts.seen.edge(edge).rows}
    return rows.get(route) == answer and {one.name: one.owner for one in facts.seen.truth.routes}.get(route) == right


def _never_applied(match: re.Match[str], facts: Facts) -> bool:
    position = facts.seen.edge(match[1]).sequence
    return all(position < int(number) <= facts.seen.truth.sequence for number in re.findall(r"\d+", match[2]))


def _evicted(match: re.Match[str], facts: Facts) -> bool:
    told = [moment.read(Limits) for moment in facts.of("stream", "limits")]
    return any((one.before, one.after) == (int(match[1]), int(match[2])) for one in told)


def _was_never_chosen(match: re.Match[str], facts: Facts) -> bool:
    chosen = {one.owner for one in facts.seen.truth.history if one.route == match[2]}
    return any(row.route == match[2] and row.owner not in chosen for row in facts.seen.edge(match[1]).rows)


def _were_handed(match: re.Match[str], facts: Facts) -> bool:
    got = [moment.read(Got) for moment in facts.of(match[1], "got", "noise")]
    count, size = int(match[2]), int(match[3].replace(",", ""))
    return sum(one.count for one in got) >= count and sum(one.bytes for one in got) >= size


def _were_committed(match: re.Match[str], facts: Facts) -> bool:
    made = [moment for moment in facts.of("database", "commit") if moment.read(Commit).subject.startswith("route.")]
    return len(made) >= int(match[1]) and _agrees(match, facts)


def _slept_through(match: re.Match[str], facts: Facts) -> bool:
    return int(match[1]) in {missed for edge in facts.seen.edges for missed in _missed(edge.name, facts)}


def _missed(edge: str, facts: Facts) -> Iterator[int]:
    """Yield how many changes were committed in each sleep of an edge, in the last one up to now."""
    down, missed = False, 0
    kinds = [("database", "commit"), *((edge, kind) for kind in ("kill", "crash", "start"))]
    for moment in facts.journal.of(kinds, facts.since, facts.journal.last):
        if moment.kind == "commit":
            missed += down and moment.read(Commit).subject.startswith("route.")
        else:
            if down:
                yield missed
            down, missed = moment.kind != "start", 0
    yield missed


def _is_stuck(match: re.Match[str], facts: Facts) -> bool:
    edge = facts.seen.edge(match[1])
    return edge.is_stuck and f"stream seq {match[2]} " in edge.stuck


READERS: tuple[tuple[str, Reader], ...] = (
    (EDGE + r"(?: is| says:?|:) (?:it is )?(current at \d+)", _claims),
    (EDGE + r" says [^;]*? sends (\w+) to (alloc-\w) \(right: (alloc-\w)\)", _misroutes),
    (EDGE + r" sent a request for (\w+) to (alloc-\w) instead of (alloc-\w)", _was_asked),
    (r"\b[Ee]vent (\d+)\b", _is_committed),
    (r"\broute-\d+-[0-9a-f]{6}\b", _event_is_known),
    (r"[Ss]tream seq (\d+) is (route-\d+-[0-9a-f]{6})", _is_at_seq),
    (r"(route-\d+-[0-9a-f]{6}) is (?:stored as stream seq|in the stream at seq) ([\d, and]+)", _is_stored_at),
    (r"Ack Floor (\d+), Unprocessed (\d+), Outstanding Acks (\d+)", _owes),
    (r"(\w+) → (alloc-\w), epoch (\d+)", _was_decided),
    (r"[Ss]tream seq (\d+) was delivered (\d+) times?", _was_delivered),
    (r"Every row of every edge is the database.s row", _agrees),
    (r"Every edge is current and right", _all_are_current),
    (r"^(\d+) rows wait", _rows_wait),
    (r"Every event in the stream is in the history", _all_is_told),
    (EDGE + r": (route\.[\w.>*]+)", _filter_is),
    (r"([a-z]{3}(?:-\w+)?) \((durable|ephemeral), Ack Floor (\d+), Unprocessed (\d+)\)", _stands_so),
    (EDGE + r" says it is current at \d+, but sends (\w+) to (alloc-\w) instead of (alloc-\w)", _is_wrong_about),
    (EDGE + r" says it is current at \d+, but never applied events? ([\d, and]+)", _never_applied),
    (r"(\d+) messages before the change, (\d+) in the server's answer", _evicted),
    (EDGE + r" serves (\w+) from an owner that the database never chose", _was_never_chosen),
    (EDGE + r" received (\d+) messages, ([\d,]+) bytes", _were_handed),
    (r"(\d+) changes of owner, and every edge serves them", _were_committed),
    (r"(\d+) changes (?:while syd was down|(?:were )?missed)", _slept_through),
    (EDGE + r" is stuck: stream seq (\d+)", _is_stuck),
    (r"max_deliver is (\d+)", _delivers_at_most),
)
"""How each claim is written, and who compares it with the facts."""


def untrue(label: str, sentence: str, facts: Facts) -> list[Untrue]:
    """Return each claim of a sentence that the facts do not bear out."""
    return [
        Untrue(label, match[0], sentence)
        for pattern, is_so in READERS
        for match in re.finditer(pattern, sentence)
        if not is_so(match, facts)
    ]
