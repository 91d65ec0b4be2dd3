"""Observing the guests: each claim beside the truth as of its sequence, probes answered from it, and findings.

A probe is answered from the claimed routes, not by a request to the guest. The claim is what it would answer, and a
request would let every slow guest delay the look at everything else.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vango.core.guest_claims import GuestClaim, History, Route, findings, rows_of
from vango.core.judge import Position
from vango.core.modes import ANSWERS, Mode
from vango.core.records import Claim, TruthRecord
from vango.guests.guest import Guest
from vango.guests.guests import Guests
from vango.observe.edges import ProbeLog, rows_seen
from vango.observe.model import ConsumerSeen, GuestSeen, ProbeSeen, TurnedAwaySeen
from vango.observe.truth import TruthObserver


@dataclass(frozen=True, slots=True)
class _Heard:
    """A guest's claim as it stood when the look began."""

    guest: Guest
    claim: GuestClaim
    mode: Mode


class GuestObserver:
    """Looks at the guests of one bench."""

    def __init__(self, guests: Guests, truth: TruthObserver) -> None:
        self._guests = guests
        self._truth = truth
        self._logs: dict[tuple[str, str], ProbeLog] = {}

    def heard(self) -> list[_Heard]:
        """Return what every guest claims. A silent one is presumed down."""
        return [
            _Heard(guest, guest.claim, Mode.DOWN if guest.silent else guest.claim.mode)
            for guest in self._guests.all.values()
        ]

    @staticmethod
    def positions(heard: Sequence[_Heard]) -> list[Position]:
        """Return the claimed positions, for the record of truth to cover."""
        return [Position(each.claim.sequence, each.claim.event_id) for each in heard]

    def see(
        self, heard: Sequence[_Heard], record: TruthRecord, consumers: Sequence[ConsumerSeen], owners: Mapping[str, str]
    ) -> tuple[GuestSeen, ...]:
        """Compare each claim with the truth. `owners` are those that probes expect."""
        keys = {(each.guest.name, each.claim.instance) for each in heard}
        self._logs = {key: log for key, log in self._logs.items() if key in keys}
        return tuple(self._one(each, record, consumers, owners) for each in heard)

    def turned_away(self) -> tuple[TurnedAwaySeen, ...]:
        """Return the recently refused claims, and why."""
        now = time.monotonic()
        return tuple(
            TurnedAwaySeen(name, trouble.sentence, trouble.times, round(now - trouble.at))
            for name, trouble in self._guests.turned_away.items()
            if trouble.shown(now)
        )

    def _one(
        self, heard: _Heard, record: TruthRecord, consumers: Sequence[ConsumerSeen], owners: Mapping[str, str]
    ) -> GuestSeen:
        guest, said, now = heard.guest, heard.claim, time.monotonic()
        ids = self._event_ids(said, record)
        record = replace(record, known_ids=record.known_ids | set(ids.values()))
        consumer = next((c for c in consumers if (c.stream, c.name) == ("ROUTES", guest.name)), None)
        claim = Claim(
            guest.name, heard.mode, Position(said.sequence, said.event_id), rows_of(said, ids, guest.highest),
            consumer.num_pending if consumer else None, consumer.num_ack_pending if consumer else None,
            delivered=consumer.last_delivered if consumer else None,
        )  # fmt: skip
        log = self._logs.setdefault((guest.name, said.instance), ProbeLog())
        log.add(_probe(heard, owners), record, claim, is_there=heard.mode is not Mode.DOWN)
        history = History(self._truth.event_at(said.sequence), bool(self._truth.known([said.event_id])))
        return GuestSeen(
            guest.name, said.instance, heard.mode, said.words, said.reason, said.sequence, said.event_id,
            rows_seen(claim, record), tuple(log.last), log.asked, round(now - guest.heard_at), guest.silent,
            guest.claims, guest.trouble.times, guest.trouble.shown(now), findings(record, claim, history),
        )  # fmt: skip

    def _event_ids(self, said: GuestClaim, record: TruthRecord) -> dict[Route, str]:
        """Return the event of the history that made each claimed row; only wrong rows are looked up."""
        as_of = record.as_of.get(said.sequence, {})
        found: dict[Route, str] = {}
        for route in said.routes:
            fact = as_of.get(route.name)
            if fact is not None and (fact.owner, fact.epoch) == (route.owner, route.epoch):
                found[route] = fact.event_id
            elif made_by := self._truth.event_of(route.name, route.owner, route.epoch):
                found[route] = made_by
        return found


def _probe(heard: _Heard, owners: Mapping[str, str]) -> list[ProbeSeen]:
    """Ask for every route, now, what the guest's claim answers."""
    answers = {route.name: route.owner for route in heard.claim.routes}
    asked = []
    for route, owner in owners.items():
        if heard.mode not in ANSWERS:
            asked.append(ProbeSeen(route, "refused", f"{heard.guest.name} is {heard.mode} and answers nothing.", owner))
        elif route not in answers:
            asked.append(ProbeSeen(route, "refused", f"{heard.guest.name} knows no route {route}.", owner))
        else:
            asked.append(ProbeSeen(route, "right" if answers[route] == owner else "wrong", answers[route], owner))
    return asked
