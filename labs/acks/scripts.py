"""What the scripts of lab 5 share: iad crashes at a message and is started again."""

from __future__ import annotations

from labs.acks.checks import common
from studylab.lab.scripts import Call, Script, Wait, call

DOWN = Wait("iad to crash", common.is_down)
DOWN_OWING = Wait("iad to crash and the broker to wait for its ack", common.is_down_owing)


def crash(point: str, change: Call, down: Wait = DOWN) -> Script:
    """Let iad crash at the message of a change, wait until it is down, and start it."""
    return (call("crash_edge", edge="iad", at=point), change, down, call("start_edge", edge="iad"))
