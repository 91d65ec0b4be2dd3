"""Everything on, then as few protections as possible."""

from __future__ import annotations

from labs.storm import moves
from labs.storm.checks import few as saw
from labs.storm.steps.storm import SEED
from studylab.lab import Check, Do, Evidence, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, call

TAKEN = ("event-ids", "epochs", "continuity", "mark")
PROOFS = (("continuity", "gap"), ("event-ids", "second-copy"), ("checksum", "bad-snapshot"))


def _everything(evidence: Evidence) -> Script:
    memory = evidence.memory
    return (
        *(call("give_back", protection=key) for key in TAKEN),
        call("storm", seed=memory["seed"], length=memory["length"]),
    )


EVERYTHING = Do(
    id="everything",
    title="The same storm, with every protection",
    prose="""
        Give the four protections back and play the same storm again, with the same crashes, purges and copies.
    """,
    checks=(Check("The storm that did harm does none", saw.same_storm_is_sound),),
    solution=_everything,
    moves=moves.everything,
    hints=Hints(
        nudge="Four to give back, then the same seed.",
        panel="panel-trials",
        look="*Give back…* is under *Trials*; the missing ones are named there.",
        principle="The same storm is the only fair comparison.",
        verb=("Give back *event-ids*, *epochs*, *continuity* and *mark*; then *Storm…* with the same seed and length."),
    ),
    wrong=(
        Wrong("another seed", (*(call("give_back", protection=key) for key in TAKEN), call("storm", seed=5)), "again"),
        Wrong(
            "giving only one back",
            (call("give_back", protection="epochs"), call("storm", seed=SEED)),
            "Give everything back",
        ),
    ),
    controls=("give_back", "take_away", "storm", "edge_rules"),
)

PREDICT_PAIR = Predict(
    id="predict-pair",
    title="Ack before apply, and a crash in between",
    prose="""
        One protection is off: the edges ack first and apply second. One of them crashes in between, and no event
        comes later. Everything else is on. What does the audit find at the end?
    """,
    options=(
        Option("lost", "A lost event: acked, never applied.",
               "The broker has nothing left, but this edge does not rely on the broker."),
        Option("twice", "A double effect: it is applied again after the restart.",
               "It was acked, so the broker does not deliver it again."),
        Option("nothing", "Nothing.",
               "The high-water mark backs up the ack: the edge sees the missing event, and rebuilds.", happens=True),
    ),
    measure=saw.what_one_missing_did,
)  # fmt: skip

PAIR = Do(
    id="pair",
    title="Which protection backs up which",
    prose="""
        A fresh bench starts with every protection except those you name. It does one fault, and fills one cell of
        your matrix.
    """,
    checks=(
        Check("One missing: nothing is found", saw.one_missing_was_survived, "one protection missing: what is found"),
        Check(
            "Two missing: the same crash is found", saw.two_missing_were_not, "two protections missing: what is found"
        ),
    ),
    solution=(
        call("try_without", protection="ack", fault="edge-crash"),
        call("try_without", protection="ack+mark", fault="edge-crash"),
    ),
    hints=Hints(
        nudge="The same fault twice, with one and with two protections missing.",
        panel="panel-trials",
        look="*Try one fault…* under *Trials*.",
        principle="If you never see a protection at work, another may act before it.",
        verb="*Try one fault…*: *ack*, *edge-crash*; then *ack+mark*, *edge-crash*.",
    ),
    wrong=(
        Wrong(
            "a fault that neither is for", (call("try_without", protection="ack", fault="refusal"),), "Try the fault"
        ),
    ),
    controls=("try_without",),
)

MATRIX = Do(
    id="matrix",
    title="Which fault proves it?",
    prose="""
        Find three protections that you cannot do without. Prove each with one fault, and nothing else missing. Most
        cells stay empty: each fault is stopped by its own protection. *Your matrix* shows them.
    """,
    checks=(Check("Three protections have a fault that proves them", saw.cannot_go),),
    solution=tuple(call("try_without", protection=key, fault=fault) for key, fault in PROOFS),
    moves=moves.MATRIX,
    hints=Hints(
        nudge="Think backwards: what is each protection for?",
        panel="panel-trials",
        look="The lists in *Try one fault…* name every protection and every fault.",
        principle="A protection is worth the cost of the fault that only it stops.",
        verb="*continuity* with *gap*; *event-ids* with *second-copy*; *checksum* with *bad-snapshot*.",
    ),
    wrong=(
        Wrong(
            "protections that have another behind them",
            tuple(call("try_without", protection=key, fault="gap") for key in ("message-ids", "ack", "snapshot-first")),
            "none has been found that cannot go",
        ),
    ),
    keep=saw.keep_cells,
    controls=("try_without",),
)

FEW = Do(
    id="few",
    title="As few as possible, and sound",
    prose="""
        Take away at least two protections, and see two different storms end sound. Then take exactly one more away,
        and find a seed that does harm.
    """,
    checks=(
        Check("Two storms are sound with at least two protections missing", saw.few_are_enough),
        Check("With one more missing, a storm does harm", saw.one_fewer_is_not),
    ),
    solution=(
        call("take_away", protection="message-ids"),
        call("take_away", protection="ack"),
        call("storm", seed=5),
        call("storm", seed=7),
        call("take_away", protection="event-ids"),
        call("storm", seed=5),
        call("storm", seed=7),
    ),
    moves=moves.FEW,
    hints=Hints(
        nudge="Which rows of your matrix, or of docs/matrix.md, are empty?",
        panel="panel-trials",
        look="*Take away…*, *Storm…*, and the list of what is missing.",
        principle=(
            "Sound in these storms does not mean sound in all. Two protections that back each other up are cheap, "
            "and one day someone will misconfigure one of them."
        ),
        verb=(
            "Take away *message-ids* and *ack*; storms 5 and 7; take away *event-ids*; storm 5, and 7 if that one is "
            "sound."
        ),
    ),
    wrong=(
        Wrong("everything on", (call("storm", seed=5), call("storm", seed=7)), "Everything on proves nothing"),
        Wrong(
            "one seed only",
            (call("take_away", protection="message-ids"), call("take_away", protection="ack"), call("storm", seed=5)),
            "Play a second seed",
        ),
    ),
    keep=saw.keep_few,
    controls=(
        "take_away",
        "give_back",
        "storm",
        "shrink_storm",
        "try_without",
        "edge_rules",
        "relay_rules",
        "write_order",
    ),
)

STEPS = (EVERYTHING, PREDICT_PAIR, PAIR, MATRIX, FEW)
