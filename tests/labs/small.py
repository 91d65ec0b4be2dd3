"""The smallest lab with a step of each kind, an observation of an empty bench, and one moment."""

from __future__ import annotations

from studylab.lab import reading
from studylab.lab.model import (
    Check,
    Debrief,
    Do,
    Evidence,
    Explain,
    Figure,
    Hints,
    Lab,
    Measured,
    NotYet,
    Option,
    Passed,
    Predict,
    Question,
    Quiz,
    Shown,
    call,
)
from vango.actors.crash_points import Tempo
from vango.core.audit import Soundness
from vango.core.rules import RelayRules, WriteOrder
from vango.journal.moment import Moment
from vango.observe.model import AuditSeen, BrokerSeen, Observation, OutboxSeen, PaceSeen, RelaySeen, TruthSeen

SEEN = Observation(
    at=0.0,
    moment=0,
    truth=TruthSeen(0, 0, "", (), (), (), WriteOrder.OUTBOX, "", ""),
    outbox=OutboxSeen(0, 0, 0.0, ()),
    relay=RelaySeen("up", "", 0, 0, 0, 0, RelayRules(), ""),
    streams=(),
    consumers=(),
    edges=(),
    snapshots=(),
    pace=PaceSeen(Tempo.LIVE, ()),
    audit=AuditSeen(Soundness.SOUND, "", ()),
    broker=BrokerSeen("up", 1, "", "", "", 0, False, ""),
)


def _made(evidence: Evidence) -> int:
    return len(reading.moments(evidence, "database", "commit"))


MOMENT = Moment(1, 0.0, "database", "commit", "commit r1", {})

_OPTIONS = (Option("yes", "It will", "So it is.", happens=True), Option("no", "It will not", "It did."))

LAB = Lab(
    id="small",
    slug="small",
    number=99,
    title="Small",
    question="Does it?",
    concept="Nothing",
    correct_use="Well.",
    failure_trap="Badly.",
    minutes=1,
    controls=("promote",),
    locked={"purge": "Not here."},
    locked_otherwise="Not needed.",
    setup=(),
    steps=(
        Predict("predict", "Predict", "Will it?", _OPTIONS, lambda _: Measured("yes", "It did.")),
        Do(
            id="do",
            title="Do",
            prose="Do it.",
            checks=(Check("done", lambda e: Passed("done") if _made(e) else NotYet("Nothing has happened.")),),
            solution=(call("promote", route="shop", to="alloc-c"),),
            hints=Hints("nudge", "panel-truth", "look", "principle", "verb"),
            keep=lambda evidence: {"moments": _made(evidence)},
        ),
        Explain("explain", "Explain", "So.", lambda _: Shown((), Figure("", ()))),
        Quiz("quiz", "Quiz", "Say.", (Question("q", lambda _: "Did it?", lambda _: _OPTIONS, lambda _: "yes"),)),
    ),
    debrief=Debrief("Done.", lambda _: (), (), ()),
)
