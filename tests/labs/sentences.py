"""What a sentence claims, read without the check that wrote it: its numbers, names, owners and counts beside the facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vango.journal.facts import Commit, Got
from vango.journal.journal import Journal
from vango.observe.model import Observation

EDGE = r"\b(fra|iad|syd)\b"
Reader = Callable[[re.Match[str], Observation, Journal], bool]


@dataclass(frozen=True, slots=True)
class Untrue:
    """A claim of a check's sentence that the facts do not bear out."""

    label: str
    claim: str
    sentence: str


def _claims(match: re.Match[str], seen: Observation, journal: Journal) -> bool:
    return seen.edge(match[1]).claim.startswith(match[2])


def _misroutes(match: re.Match[str], seen: Observation, journal: Journal) -> bool:
    edge, route, answer, right = match.groups()
    rows = {row.route: row.owner for row in seen.edge(edge).rows}
    owners = {one.name: one.owner for one in seen.truth.routes}
    return rows.get(route) == answer and owners.get(route) == right != answer


def _was_asked(match: re.Match[str], seen: Observation, journal: Journal) -> bool:
    edge, *asked = match.groups()
    return any([p.route, p.answer, p.expected] == asked and p.outcome == "wrong" for p in seen.edge(edge).probes)


def _is_committed(match: re.Match[str], seen: Observation, journal: Journal) -> bool:
    return 1 <= int(match[1]) <= max([seen.truth.sequence, *_sequences(journal)])


def _sequences(journal: Journal) -> Iterator[int]:
    for moment in journal.of([("database", "commit")], 0, journal.last):
        yield moment.read(Commit).sequence


def _event_is_known(match: re.Match[str], seen: Observation, journal: Journal) -> bool:
    told = {moment.read(Commit).event_id for moment in journal.of([("database", "commit")], 0, journal.last)}
    stored = {cell.event_id for cell in seen.stream("ROUTES").cells}
    return match[0] in told | stored | {fact.event_id for fact in seen.truth.history} or match[0] in _sent(journal)


def _sent(journal: Journal) -> set[str]:
    sends = journal.of([("database", "send")], 0, journal.last)
    return {str(moment.detail.get("event_id")) for moment in sends}


def _is_at_seq(match: re.Match[str], seen: Observation, journal: Journal) -> bool:
    return any(cell.seq == int(match[1]) and cell.event_id == match[2] for cell in seen.stream("ROUTES").cells)


def _is_stored_at(match: re.Match[str], seen: Observation, journal: Journal) -> bool:
    seqs = {int(number) for number in re.findall(r"\d+", match[2])}
    return seqs <= {cell.seq for cell in seen.stream("ROUTES").cells if cell.event_id == match[1]}


def _owes(match: re.Match[str], seen: Observation, journal: Journal) -> bool:
    floor, pending, outstanding = (int(number) for number in match.groups())
    return any(
        (one.ack_floor, one.num_pending, one.num_ack_pending) == (floor, pending, outstanding)
        for one in seen.consumers
    )  # fmt: skip


def _was_decided(match: re.Match[str], seen: Observation, journal: Journal) -> bool:
    route, owner, epoch = match[1], match[2], int(match[3])
    return any((one.route, one.owner, one.epoch) == (route, owner, epoch) for one in seen.truth.history)


def _was_delivered(match: re.Match[str], seen: Observation, journal: Journal) -> bool:
    seq, count = int(match[1]), int(match[2])
    counts = [
        got.deliveries[got.stream_seqs.index(seq)]
        for edge in seen.edges
        for moment in journal.of([(edge.name, "got")], 0, journal.last)
        for got in [moment.read(Got)]
        if seq in got.stream_seqs
    ]
    return count in counts or counts.count(1) == count


def _agrees(match: re.Match[str], seen: Observation, journal: Journal) -> bool:
    truth = {(one.name, one.owner, one.epoch) for one in seen.truth.routes}
    return all({(row.route, row.owner, row.epoch) for row in edge.rows} == truth for edge in seen.edges)


def _all_are_current(match: re.Match[str], seen: Observation, journal: Journal) -> bool:
    return all(edge.mode == "current" for edge in seen.edges) and _agrees(match, seen, journal)


def _rows_wait(match: re.Match[str], seen: Observation, journal: Journal) -> bool:
    return seen.outbox.waiting == int(match[1])


def _all_is_told(match: re.Match[str], seen: Observation, journal: Journal) -> bool:
    known = {fact.event_id for fact in seen.truth.history}
    return all(cell.event_id in known for cell in seen.stream("ROUTES").cells if cell.event_id)


def _filter_is(match: re.Match[str], seen: Observation, journal: Journal) -> bool:
    return seen.edge(match[1]).rules.subject_filter == match[2]


def _delivers_at_most(match: re.Match[str], seen: Observation, journal: Journal) -> bool:
    return any(one.max_deliver == int(match[1]) for one in seen.consumers)


READERS: tuple[tuple[str, Reader], ...] = (
    (EDGE + r"(?: is| says:?|:) (current at \d+)", _claims),
    (EDGE + r" says [^;]*? sends (\w+) to (alloc-\w) \(right: (alloc-\w)\)", _misroutes),
    (EDGE + r" sent a request for (\w+) to (alloc-\w); right was (alloc-\w)", _was_asked),
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
    (r"max_deliver is (\d+)", _delivers_at_most),
)
"""How each claim is written, and who compares it with the facts."""


def untrue(label: str, sentence: str, seen: Observation, journal: Journal) -> list[Untrue]:
    """Return each claim of a sentence that the facts do not bear out. `seen` is what the check looked at."""
    return [
        Untrue(label, match[0], sentence)
        for pattern, is_so in READERS
        for match in re.finditer(pattern, sentence)
        if not is_so(match, seen, journal)
    ]
