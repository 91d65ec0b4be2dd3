"""Lab NUMBER: what it shows, in one line. Replace this, then every sentence here and in the steps.

`python -m studylab check` lists what is missing.
"""

from __future__ import annotations

from studylab.lab import Code, Debrief, Lab, Memory, Option, question, quiz
from studylab.lab.scripts import opening

from . import steps

# Before the first step: the state of the bench that the lab opens with. A reset has been done already.
SETUP = opening()

QUIZ = quiz(
    question(
        "decides",
        lambda memory: f"Who decided what event {memory.get('event_id', 'of the promotion')} says?",
        (
            Option("database", "The database.", "The event is the notice of a committed fact."),
            Option("stream", "The stream.", "A stream stores what it is told, true or not."),
        ),
        right="database",
    ),
    title="One question",
    prose="It is about what you have just measured.",
)


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the learner's own records."""
    return (f"Event {memory.get('event_id', '')} reached every edge.",)


DEBRIEF = Debrief(
    prose="What happened, and what to take from it.",
    happened=happened,
    code=(
        Code("trap", "Publish first", "vango.truth.control_plane", "ControlPlane.publish_first"),
        Code("cure", "The outbox", "vango.truth.control_plane", "ControlPlane.outbox"),
    ),
    take_away=("you can say who decides, for each kind of event that you publish",),
)

LAB = Lab(
    id="new_lab",
    slug="new-lab",
    number=50,
    title="A new lab",
    question="Which one question does this lab answer?",
    concept="Database authority",
    correct_use="What to do, in a sentence or two.",
    failure_trap="What goes wrong otherwise, in a sentence or two.",
    minutes=5,
    controls=("promote",),
    locked={},
    setup=SETUP,
    steps=(*steps.STEPS, QUIZ),
    debrief=DEBRIEF,
)
