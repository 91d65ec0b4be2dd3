"""What lab 10 looks for: which gap it was, who claims what after it, and what became of every request."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from studylab.lab import (
    EdgeSeen,
    Evidence,
    Figure,
    Measured,
    Memory,
    Moment,
    NotYet,
    Observation,
    Passed,
    Place,
    Result,
    Shown,
    ledgers,
    reading,
)

EVICTED, PURGED, DELETED, RECREATED, ROLLED_BACK = (
    "an eviction",
    "a purge",
    "a deleted message",
    "a new stream",
    "a rollback",
)
FEW_MESSAGES = 100
CLOSED = "failed closed"


# Which accident happened, and when.


def _loads(evidence: Evidence, edge: str) -> list[int]:
    """Return the moments at which an edge loaded a snapshot."""
    return [moment.n for moment in reading.moments(evidence, edge, "snapshot")]


def _accident(moment: Moment) -> str:
    """Name the accident that a moment of the journal is; empty when it is none."""
    kind, text, detail = moment.kind, moment.text, moment.detail
    if kind == "rollback":
        return ROLLED_BACK
    if not text.startswith("ROUTES"):
        return ""
    if kind == "limits":
        tight = 0 < detail.get("max_msgs", 0) < FEW_MESSAGES or detail.get("max_bytes", 0) > 0
        return EVICTED if tight or detail.get("max_age_s", 0) > 0 else ""
    if kind != "purge":
        return ""
    if "created again" in text:
        return RECREATED
    return PURGED if "messages purged" in text else DELETED


def _accidents(evidence: Evidence) -> list[str]:
    """Return the accidents since fra last had a snapshot loaded: until then what it holds may be due to any of them."""
    since = max(_loads(evidence, "fra"), default=0)
    may_be = evidence.moments.ask(ledgers.Latest, [("stream", "limits"), ("stream", "purge"), ("broker", "rollback")])
    found = [_accident(moment) for moment in reading.after(may_be.held, since)]
    return list(dict.fromkeys(name for name in found if name))


# Who is fooled, and who refuses.


def _misroutes(edge: EdgeSeen, seen: Observation) -> str:
    """Say which request an edge that claims to be current has just answered wrongly; empty when none."""
    if not reading.is_current(edge) or seen.outbox.waiting:
        return ""
    for probe in edge.probes[-len(seen.truth.routes) :]:
        if probe.outcome == "wrong":
            return f"{edge.name} says {edge.claim} and sends {probe.route} to {probe.answer} (right: {probe.expected})"
    return ""


def _refuses(edge: EdgeSeen) -> str:
    return f"{edge.name} {edge.claim}" if edge.mode.value == CLOSED else ""


def _left_at_the_server(seen: Observation, edge: str) -> str:
    """Say what the server still has for an edge; empty when by its books the edge is up to date."""
    consumer = seen.consumer(edge)
    if consumer is None:
        return f"The server has no consumer {edge}."
    if consumer.num_pending or consumer.num_ack_pending:
        return f"The server still has messages for {edge}."
    return ""


def _has_the_last_event(seen: Observation) -> bool:
    """Say whether fra got the latest event, so that what it lacks lies before it."""
    return seen.edge("fra").sequence == seen.truth.sequence


def _gap(evidence: Evidence, accidents: Sequence[str], *, inside: bool) -> Result | tuple[str, str]:
    """Return what fra and syd did about exactly one of some accidents, or what is still missing."""
    seen, happened = evidence.now, _accidents(evidence)
    if not any(name in accidents for name in happened):
        return NotYet(f"Since fra was last given a snapshot there was no such gap: it takes {' or '.join(accidents)}.")
    if len(happened) > 1:
        return NotYet(f"{' and '.join(happened)} at once prove nothing about either. Load a fresh snapshot into fra.")
    down = [edge.name for edge in seen.edges if edge.mode.value == "down"]
    if down:
        return NotYet(f"{happened[0]}; {reading.listed(down)} still sleep{'s' if len(down) == 1 else ''}.")
    if left := _left_at_the_server(seen, "fra"):
        return NotYet(left)
    wrong, closed = _misroutes(seen.edge("fra"), seen), _refuses(seen.edge("syd"))
    if not wrong:
        return NotYet("fra answers every request rightly. Did the edges sleep while something changed?")
    if not closed:
        return NotYet(f"syd is {seen.edge('syd').claim}.")
    if inside != _has_the_last_event(seen):
        return NotYet(_OTHER_PLACE[inside].format(seen.edge("fra").sequence, seen.truth.sequence))
    return wrong, closed


_CHAIN = (" came after ", " follows ", " names two events")
_END = "nothing is pending"
_OTHER_PLACE = {
    True: "fra is at {} and the latest event is {}: nothing came after the gap. Commit one more change.",
    False: "fra has applied event {}, the latest: a later event came through. The end itself must be missing.",
}


def noticed_by_syd(accident: str) -> Callable[[Evidence], Result]:
    """Make a check: after this accident, with an event behind it, fra misroutes and syd refuses."""

    def check(evidence: Evidence) -> Result:
        found = _gap(evidence, [accident], inside=True)
        return Passed(f"{found[0]}; {found[1]}.") if isinstance(found, tuple) else found

    return check


def end_missing(evidence: Evidence) -> Result:
    """The end of the feed is gone: who trusts “nothing pending” is fooled, chain or no chain."""
    found = _gap(evidence, [PURGED, DELETED], inside=False)
    if not isinstance(found, tuple):
        return found
    fooled = _misroutes(evidence.now.edge("iad"), evidence.now)
    return Passed(f"{found[0]}; {fooled}; {found[1]}.") if fooled else NotYet("iad answers every request rightly.")


def middle_missing(evidence: Evidence) -> Result:
    """One message is gone from the middle: the chain shows it to iad, which has rebuilt itself."""
    found = _gap(evidence, [DELETED], inside=True)
    if not isinstance(found, tuple):
        return found
    words = _closures(evidence, "iad", since=max(_loads(evidence, "fra"), default=0))
    if not words:
        return NotYet("iad has not noticed.")
    return Passed(f"{found[0]}; iad {words[-1]}, and rebuilt itself; {found[1]}.")


def _closures(evidence: Evidence, edge: str, since: int = 0) -> list[str]:
    """Return the words with which an edge failed closed because of a gap, oldest first."""
    modes = reading.after(reading.moments(evidence, edge, "mode"), since)
    closed = [moment.text for moment in modes if moment.detail.get("after") == CLOSED]
    return [text for text in closed if any(word in text for word in (*_CHAIN, _END))]


def ack_floor_moved(evidence: Evidence) -> Result:
    """A purge moved the ack floor of an edge that slept."""
    purges = evidence.moments.ask(_Purges, [("stream", "purge"), ("fra", "got"), ("fra", "snapshot")])
    for floor, reached in purges.held:
        applied = reached or (0 if purges.has_got else evidence.now.edge("fra").stream_seq)
        if floor > applied:
            return Passed(f"fra had applied up to stream seq {applied}; after the purge its Ack Floor was {floor}.")
    return NotYet("No purge has moved fra's Ack Floor past what fra had read.")


class _Purges:
    """The latest purges, at least 500: fra's ack floor after each, and the last stream seq that fra had got before, or 0."""

    def __init__(self) -> None:
        self.held: list[tuple[int, int]] = []
        self.has_got = False
        self._reached = 0

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        if moment.kind == "purge":
            self.held.append((moment.detail.get("ack_floors", {}).get("fra", 0), self._reached))
            ledgers.shorten(self.held, ledgers.HELD)
        elif moment.kind == "got":
            self.has_got = True
            self._reached = max(self._reached, moment.detail["stream_seqs"][-1])
        else:
            self._reached = max(self._reached, moment.detail["stream_seq"])


