"""What each edge went by, and what is kept and shown of it."""

from __future__ import annotations

import itertools

from labs.fail_closed.checks.common import asked_words, gap_closures, words_of
from labs.fail_closed.checks.gaps import ack_floor_moved
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Place, Result, Shown, ledgers, reading, shown
from studylab.lab.observed import CHAIN, Cause, Load, Mark, Moment


def what_fra_noticed(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    closures = gap_closures(evidence, "fra")
    if closures:
        return Measured("both", f"fra {closures[-1].words}.")
    jumps = "; ".join(f"got {before}, then {after}" for before, after in _jumps(evidence))
    return Measured("neither", f"fra {jumps or 'went on'}, and says {evidence.now.edge('fra').claim}.")


def _jumps(evidence: Evidence) -> list[tuple[int, int]]:
    """Return where the stream seqs that fra got are not consecutive."""
    got = reading.named(evidence, "fra", "got", "stream_seqs")
    starts = [moment.read(Load).stream_seq for moment in reading.moments(evidence, "fra", "snapshot")]
    pairs = itertools.pairwise(sorted({*got, *starts}))
    return [(before, after) for before, after in pairs if after > before + 1]


def what_iad_noticed(evidence: Evidence) -> Measured:
    """Measure the second prediction: how iad read on after each of the two gaps."""
    closures = gap_closures(evidence, "iad")
    by_end = [closure for closure in closures if closure.cause is Cause.MISSING_END]
    by_chain = [closure for closure in closures if closure.cause in CHAIN]
    if by_chain and not by_end:
        return Measured("inside", f"iad {by_chain[-1].words}. After the missing end it said that it was current.")
    if by_end:
        return Measured("both" if by_chain else "end", f"iad {by_end[-1].words}.")
    return Measured("neither", "iad never failed closed.")


def what_syd_went_by(evidence: Evidence) -> Measured:
    """Measure the third prediction, from the causes with which syd refused."""
    closures = gap_closures(evidence, "syd")
    said = f"syd {'; then '.join(words_of(closures))}." if closures else "syd noticed nothing."
    return Measured("chain" if closures and all(one.cause in CHAIN for one in closures) else "nothing", said)


# What is kept and shown.


def keep_front(evidence: Evidence) -> Memory:
    """Keep the audit's words, syd's reasons, and what the server held for acked."""
    moved = ack_floor_moved(evidence)
    return {
        "front_said": reading.said(evidence.now, "false confidence"),
        "front_reasons": words_of(gap_closures(evidence, "syd")),
        "front_floor": moved.why if isinstance(moved, Passed) else "",
    }


def keep_end(evidence: Evidence) -> Memory:
    """Keep the audit's words and the reasons of both edges that demand proof."""
    return {
        "end_said": reading.said(evidence.now, "false confidence"),
        "end_reasons": words_of(gap_closures(evidence, "syd")),
        "chain_reasons": words_of(gap_closures(evidence, "iad")),
    }


def keep_numbers(evidence: Evidence) -> Memory:
    """Keep the reasons, the number that was used twice, and the outcomes of all requests."""
    return {
        "numbers_said": reading.said(evidence.now, "false confidence"),
        "numbers_reasons": words_of(gap_closures(evidence, "syd")),
        "reused": reused(evidence),
        "asked": {edge.name: dict(edge.asked) for edge in evidence.now.edges},
    }


def reused(evidence: Evidence) -> str:
    """Return which stream seq has carried two events; empty when none has."""
    first = evidence.moments.ask(_FirstStored, [("relay", "mark")]).held
    for cell in evidence.now.stream("ROUTES").cells:
        if (before := first.get(cell.seq, cell.event_id)) != cell.event_id:
            return f"Stream seq {cell.seq} was event {before} and is {cell.event_id} now."
    return ""


class _FirstStored:
    """The event that each stream seq carried first: of `HELD_NUMBERS` numbers at least, the latest."""

    def __init__(self) -> None:
        self.held: dict[int, str] = {}

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        mark = moment.read(Mark)
        for event_id, seq in mark.stored.items() if mark.feed == "route" else ():
            if seq:
                self.held.setdefault(seq, event_id)
        ledgers.shorten_names(self.held)


def number_used_twice(evidence: Evidence) -> Result:
    """A stream seq carries another event than it did before."""
    said = reused(evidence)
    return Passed(said) if said else NotYet("No stream seq carries another event than it did before.")


def show_front(evidence: Evidence) -> Shown:
    """Show the same moment from the server's side and from both edges'."""
    seen = evidence.now
    stream, fra, syd = seen.stream("ROUTES"), seen.edge("fra"), seen.edge("syd")
    consumer = seen.consumer("fra")
    word = f"Unprocessed {consumer.num_pending}, Ack Floor {consumer.ack_floor}" if consumer else "no consumer"
    places = (
        Place("Database", f"truth at {seen.truth.sequence}", True),
        Place("Stream", f"seq {stream.first_seq} to {stream.last_seq}"),
        Place("Server on fra", word),
        Place("fra", fra.claim, False),
        Place("syd", syd.claim, True),
    )
    records = (*filter(None, [evidence.memory.get("front_floor", "")]), *reading.records(seen, "false confidence"))
    return shown(records, "The server has nothing to report, and one edge believes that this is good news.", places)


def show_run(evidence: Evidence) -> Shown:
    """Show the outcomes of all requests, edge by edge, over the six gaps."""
    places = tuple(Place(edge.name, asked_words(edge), not edge.asked["wrong"]) for edge in evidence.now.edges)
    memory = evidence.memory
    records = [f"syd {words}" for name in ("front", "end", "numbers") for words in memory.get(f"{name}_reasons", ())]
    reuse = [memory["reused"]] if memory.get("reused") else []
    return shown((*records, *reuse), "All requests through six gaps: three edges, three rules.", places)
