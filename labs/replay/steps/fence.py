"""The epoch stops both; the broker's late ack stops nothing."""

from __future__ import annotations

from labs.replay import moves
from labs.replay.checks import common
from labs.replay.checks import fence as saw
from studylab.lab import Check, Do, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, Wait, call, claims, load_fresh_snapshot, promote, settled

BOTH: Script = (
    call("replay", edge="iad", from_seq=1),
    Wait("iad to read everything again", common.is_read_through),
    call("republish", sequence=4),
    Wait("iad to read that too", common.is_read_through),
)

CURE = Do(
    id="cure",
    title="The same accidents, and nothing happens",
    prose="""
        Make *iad* right again. Then find the rule under which both accidents are harmless, and prove it with both.
        Watch its counter of *stale* events.
    """,
    checks=(
        Check("A replay from the past changed nothing, because of epochs", saw.replay_was_harmless),
        Check("The same old event, stored once more, was counted as stale", saw.zombie_was_harmless),
        Check("No request is answered wrongly any more", saw.all_right_again),
    ),
    solution=(
        *load_fresh_snapshot("iad"),
        call("edge_rules", edge="iad", check_epochs=True),
        settled("iad to be current"),
        *BOTH,
    ),
    moves=moves.CURE,
    hints=Hints(
        nudge="Which number in the event only grows, and what makes it grow?",
        panel="panel-edge-iad",
        look="*iad*’s **Rules…**; then **Replay…** there and **Republish…** in the stream inspector.",
        principle=(
            "Compare the epoch of the event with the epoch of the row. Less means stale, no matter what brought it."
        ),
        verb=(
            "**take** a snapshot, **Load snapshot** on *iad*, **Rules…** *check epochs* on, **Replay…** from 1, "
            "**Republish…** 4."
        ),
    ),
    wrong=(
        Wrong(
            "replaying faster",
            (
                call("edge_rules", edge="iad", handling_s=0),
                claims("iad", "iad to be there"),
                call("replay", edge="iad", from_seq=1),
                Wait("iad to read everything again", common.is_read_through),
            ),
            "At any speed",
        ),
        Wrong(
            "remembering a thousand ids",
            (
                call("edge_rules", edge="iad", remember_ids=1000, handling_s=0),
                claims("iad", "iad to be there"),
                call("replay", edge="iad", from_seq=1),
                Wait("iad to read everything again", common.is_read_through),
                call("replay", edge="iad", from_seq=1),
                Wait("iad to recognise it all", lambda seen: seen.edge("iad").counters["duplicates"] >= 8),
                Wait("iad to have acked it all", common.is_read_through),
            ),
            "after a longer past or a restart",
        ),
        Wrong(
            "the continuity proof alone",
            (
                call("edge_rules", edge="iad", prove_continuity=True, handling_s=0),
                claims("iad", "iad to be there"),
                call("replay", edge="iad", from_seq=1),
                Wait("iad to read everything again", common.is_read_through),
            ),
            "went back in time again",
        ),
    ),
    keep=saw.keep_cure,
    controls=("edge_rules", "replay", "republish", "take_snapshot", "load_snapshot", "promote"),
)

PREDICT_LATE = Predict(
    id="predict-late",
    title="Is the broker a fence?",
    prose="""
        A slow worker is the oldest kind of zombie. *iad* will take 1 s over an event while ack_wait is 0.5 s. So
        the broker delivers the message again before *iad* has acked the first delivery. Then that first ack arrives,
        late. What does the broker do?
    """,
    options=(
        Option("refused", "It refuses it: that delivery has expired.",
               "The server has no such fence. An ack names a message, and the ack of any delivery counts."),
        Option("taken", "It takes it; the message counts as done.",
               "But the second delivery is already on its way, and iad works on both.", happens=True),
        Option("newest", "It waits for the ack of the latest delivery.",
               "It does not distinguish the ack of one delivery from another’s."),
    ),
    measure=saw.what_late_did,
)  # fmt: skip

LATE = Do(
    id="late",
    title="Ack too late",
    prose="""
        *iad* now takes longer over an event than ack_wait allows. Watch its Ack Floor and Outstanding Acks, and its
        lane in the journal.
    """,
    checks=(
        Check(
            "The ack of the first delivery came after ack_wait, and the broker took it",
            saw.accepted_late,
            "when the ack came, and what the broker did",
        ),
        Check(
            "The message came again all the same, and changed nothing",
            saw.delivered_again,
            "what happens to the message",
        ),
    ),
    solution=(
        call("edge_rules", edge="iad", handling_s=1, ack_wait_s=0.5),
        settled("iad to be current"),
        promote("api", "alloc-c"),
    ),
    hints=Hints(
        nudge="The work must take longer than the broker waits.",
        panel="panel-edge-iad",
        look="Both times are in *iad*’s **Rules…**.",
        principle=(
            "A time-out says that a worker is slow, not that it has stopped. Only a number in the event can fence."
        ),
        verb="*iad*: **Rules…**, 1 s over each event, ack_wait 0.5 s. Promote *api* to *alloc-c*.",
    ),
    wrong=(
        Wrong(
            "an edge that is quick enough",
            (promote("api", "alloc-c"), settled("every edge to serve it")),
            "acked nothing later than ack_wait",
        ),
    ),
    keep=saw.keep_late,
    controls=("edge_rules", "promote"),
)

STEPS = (CURE, PREDICT_LATE, LATE)
