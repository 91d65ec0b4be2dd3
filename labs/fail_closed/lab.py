"""Lab 10: fail closed. Six gaps and three edges: without proof, with half of it, and with all of it."""

from __future__ import annotations

from labs.fail_closed.steps import cure, missing, numbers
from studylab.lab import Code, Debrief, Lab, Memory, Option, question, quiz
from studylab.lab.scripts import call, opening

SETUP = opening(
    call("edge_rules", edge="fra", prove_continuity=False, ask_high_water_mark=False),
    call("edge_rules", edge="iad", ask_high_water_mark=False),
    call("edge_rules", edge="syd", on_gap="stay closed", answers="only when current"),
)


def _wrong_of(memory: Memory, edge: str) -> int:
    return int(memory.get("asked", {}).get(edge, {}).get("wrong", 0))


QUIZ = quiz(
    question(
        "floor",
        lambda memory: (
            f"{memory.get('front_floor') or 'After the purge the Ack Floor of a sleeping edge had moved.'} What does "
            "an "
            "Ack Floor prove?"
        ),
        (
            Option("applied", "That everything up to it was applied.", "fra slept. Nobody had applied anything."),
            Option("nothing", "That the broker expects no more acks up to it.",
                   "And it may stop expecting them for reasons of its own."),
            Option("delivered", "That everything up to it was delivered.",
                   "Purged messages are delivered to nobody, and it moved past them."),
        ),
        right="nothing",
    ),
    question(
        "mark",
        lambda memory: (
            f"iad noticed the hole in the middle ({_first(memory, 'chain_reasons')}) and not the missing end. What did "
            "syd have in addition?"
        ),
        (
            Option("chain", "A stricter chain.",
                   "Both demanded the same chain. At a missing end no link comes that could break it."),
            Option("mark", "The control plane's word for the latest sequence.",
                   "A mark that says 12 cannot be met by a view at 9."),
            Option("pending", "The number of pending messages.", "It was nought, at both. That is what iad believed."),
        ),
        right="mark",
    ),
    question(
        "asked",
        lambda memory: (
            f"Up to the rollback fra misrouted {_wrong_of(memory, 'fra')} requests and syd {_wrong_of(memory, 'syd')}. "
            "What did that cost syd?"
        ),
        lambda memory: (
            Option("refused", f"It refused {memory.get('asked', {}).get('syd', {}).get('refused', 0)} requests.",
                   "That is the price: for a while no answer instead of a wrong one."),
            Option("none", "Nothing: it was current all the time.",
                   "It was closed after each gap until it had loaded a verified snapshot."),
            Option("slow", "It answered more slowly.", "An answer comes from the view or not at all."),
        ),
        right="refused",
    ),
)  # fmt: skip


def _first(memory: Memory, name: str) -> str:
    words = memory.get(name, ())
    return str(words[0]) if words else "it failed closed"


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    said = [words for name in ("front", "end", "numbers") for words in memory.get(f"{name}_said", ())[:1]]
    refusals = [f"syd {words}." for name in ("front", "end", "numbers") for words in memory.get(f"{name}_reasons", ())]
    return (*said, *refusals, f"fra with the proof, through two more gaps: {memory.get('cured', 'not measured')}.")


DEBRIEF = Debrief(
    prose="""
        Six accidents, and the broker reported none: by its books everybody was up to date. What noticed them was
        inside the events (a sequence and a predecessor, assigned in the commit), in the edge (its own position) and
        at the control plane (the high-water mark). With all three an edge can say *I do not know*, and get a verified
        snapshot before it says anything else.
    """,
    happened=happened,
    code=(
        Code("trap", "Claim by silence: nothing is pending", "vango.edge.claiming", "Claiming.by_silence"),
        Code("trap", "Know of the gap and carry on", "vango.edge.recovery", "carry_on"),
        Code("cure", "Is the chain broken?", "vango.core.judge", "broken_link"),
        Code("cure", "Claim by the mark", "vango.core.claims", "stand"),
        Code("cure", "Fail closed, and rebuild", "vango.edge.recovery", "recover"),
    ),
    take_away=(
        "you would know, today, that a consumer of yours has skipped something: name what would show it",
        "each consumer keeps its own position, in the same transaction as what it did",
        "your events carry a number without holes that the database assigned, and name the one before",
        "something other than the broker says how far the truth has come",
        "a consumer that does not know refuses, and somebody notices that it does",
    ),
)

LAB = Lab(
    id="fail_closed",
    slug="fail-closed",
    number=10,
    title="Fail closed",
    question="How would you know, today, that a consumer of yours had skipped something?",
    concept="Fail closed",
    correct_use=(
        "On a gap, refuse. Rebuild from a verified snapshot, prove the chain and the high-water mark, and only then "
        "claim to be current."
    ),
    failure_trap=(
        "Taking “nothing pending” for “nothing missing”: the broker forgets, skips and renumbers without telling "
        "anybody."
    ),
    minutes=12,
    controls=("kill_edges", "start_edges", "kill_edge", "start_edge", "restart_edge", "edge_rules", "burst", "promote",
              "stream_limits", "purge", "delete_message", "recreate_stream", "keep_store", "rollback_store",
              "start_broker", "restart_broker", "take_snapshot", "load_snapshot"),
    locked={
        "edge_rules": "The three edges have their rules: none, half and all of the proof. You choose fra's at the end.",
        "recreate_stream": "This accident belongs to a later step.",
        "rollback_store": "This accident belongs to a later step.",
        "delete_message": "This accident belongs to a later step.",
    },
    setup=SETUP,
    steps=(*missing.STEPS, *numbers.STEPS, *cure.STEPS, QUIZ),
    debrief=DEBRIEF,
)  # fmt: skip
