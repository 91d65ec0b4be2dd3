"""The guests of one bench: external edges, known by their claims on `edges.<name>.claim`.

A claim is heard, read within limits (`vango.core.guest_claims`) and kept. The bench never asks back, so no guest can
delay a look. Each guest has its own rate limit, so the server cuts off a guest that floods, without silencing others.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from vango.actors.errors import NotThere, Refused
from vango.broker.connection import Connection
from vango.broker.rate_limit import Allowance, RateLimit
from vango.core.guest_claims import GuestClaim, InvalidClaim, check_name, raised, read
from vango.core.names import EDGES
from vango.guests.guest import MOMENTS_A_MINUTE, Budget, Guest, Trouble
from vango.journal.journal import Journal

CLAIMS = "edges.*.claim"
SILENT_S = 5.0
CLAIMS_A_SECOND = 10
NEWCOMERS_A_SECOND = 100
MAX_GUESTS = 8
SEAT_IS_FREE_S = 60.0
MAX_TURNED_AWAY = 5
MAX_REMOVED = 64
FRESH_S = 2.0
COUNTED_IN_SECONDS_S = 120.0

# The limit is twice what a round allows, because a half-used one is renewed only at the round's end.
_OWN = Allowance(2 * CLAIMS_A_SECOND + 1, 1.0)
_ANYBODY = Allowance(2 * NEWCOMERS_A_SECOND + 1, 1.0)
# Where an answer may go: to an inbox of the bench's account, or back to the account of external edges.
_ANSWERS_TO = ("_INBOX", "_R_.")


class Guests:
    """The guests. Everything runs on the loop of the bench.

    `on_change` is called when there is something new to show, `ask_mark` when a newcomer needs the high-water mark.
    """

    def __init__(self, journal: Journal, on_change: Callable[[], None], ask_mark: Callable[[], None]) -> None:
        self.all: dict[str, Guest] = {}
        self.turned_away: OrderedDict[str, Trouble] = OrderedDict()
        self._journal = journal
        self._on_change = on_change
        self._ask_mark = ask_mark
        self._removed: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._budget = Budget()
        self._left: list[Guest] = []
        self._wire: Connection | None = None

    async def listen(self, wire: Connection) -> None:
        """Listen to claims on a connection: of everyone, and of each known guest separately. Raises `Unavailable`."""
        self._wire = wire
        await RateLimit(wire, CLAIMS, self._hear_anybody, _ANYBODY).open()
        for guest in self.all.values():
            await self._listen_to(guest, wire)

    def forget(self) -> None:
        """Forget all guests: a live one claims again."""
        for guest in self.all.values():
            if guest.watch is not None:
                guest.watch.cancel()
        self.all.clear()
        self.turned_away.clear()

    async def remove(self, name: str) -> str:
        """Remove a guest: its present name and instance are ignored from now on."""
        guest = self.all.pop(name, None)
        if guest is None:
            raise NotThere(f"There is no guest {name}. The guests are: {', '.join(self.all) or 'none'}.")
        await self._let_go(guest)
        self._removed[name, guest.claim.instance] = None
        if len(self._removed) > MAX_REMOVED:
            self._removed.popitem(last=False)
        self._journal.write(name, "removed", f"{name} was removed", instance=guest.claim.instance)
        return f"{name} was removed. If it is started again, it may come back."

    async def _let_go(self, guest: Guest) -> None:
        if guest.watch is not None:
            guest.watch.cancel()
        if guest.ration is not None:
            await guest.ration.close()

    @property
    def is_ageing(self) -> bool:
        """True while something on the page grows older by the second."""
        now = time.monotonic()
        ages = (now - guest.heard_at for guest in self.all.values())
        troubles = (*(guest.trouble for guest in self.all.values()), *self.turned_away.values())
        return any(FRESH_S < age < COUNTED_IN_SECONDS_S for age in ages) or any(
            trouble.shown(now) for trouble in troubles
        )

    # Hearing.

    async def _listen_to(self, guest: Guest, wire: Connection) -> None:
        async def hear(message: Msg) -> None:
            await self._answer(message, self.take(guest.name, message.data))

        def on_round(exhausted: bool) -> None:
            if exhausted:
                self._note_flood(guest)

        guest.ration = RateLimit(wire, f"edges.{guest.name}.claim", hear, _OWN, on_round)
        await guest.ration.open()

    async def _hear_anybody(self, message: Msg) -> None:
        """Listen to newcomers. A known guest has its own subscription."""
        name = message.subject.split(".")[1]
        if name in self.all:
            return
        refusal = self.take(name, message.data)
        while self._left:
            await self._let_go(self._left.pop())
        guest = self.all.get(name)
        if guest is not None and self._wire is not None:
            # Before the answer: the guest's next claim comes on its own subscription.
            await self._listen_to(guest, self._wire)
        await self._answer(message, refusal)

    async def _answer(self, message: Msg, refusal: str) -> None:
        """Answer the sender of a claim. A reply must not reach a subject that the guest may not use."""
        if message.reply.startswith(_ANSWERS_TO):
            answer = {"error": refusal} if refusal else {"ok": True}
            # The connection broke meanwhile, and nothing waits for it.
            with contextlib.suppress(NatsError, OSError):
                await message.respond(json.dumps(answer).encode())

    def take(self, name: str, payload: bytes) -> str:
        """Take one claim. Returns why it was refused, or nothing."""
        now = time.monotonic()
        try:
            check_name(name, EDGES)
            self._check_seat(name, now)
            claim = read(payload)
            self._check_instance(name, claim)
        except (InvalidClaim, Refused) as error:
            self._refuse(name, str(error), now)
            return str(error)
        self._accept(name, claim, now)
        return ""

    def _check_seat(self, name: str, now: float) -> None:
        """Accept a newcomer while there is a place, or one whose guest has long been silent."""
        if name in self.all or len(self.all) < MAX_GUESTS:
            return
        longest = min(self.all.values(), key=lambda guest: guest.heard_at)
        if now - longest.heard_at < SEAT_IS_FREE_S:
            raise Refused(f"{MAX_GUESTS} guests are here already; remove one, or wait until one leaves")

    def _check_instance(self, name: str, claim: GuestClaim) -> None:
        if (name, claim.instance) in self._removed:
            raise Refused(f"{name} was removed by the learner; start it again, with a new instance, to come back")
        guest = self.all.get(name)
        if guest is not None and not guest.silent and guest.claim.instance != claim.instance:
            raise Refused(
                f"a second edge claims under the name {name}, as instance {claim.instance}; "
                f"instance {guest.claim.instance} has the name until it has been silent for {SILENT_S:g} s"
            )

    def _accept(self, name: str, claim: GuestClaim, now: float) -> None:
        guest = self.all.get(name)
        if guest is None:
            guest = self._seat(name, claim, now)
        before, was_silent = guest.claim, guest.silent
        guest.highest = raised(guest.highest if before.instance == claim.instance else {}, claim)
        guest.claim, guest.heard_at, guest.silent = claim, now, False
        guest.claims += 1
        if guest.watch is None:
            guest.watch = asyncio.get_running_loop().call_later(SILENT_S, self._look_for_silence, guest)
        self.turned_away.pop(name, None)
        if was_silent:
            self._tell(guest, "joined", f"{name} is back: {claim.words}", instance=claim.instance)
        elif (claim.mode, claim.sequence) != (before.mode, before.sequence):
            self._tell(guest, "mode", claim.words, before=before.mode.value, after=claim.mode.value)
        if claim != before or was_silent or guest.claims == 1:
            self._on_change()

    def _seat(self, name: str, claim: GuestClaim, now: float) -> Guest:
        if len(self.all) >= MAX_GUESTS:
            longest = min(self.all.values(), key=lambda guest: guest.heard_at)
            self._left.append(self.all.pop(longest.name))
        guest = self.all[name] = Guest(name, claim, now)
        self._tell(guest, "joined", f"{name} joined: {claim.words}", instance=claim.instance)
        # The next heartbeat may be seconds away on an idle bench, and without one no edge may claim to be current.
        self._ask_mark()
        return guest

    def _refuse(self, name: str, why: str, now: float) -> None:
        guest = self.all.get(name)
        if guest is not None:
            if guest.trouble.note(why, now):
                self._tell(guest, "refused", f"refused a claim of {name}: {why}")
                self._on_change()
            return
        shown = name[:40]
        trouble = self.turned_away.pop(shown, None) or Trouble()
        self.turned_away[shown] = trouble
        if len(self.turned_away) > MAX_TURNED_AWAY:
            self.turned_away.popitem(last=False)
        if trouble.note(why, now) and self._budget.take(now):
            self._journal.write("guests", "refused", f"refused a claim under {shown!a}: {why}")
            self._on_change()

    def _note_flood(self, guest: Guest) -> None:
        why = f"it sends more than {CLAIMS_A_SECOND} claims a second; the rest is dropped"
        if guest.trouble.note(why, time.monotonic()):
            self._tell(guest, "limits", f"{guest.name} floods: {why}")
            self._on_change()

    def _look_for_silence(self, guest: Guest) -> None:
        left_s = SILENT_S - (time.monotonic() - guest.heard_at)
        if left_s > 0:
            guest.watch = asyncio.get_running_loop().call_later(left_s, self._look_for_silence, guest)
            return
        guest.watch, guest.silent = None, True
        self._tell(guest, "silent", f"nothing heard of {guest.name} for {SILENT_S:g} s: presumed down")
        self._on_change()

    def _tell(self, guest: Guest, kind: str, text: str, **detail: str) -> None:
        """Write a moment; a guest that changes all the time may write only a limited number."""
        if guest.budget.take(time.monotonic()):
            self._journal.write(guest.name, kind, text, **detail)
        elif guest.budget.spent == MOMENTS_A_MINUTE + 1:
            dropped = f"more than {MOMENTS_A_MINUTE} moments of {guest.name} in a minute: the rest is dropped"
            self._journal.write(guest.name, "limits", dropped)