def all_whole(evidence: Evidence) -> Result:
    """Every edge is current and right."""
    if reading.at_rest(evidence.now):
        return Passed("; ".join(f"{edge.name} {edge.claim}" for edge in evidence.now.edges))
    for edge in evidence.now.edges:
        if not reading.is_current(edge):
            return NotYet(f"{edge.name} is {edge.claim}.")
    return NotYet(reading.disagreement(evidence.now) or "Rows still wait in the outbox.")


# What was predicted.


def what_fra_noticed(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    words = _closures(evidence, "fra")
    if words:
        return Measured("both", f"fra {words[-1]}.")
    jumps = "; ".join(f"got {before}, then {after}" for before, after in _jumps(evidence))
    return Measured("neither", f"fra {jumps or 'went on'}, and says {evidence.now.edge('fra').claim}.")


def _jumps(evidence: Evidence) -> list[tuple[int, int]]:
    """Return where the stream seqs that fra got are not consecutive."""
    got = reading.named(evidence, "fra", "got", "stream_seqs")
    starts = [moment.detail["stream_seq"] for moment in reading.moments(evidence, "fra", "snapshot")]
    pairs = itertools.pairwise(sorted({*got, *starts}))
    return [(before, after) for before, after in pairs if after > before + 1]


def what_iad_noticed(evidence: Evidence) -> Measured:
    """Measure the second prediction: what became of iad's reading after each of the two gaps."""
    closures = _closures(evidence, "iad")
    by_end = [words for words in closures if _END in words]
    by_chain = [words for words in closures if words not in by_end]
    if by_chain and not by_end:
        return Measured("inside", f"iad {by_chain[-1]}. After the missing end it said that it was current.")
    if by_end:
        return Measured("both" if by_chain else "end", f"iad {by_end[-1]}.")
    return Measured("neither", "iad never failed closed.")


def what_syd_went_by(evidence: Evidence) -> Measured:
    """Measure the third prediction, from the words with which syd refused."""
    words = _closures(evidence, "syd")
    if words and all(any(link in text for link in _CHAIN) for text in words):
        return Measured("chain", f"syd {'; then '.join(words)}.")
    return Measured("nothing", f"syd {'; then '.join(words)}." if words else "syd noticed nothing.")


# What is kept and shown.


def keep_front(evidence: Evidence) -> Memory:
    """Keep the audit's words, syd's reasons, and what the server held for acked."""
    moved = ack_floor_moved(evidence)
    return {
        "front_said": reading.findings(evidence.now, "false confidence"),
        "front_reasons": _closures(evidence, "syd"),
        "front_floor": moved.why if isinstance(moved, Passed) else "",
    }


def keep_end(evidence: Evidence) -> Memory:
    """Keep the audit's words and the reasons of both edges that demand proof."""
    return {
        "end_said": reading.findings(evidence.now, "false confidence"),
        "end_reasons": _closures(evidence, "syd"),
        "chain_reasons": _closures(evidence, "iad"),
    }


def keep_numbers(evidence: Evidence) -> Memory:
    """Keep the reasons, the number that was used twice, and what became of all requests."""
    return {
        "numbers_said": reading.findings(evidence.now, "false confidence"),
        "numbers_reasons": _closures(evidence, "syd"),
        "reused": reused(evidence),
        "asked": {edge.name: dict(edge.asked) for edge in evidence.now.edges},
    }


def reused(evidence: Evidence) -> str:
    """Say which stream seq has carried two events; empty when none has."""
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
        for event_id, seq in moment.detail.get("stored", {}).items():
            if seq and event_id.startswith("route-"):
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
    return Shown(
        records, Figure("The server has nothing to report, and one edge believes that this is good news.", places)
    )


def show_run(evidence: Evidence) -> Shown:
    """Show what became of all requests, edge by edge, over the six gaps."""
    places = tuple(Place(edge.name, asked_words(edge), not edge.asked["wrong"]) for edge in evidence.now.edges)
    memory = evidence.memory
    records = [f"syd {words}" for name in ("front", "end", "numbers") for words in memory.get(f"{name}_reasons", ())]
    reuse = [memory["reused"]] if memory.get("reused") else []
    return Shown((*records, *reuse), Figure("All requests through six gaps: three edges, three rules.", places))


def asked_words(edge: EdgeSeen) -> str:
    """Say what became of an edge's requests."""
    asked = edge.asked
    late = f", {asked['late']} late" if asked["late"] else ""
    return f"{asked['right']} right, {asked['refused']} refused, {asked['wrong']} misrouted{late}"


# The cure.


def _gaps_met(evidence: Evidence) -> list[str]:
    """Return the words with which fra noticed gaps since it has its present rules."""
    changed = max((moment.n for moment in reading.moments(evidence, "fra", "rules")), default=None)
    return [] if changed is None else _closures(evidence, "fra", since=changed)


def _fooled(evidence: Evidence) -> Result | None:
    """Say how fra was fooled once more under its present rules, or None."""
    fra = evidence.now.edge("fra")
    if wrong := _misroutes(fra, evidence.now):
        trusts = "" if fra.rules.ask_high_water_mark else ", because it takes “nothing pending” for “nothing missing”"
        return NotYet(f"{wrong}{trusts}.")
    if fra.asked["wrong"]:
        return NotYet(
            f"Under these rules fra misrouted {fra.asked['wrong']} requests before it knew what it had missed. "
            "New rules begin a new count."
        )
    return None


def end_survived(evidence: Evidence) -> Result:
    """Fra noticed that the end was missing, and misrouted nothing."""
    return _survived(evidence, _END, "a missing end")


def inside_survived(evidence: Evidence) -> Result:
    """Fra noticed a break in the chain, and misrouted nothing."""
    return _survived(evidence, _CHAIN[0], "a gap with an event behind it")


def _survived(evidence: Evidence, words: str, what: str) -> Result:
    if fooled := _fooled(evidence):
        return fooled
    met = [text for text in _gaps_met(evidence) if words in text]
    if not met:
        return NotYet(f"Under its present rules fra has not met {what} yet.")
    return Passed(f"fra {met[-1]}. Misrouted under these rules: {evidence.now.edge('fra').asked['wrong']}.")


def rebuilt_and_right(evidence: Evidence) -> Result:
    """After both, fra loaded a verified snapshot, claims to be current, and has misrouted nothing."""
    if len(_gaps_met(evidence)) < 2:
        return NotYet("This counts after both gaps.")
    if fooled := _fooled(evidence):
        return fooled
    fra = evidence.now.edge("fra")
    if not _loads(evidence, "fra") or not reading.is_current(fra):
        return NotYet(f"fra is {fra.claim}.")
    differs = reading.disagreement(evidence.now)
    if differs.startswith("fra"):
        return NotYet(differs)
    return Passed(f"fra {fra.claim}; under these rules {asked_words(fra)}.")


def keep_cure(evidence: Evidence) -> Memory:
    """Keep how fra fared with the proof."""
    return {"cured": asked_words(evidence.now.edge("fra")), "cured_reasons": _gaps_met(evidence)}


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    said = [words for name in ("front", "end", "numbers") for words in memory.get(f"{name}_said", ())[:1]]
    refusals = [f"syd {words}." for name in ("front", "end", "numbers") for words in memory.get(f"{name}_reasons", ())]
    return (*said, *refusals, f"fra with the proof, through two more gaps: {memory.get('cured', 'not measured')}.")
