"""Lab NUMBER: what it shows, in one line. Replace this, then every sentence below; `check` tells what is missing."""

from __future__ import annotations

from studylab.lab import (
    Check,
    Code,
    Debrief,
    Do,
    Evidence,
    Explain,
    Figure,
    Hints,
    Lab,
    Measured,
    Memory,
    NotYet,
    Option,
    Passed,
    Place,
    Predict,
    Question,
    Quiz,
    Result,
    Shown,
    Wait,
    Wrong,
    call,
    reading,
    refused,
)

# Before the first step: the state of the bench that the lab opens with. A reset has been done already.
SETUP = (Wait("the first events to reach every edge", reading.at_rest),)


# Checks are pure functions of the evidence. They ask for the outcome, by whatever route it came about.
def promoted(evidence: Evidence) -> Result:
    """A promotion since the step began has reached every edge."""
    commits = reading.commits(evidence)
    if not commits:
        return NotYet("No promotion was committed since this step began.")
    differs = reading.disagreement(evidence.now)
    return NotYet(differs) if differs else Passed(f"Every edge serves {commits[-1][1]}.")


def who_was_told(evidence: Evidence) -> Measured:
    """Measure the prediction: the key of an option, and a sentence from the learner's own records."""
    event_id = reading.commits(evidence)[-1][1]
    told = [edge.name for edge in evidence.now.edges if event_id in {row.event_id for row in edge.rows}]
    option = "all" if len(told) == len(evidence.now.edges) else "one"
    return Measured(option, f"{reading.listed(told)} hold {event_id}.")


def keep_event(evidence: Evidence) -> Memory:
    """Keep what later steps, the quiz and the debrief need: plain JSON values by name."""
    return {"event_id": reading.commits(evidence)[-1][1]}


def show_event(evidence: Evidence) -> Shown:
    """Show the learner's own records, and one figure."""
    found = reading.fact(evidence.now, str(evidence.memory["event_id"]))
    held = f"{found.route} → {found.owner}" if found else "not there"
    places = tuple(Place(edge.name, held, True) for edge in evidence.now.edges)
    return Shown(
        (f"history: {held}, {found.told if found else ''}",),
        Figure("One decision, told to all.", (Place("Database", held, True), *places)),
    )


PREDICT = Predict(
    id="predict",
    title="Who will hear of it?",
    prose="You are about to give *shop* to another owner. What do the three edges do?",
    options=(
        Option("all", "All three take it over.", "Each has a durable consumer of its own.", happens=True),
        Option("one", "One of them takes it over.", "That would be a queue, shared by its readers."),
    ),
    measure=who_was_told,
)

PROMOTE = Do(
    id="promote",
    title="Promote a route",
    prose="Promote *shop* to *alloc-c*, and watch the event travel.",
    checks=(Check("A promotion was committed, and every edge serves it", promoted),),
    solution=(call("promote", route="shop", to="alloc-c"), Wait("every edge to serve it", reading.at_rest)),
    hints=Hints(
        nudge="Only the database can change an owner.",
        panel="panel-truth",
        look="The card *Database truth* has the button *Promote…*.",
        principle="A promotion is one transaction and one event.",
        verb="Promote *shop* to *alloc-c*.",
    ),
    wrong=(
        Wrong(
            "an owner that is not ready",
            (refused("promote", route="shop", to="alloc-d"),),
            "No promotion was committed",
        ),
    ),
    keep=keep_event,
)

EXPLAIN = Explain(
    id="explain",
    title="One decision, three views",
    prose="The database decided, the stream told, and each edge moved its own position.",
    show=show_event,
)

QUIZ = Quiz(
    id="quiz",
    title="One question",
    prose="It is about what you have just measured.",
    questions=(
        Question(
            "decides",
            lambda memory: f"Who decided what event {memory.get('event_id', 'of the promotion')} says?",
            lambda _: (
                Option("database", "The database.", "The event is the notice of a committed fact."),
                Option("stream", "The stream.", "A stream stores what it is told, true or not."),
            ),
            lambda _: "database",
        ),
    ),
)

DEBRIEF = Debrief(
    prose="What happened, and what to take from it.",
    happened=lambda memory: (f"Event {memory.get('event_id', '')} reached every edge.",),
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
    locked_otherwise="Not needed in this lab. The sandbox has every control.",
    setup=SETUP,
    steps=(PREDICT, PROMOTE, EXPLAIN, QUIZ),
    debrief=DEBRIEF,
)
