"""Words and looks for the guests: external edges, whose claims grow old."""

from __future__ import annotations

from flask import Flask

from studylab.web.looks import Look, edge_look
from studylab.web.quantities import plural
from vango.core.ages import in_order
from vango.core.audit import Soundness, present, say
from vango.observe.model import AuditSeen, GuestSeen, Observation

FRESH_S = 2


def guest_look(guest: GuestSeen) -> Look:
    """Return a guest's claim in words: also that it is false, if the audit knows, and that it is gone, when it is
    silent.
    """
    if guest.silent:
        return Look("Silent", "stop", "is-closed")
    return edge_look(guest)


def claimed_words(guest: GuestSeen) -> str:
    """Return how old the claim is; for a silent guest also the claim itself."""
    if guest.silent:
        return f"said “{guest.claim}” {ago(guest.age_s)}, and nothing since: presumed down"
    return f"claimed {ago(guest.age_s)} · {plural(guest.claims, 'claim')}"


def ago(seconds: int) -> str:
    """Write an age in words."""
    return "just now" if seconds < FRESH_S else f"{_span(seconds)} ago"


def verdict_of(seen: Observation) -> AuditSeen:
    """Return the audit's report with the findings on the guests, for the sentence above the stage."""
    of_guests = [finding for guest in seen.guests for finding in guest.findings]
    if not of_guests:
        return seen.audit
    findings = in_order((*seen.audit.findings, *of_guests))
    soundness = Soundness.VIOLATED if present(findings) else seen.audit.soundness
    return AuditSeen(soundness, say(findings), findings)


def register(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.globals.update({f.__name__: f for f in (guest_look, claimed_words, ago, verdict_of)})


def _span(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
