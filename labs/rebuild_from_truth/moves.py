"""The moves of lab 11 where there are several ways, and the learner chooses."""

from __future__ import annotations

from studylab.lab import Evidence, Move, choose, does
from studylab.lab.scripts import call, promote

OP = "op-blue"

MEND: tuple[Move, ...] = (
    does(call("take_snapshot")),
    choose(
        "Give iad the database’s rows again",
        call("restart_edge", edge="iad"),
        call("replay", edge="iad", from_seq=1),
        call("load_snapshot", edge="iad"),
    ),
)


def put_back(evidence: Evidence) -> tuple[Move, ...]:
    """Bring the rows back in either way, let the relay publish if it is down, and ask once more."""
    return (
        choose("Make every row what it was", call("rebuild_database"), call("restore_database")),
        *((does(call("start_relay")),) if evidence.now.relay.state == "down" else ()),
        does(promote("shop", "alloc-b", operation=OP)),
    )
