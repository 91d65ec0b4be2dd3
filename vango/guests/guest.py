"""One guest as the bench knows it: its last claim and its age, recent refusals, and how many moments it may write."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from vango.broker.rate_limit import RateLimit
from vango.core.guest_claims import GuestClaim

TROUBLE_SHOWN_S = 15.0
MOMENTS_A_MINUTE = 60


@dataclass(slots=True)
class Budget:
    """How many moments may be written within a minute."""

    since: float = 0.0
    spent: int = 0

    def take(self, now: float) -> bool:
        """Take one, if one is left."""
        if now - self.since > 60:
            self.since, self.spent = now, 0
        self.spent += 1
        return self.spent <= MOMENTS_A_MINUTE


@dataclass(slots=True)
class Trouble:
    """A sentence about the last refusal, its time, and the number of refusals."""

    sentence: str = ""
    at: float = 0.0
    times: int = 0

    def note(self, sentence: str, now: float) -> bool:
        """Keep it. Returns whether it is new."""
        is_news = sentence != self.sentence or now - self.at > TROUBLE_SHOWN_S
        self.sentence, self.at, self.times = sentence, now, self.times + 1
        return is_news

    def shown(self, now: float) -> str:
        """Return the sentence while it is recent."""
        return self.sentence if self.sentence and now - self.at <= TROUBLE_SHOWN_S else ""


@dataclass(slots=True)
class Guest:
    """One guest: its last claim, when that was heard (monotonic seconds), and the highest epochs it ever claimed."""

    name: str
    claim: GuestClaim
    heard_at: float
    highest: dict[str, int] = field(default_factory=dict)
    claims: int = 0
    trouble: Trouble = field(default_factory=Trouble)
    budget: Budget = field(default_factory=Budget)
    silent: bool = False
    ration: RateLimit | None = None
    watch: asyncio.TimerHandle | None = None
