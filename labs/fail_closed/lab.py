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
            Option("applied", "That everything up to it was applied.", "fra was down. Nothing had been applied."),
            Option("nothing", "That the broker expects no more acks up to it.",
                   "And it may stop expecting them for other reasons."),
            Option("delivered", "That everything up to it was delivered.",
                   "Purged messages are never delivered, and it moved past them."),
        ),
        right="nothing",
    ),
    question(
        "mark",
        lambda memory: (
            f"iad noticed the missing event in the middle ({_first(memory, 'chain_reasons')}) but not the missing "
            "end. What did syd have in addition?"
        ),
        (
            Option("chain", "A stricter chain.",
                   "Both demanded the same chain. At a missing end no event follows that could break it."),
            Option("mark", "The high-water mark: the control plane's word for the latest sequence.",
                   "If the mark says 12, a view at 9 cannot be current."),
            Option("pending", "The number of pending messages.", "It was 0 at both. iad took that as proof."),
        ),
        right="mark",
    ),
    question(
        "asked",
        lambda memory: (
            f"Up to the rollback fra misrouted {_wrong_of(memory, 'fra')} requests and syd "
            f"{_wrong_of(memory, 'syd')}. What was the price for syd?"
        ),
        lambda memory: (
            Option("refused", f"It refused {memory.get('asked', {}).get('syd', {}).get('refused', 0)} requests.",
                   "For a while it gave no answer instead of a wrong one."),
            Option("none", "Nothing: it was current all the time.",
                   "After each gap it was closed until it had loaded a verified snapshot."),
            Option("slow", "It answered more slowly.", "An answer comes from the view at once, or not at all."),
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
        Six accidents, and the broker reported none: by its records every consumer was up to date. Three things
        revealed them. The events carry a sequence and a predecessor, assigned in the commit. The edge keeps its own
        position. The control plane gives the high-water mark. With all three, an edge can say *I do not know*. It
        then loads a verified snapshot before it claims anything else.
    """,
    happened=happened,
    code=(
        Code("trap", "Claim without proof: nothing is pending", "vango.edge.claiming", "Claiming.by_silence"),
        Code("trap", "Notice the gap and carry on", "vango.edge.recovery", "carry_on"),
        Code("cure", "Is the chain broken?", "vango.core.judge", "broken_link"),
        Code("cure", "Claim by the mark", "vango.core.claims", "stand"),
        Code("cure", "Fail closed, and rebuild", "vango.edge.recovery", "recover"),
    ),
    take_away=(
        "you would know, today, that one of your consumers has skipped something: name what would show it",
        "each consumer keeps its own position, in the same transaction as its effects",
        "your events carry a gapless number that the database assigned, and name their predecessor",
        "something other than the broker says what the latest sequence is",
        "a consumer that does not know refuses, and someone notices",
    ),
)

LAB = Lab(
    id="fail_closed",
    slug="fail-closed",
    number=10,
    title="Fail closed",
    question="How would you know, today, that one of your consumers has skipped something?",
    concept="Fail closed",
    correct_use=(
        "On a gap, refuse. Rebuild from a verified snapshot, prove the chain and the high-water mark, and only then "
        "claim to be current."
    ),
    failure_trap=(
        "Taking “nothing pending” for “nothing missing”: the broker evicts, skips and renumbers without telling anyone."
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
    story="03:45. Nothing is pending, every light is green, and one answer is wrong.",
    debrief=DEBRIEF,
    in_real_time=True,
)  # fmt: skip
