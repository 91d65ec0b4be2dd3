"""Lab 12: the storm. Seeded faults against the protections that the learner chose, and what each is for."""

from __future__ import annotations

from labs.storm.steps import few, storm
from labs.storm.steps.storm import SEED
from studylab.lab import Code, Debrief, Lab, Memory, Option, question, quiz
from studylab.lab.scripts import EDGES, opening, rules

SETUP = opening(
    *rules(*EDGES, deduplicate=False, check_epochs=False, prove_continuity=False, ask_high_water_mark=False),
)


def _seed(memory: Memory) -> str:
    return str(memory.get("seed", SEED))


def _counts(memory: Memory) -> tuple[Option, ...]:
    acts = int(memory.get("acts", 8))
    counts = sorted({len(memory.get("minimal", "x")), acts, acts + 3})
    return tuple(Option(str(n), str(n), "Look at the figure of the minimal script.") for n in counts)


QUIZ = quiz(
    question(
        "enough",
        lambda memory: f"Storm {_seed(memory)} had {memory.get('acts', 8)} acts. How many were enough for its finding?",
        _counts,
        right=lambda memory: str(len(memory.get("minimal", "x"))),
    ),
    question(
        "behind",
        "Acking before applying did no harm while one other protection was on. Which?",
        (
            Option("window", "The duplicate window.", "It guards what is published, not what is consumed."),
            Option("mark", "The high-water mark.",
                   "It told the edge that an event was missing, although nothing was pending."),
            Option("ids", "The event ids.", "They recognise a second copy. Here no copy came."),
        ),
        right="mark",
    ),
    question(
        "sound",
        "Two storms were sound with protections missing. What does that prove?",
        (
            Option("all", "That those protections are not needed.",
                   "Your own matrix has faults that these two storms did not bring."),
            Option("seeds", "That these two storms do no harm under these rules.",
                   "A storm can show that something is wrong, never that nothing is."),
        ),
        right="seeds",
    ),
)  # fmt: skip


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    return (
        f"Storm {memory.get('seed', 0)}: {memory.get('said', '')}",
        f"Enough for it: {'; '.join(memory.get('minimal', ())) or 'the whole storm'}.",
        *(f"Without {key}, {proof[0]}: {proof[1]}." for key, proof in memory.get("proven", {}).items()),
        memory.get("few_said", "") or "No smaller set was tried.",
        memory.get("proof_said", "") or "No such seed was found.",
    )


DEBRIEF = Debrief(
    prose="""
        No single protection does everything, and few work alone. The mark backs up the ack. The event id backs up the
        message id. So you notice late that one is missing. A storm finds faults that nobody thought of. A minimal
        script says what they were. The matrix says what each protection is for. Print [your matrix](/matrix) and
        compare it with your own system.
    """,
    happened=happened,
    code=(
        Code("trap", "A storm is made of these", "vango.storm.storm", "script"),
        Code("cure", "Shrinking it", "vango.storm.storm", "shrink"),
        Code("cure", "Three guards, three identities", "vango.core.judge", "judge"),
    ),
    take_away=(
        "for each protection you can name the fault that only it stops",
        "faults are tried on purpose, from a seed that is written down",
        "the damage is judged when everything runs again, by comparing claims with the database",
        "a failure is reported as the shortest script that shows it",
    ),
)

TRIALS = ("storm", "shrink_storm", "take_away", "give_back", "try_without")

LAB = Lab(
    id="storm",
    slug="storm",
    number=12,
    title="The storm",
    question="Which of all these protections do you need, and how would you know?",
    concept="Everything together",
    correct_use=(
        "Know for each protection the fault that only it stops, and test it: with seeds, fresh benches, and an audit "
        "at the end."
    ),
    failure_trap=(
        "Leave protections out because nothing went wrong without them, or keep them all without knowing what they "
        "are for."
    ),
    minutes=12,
    controls=("promote", *TRIALS),
    locked=dict.fromkeys(TRIALS, "This belongs to another step of this lab."),
    locked_otherwise="In this lab the storm does these. The sandbox has every control.",
    setup=SETUP,
    steps=(*storm.STEPS, *few.STEPS, QUIZ),
    story="06:20. The day shift asks which of the night’s protections it needs. Prove it.",
    debrief=DEBRIEF,
    in_real_time=True,
)  # fmt: skip
