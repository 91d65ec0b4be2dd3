"""What the scripts of lab 9 share: a broker that falls silent, and its return."""

from __future__ import annotations

from studylab.lab import Evidence, reading
from studylab.lab.observed import Observation
from studylab.lab.scripts import Script, Wait, call, promote, rebuild_edges

WAIT_S = 0.5
BROKER = ("freeze_broker", "thaw_broker", "kill_broker", "start_broker")
REPAIR = ("take_snapshot", "load_snapshot")


def silence(seen: Observation, route: str) -> Script:
    """Freeze the broker, promote, and wait until the relay's wait has run out."""
    before = seen.relay.unanswered
    return (
        call("freeze_broker"),
        promote(route, reading.other_owner(seen, route)),
        Wait("the relay's wait to run out", lambda now: now.relay.unanswered > before),
    )


def silence_again(seen: Observation, route: str) -> Script:
    """The same once more: what was unanswered before is told from what comes now by the event that is at stake."""
    latest = seen.truth.sequence + 2

    def unanswered(now: Observation) -> bool:
        return now.truth.sequence == latest and is_unanswered(now)

    return (
        call("freeze_broker"),
        promote(route, reading.other_owner(seen, route)),
        Wait("the relay's wait to run out", unanswered),
    )


def is_unanswered(seen: Observation) -> bool:
    """Return whether the relay has waited without an answer about the latest event."""
    return seen.relay.last_unanswered == seen.truth.event_id


def is_given_up(seen: Observation) -> bool:
    """Return whether the relay has given up the latest event."""
    return is_unanswered(seen) and seen.relay.gave_up


def is_back(seen: Observation) -> bool:
    """Return whether stream and relay are back and everything is published."""
    return seen.stream("ROUTES").available and seen.relay.state == "up" and not seen.outbox.waiting


def _all_read(seen: Observation) -> bool:
    """Return whether the server holds a pull request of every edge, so that each is connected again."""
    consumers = [seen.consumer(edge.name) for edge in seen.edges]
    return all(consumer is not None and consumer.num_waiting for consumer in consumers)


THAW: Script = (call("thaw_broker"), Wait("what was frozen to be stored", is_back))

KILL: Script = (call("kill_broker"), call("start_broker"), Wait("the relay to be back", is_back))

HEAL: Script = (
    Wait("the relay to be back", is_back),
    Wait("every edge to read again", _all_read),
    *rebuild_edges(),
)


def up(evidence: Evidence) -> Script:
    """Bring a broker back that the learner has left frozen or down."""
    state = evidence.now.broker.state
    return () if state == "up" else (call("thaw_broker") if state == "frozen" else call("start_broker"),)
