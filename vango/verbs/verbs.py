"""Every verb, grouped by the place where its button stands. Each names its effect in one line and returns a sentence.

The work is done by the parts; a verb finds the part, says what it wants and reports. `None` as a default means
"leave as it is".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from vango.actors.crash_points import Point, Tempo
from vango.core.rules import (
    AckOrder,
    Answers,
    Begin,
    FollowFrom,
    Foreign,
    OnGap,
    OnNoAnswer,
    Poison,
    StartFrom,
    WriteOrder,
)
from vango.core.telemetry import Shape
from vango.faults import foreign_publishes, total_loss
from vango.verbs.registry import REGISTRY, Between, Name, find, verb

if TYPE_CHECKING:
    from vango.bench.bench import Bench

__all__ = ["REGISTRY", "find"]
"""Whoever asks for verbs asks here: importing this module is what fills the registry."""

MAX_BURST = 10_000
MAX_SEQ = 2**53
MAX_REMEMBERED = 100_000

MAX_STORM = 8
Seed = Annotated[int, Between(0, 9999)]
Count = Annotated[int, Between(1, MAX_BURST)]
Seq = Annotated[int, Between(1, MAX_SEQ)]
Limit = Annotated[int, Between(-1, MAX_SEQ)]
Bytes = Annotated[int, Between(-1, 256 * 1024 * 1024)]
Seconds = Annotated[float, Between(0, 7 * 86_400)]


@verb("truth")
async def promote(bench: Bench, *, route: Name, to: Name, operation: str = "") -> str:
    """Give a route to another allocation: one transaction, one event."""
    return await bench.control.promote(route, to, operation=operation)


@verb("truth")
async def add_route(bench: Bench, *, route: Name, owner: Name) -> str:
    """Create a route with its first owner."""
    return await bench.control.add_route(route, owner)


@verb("truth")
async def add_allocation(bench: Bench, *, allocation: Name) -> str:
    """Create an allocation, pending: not yet allowed to own a route."""
    return await bench.control.add_allocation(allocation)


@verb("truth")
async def allocation_ready(bench: Bench, *, allocation: Name) -> str:
    """Make an allocation ready: from now on it may own routes."""
    return await bench.control.set_allocation(allocation, "ready")


@verb("truth")
async def allocation_drain(bench: Bench, *, allocation: Name) -> str:
    """Drain an allocation: it keeps its routes and may be given no more."""
    return await bench.control.set_allocation(allocation, "draining")


@verb("truth")
async def burst(bench: Bench, *, n: Count = 20) -> str:
    """Commit n changes of owner, one after another, over all routes."""
    return await bench.control.burst(n)


@verb("truth")
async def write_order(bench: Bench, *, order: WriteOrder) -> str:
    """Choose in which order the control plane commits and publishes."""
    return await bench.control.set_write_order(order)


@verb("truth", destructive=True)
async def crash_control(bench: Bench, *, at: Point | None = Point.BETWEEN_COMMIT_AND_PUBLISH) -> str:
    """Arm the control plane to stop dead at a point of its path, once."""
    return bench.control.arm(at)


@verb("truth")
async def disarm_control(bench: Bench) -> str:
    """Take back an armed crash of the control plane."""
    return bench.control.arm(None)


@verb("truth", destructive=True)
async def destroy_database(bench: Bench) -> str:
    """Destroy the database of truth; an empty one takes its place. A copy is kept, to compare with and to put back."""
    return await total_loss.destroy_database(bench)


@verb("truth")
async def rebuild_database(bench: Bench) -> str:
    """Ask the stream to rebuild a destroyed database: write all that the streams hold into an empty one."""
    return await total_loss.rebuild_database(bench)


@verb("truth")
async def restore_database(bench: Bench) -> str:
    """Put the kept copy of a destroyed database back."""
    return await total_loss.restore_database(bench)


@verb("relay", destructive=True)
async def kill_relay(bench: Bench) -> str:
    """Stop the relay dead: memory gone, socket aborted."""
    return await bench.relay.kill()


@verb("relay")
async def start_relay(bench: Bench) -> str:
    """Start the relay: it goes on with the first unpublished row."""
    return await bench.relay.start()


@verb("relay")
async def restart_relay(bench: Bench) -> str:
    """Kill the relay and start it again."""
    await bench.relay.kill()
    return await bench.relay.start()


@verb("relay", destructive=True)
async def crash_relay(bench: Bench, *, at: Point) -> str:
    """Arm the relay to stop dead at a point of its path, once."""
    return bench.relay.arm(at)


@verb("relay")
async def disarm_relay(bench: Bench) -> str:
    """Take back an armed crash of the relay."""
    return bench.relay.arm(None)


@verb("relay")
async def relay_rules(
    bench: Bench,
    *,
    message_ids: bool | None = None,
    expect_predecessor: bool | None = None,
    on_no_answer: OnNoAnswer | None = None,
    ack_timeout_s: Annotated[float, Between(0.1, 60)] | None = None,
) -> str:
    """Change how the relay publishes, and what it does when no PubAck comes."""
    changes = {name: value for name, value in locals().items() if name != "bench"}
    return await bench.rulebook.relay(_given(**changes))


@verb("edge", destructive=True)
async def kill_edge(bench: Bench, *, edge: Name) -> str:
    """Stop an edge dead: memory gone, socket aborted, view as it was committed."""
    return await bench.edge(edge).kill()


@verb("edge")
async def start_edge(bench: Bench, *, edge: Name) -> str:
    """Start an edge from its own view and position."""
    return await bench.edge(edge).start()


@verb("edge")
async def restart_edge(bench: Bench, *, edge: Name) -> str:
    """Kill an edge and start it again."""
    await bench.edge(edge).kill()
    return await bench.edge(edge).start()


@verb("edge", destructive=True)
async def kill_edges(bench: Bench) -> str:
    """Stop every edge dead, one after another: a night in which nobody listens."""
    return " ".join([await edge.kill() for edge in bench.edges.values()])


@verb("edge")
async def start_edges(bench: Bench) -> str:
    """Start every edge from its own view and position."""
    return " ".join([await edge.start() for edge in bench.edges.values()])


@verb("edge", destructive=True)
async def crash_edge(bench: Bench, *, edge: Name, at: Point) -> str:
    """Arm an edge to stop dead at a point of its path, once."""
    return bench.edge(edge).arm(at)


@verb("edge")
async def disarm_edge(bench: Bench, *, edge: Name) -> str:
    """Take back an armed crash of an edge."""
    return bench.edge(edge).arm(None)


@verb("edge")
async def edge_rules(
    bench: Bench,
    *,
    edge: Name,
    durable: bool | None = None,
    ack: AckOrder | None = None,
    deduplicate: bool | None = None,
    check_epochs: bool | None = None,
    prove_continuity: bool | None = None,
    on_gap: OnGap | None = None,
    ask_high_water_mark: bool | None = None,
    freshness_s: Seconds | None = None,
    start_from: StartFrom | None = None,
    verify_checksum: bool | None = None,
    follow_from: FollowFrom | None = None,
    answers: Answers | None = None,
    poison: Poison | None = None,
    subject_filter: str | None = None,
    ack_wait_s: Annotated[float, Between(0.1, 3600)] | None = None,
    max_deliver: Annotated[int, Between(-1, 1000)] | None = None,
    begin: Begin | None = None,
    inactive_threshold_s: Annotated[float, Between(0, 3600)] | None = None,
    foreign: Foreign | None = None,
    remember_ids: Annotated[int, Between(0, MAX_REMEMBERED)] | None = None,
    handling_s: Annotated[float, Between(0, 60)] | None = None,
) -> str:
    """Change how an edge consumes; it is restarted with the new rules."""
    changes = {name: value for name, value in locals().items() if name not in ("bench", "edge")}
    return await bench.rulebook.edge(edge, _given(**changes))


@verb("edge", destructive=True)
async def stumble_edge(bench: Bench, *, edge: Name) -> str:
    """Let an edge fail at the next message that it gets, once: it leaves it unacked and goes on with those behind it."""
    return bench.edge(edge).stumble()


@verb("edge", destructive=True)
async def wipe_view(bench: Bench, *, edge: Name) -> str:
    """Destroy an edge's view and position; it starts again with nothing."""
    return await bench.edge(edge).wipe()


@verb("edge")
async def replay(bench: Bench, *, edge: Name, from_seq: Seq = 1) -> str:
    """Put an edge's consumer back to a stream seq; view and position stay as they are."""
    return await bench.edge(edge).replay(from_seq)


@verb("edge", destructive=True)
async def remove_guest(bench: Bench, *, guest: Name) -> str:
    """Remove an edge that somebody else runs: what runs under this name now is not listened to again."""
    return await bench.guests.remove(guest)


@verb("stream")
async def stream_limits(
    bench: Bench,
    *,
    stream: str = "ROUTES",
    max_msgs: Limit | None = None,
    max_bytes: Bytes | None = None,
    max_age_s: Seconds | None = None,
    duplicate_window_s: Seconds | None = None,
) -> str:
    """Set a stream's limits and its duplicate window. Lowering a limit evicts at once."""
    limits = _given(max_msgs=max_msgs, max_bytes=max_bytes, max_age_s=max_age_s, duplicate_window_s=duplicate_window_s)
    return await bench.rulebook.stream(stream, limits)


@verb("stream")
async def stream_subjects(bench: Bench, *, stream: str = "ROUTES", subjects: str) -> str:
    """Set which subjects a stream stores, separated by spaces. Subjects that overlap with another stream's are refused."""
    return await bench.rulebook.subjects(stream, subjects.replace(",", " ").split())


@verb("stream", destructive=True)
async def purge(
    bench: Bench,
    *,
    stream: str = "ROUTES",
    up_to: Seq | None = None,
    keep: Annotated[int, Between(1, MAX_SEQ)] | None = None,
    subject: str = "",
) -> str:
    """Purge a stream: all of it, up to a stream seq, all but the last few, or one subject."""
    return await bench.faults.purge(stream, up_to=up_to, keep=keep, subject=subject)


@verb("stream", destructive=True)
async def delete_message(bench: Bench, *, stream: str = "ROUTES", seq: Seq) -> str:
    """Delete one message from a stream."""
    return await bench.faults.delete_message(stream, seq)


@verb("stream", destructive=True)
async def recreate_stream(bench: Bench, *, stream: str = "ROUTES") -> str:
    """Delete a stream with its consumers and create it again: numbers start at 1."""
    return await bench.faults.recreate_stream(stream)


@verb("stream", destructive=True)
async def destroy_bus(bench: Bench) -> str:
    """Destroy the bus: every stream, every consumer and the snapshot bucket."""
    return await total_loss.destroy_bus(bench)


@verb("stream")
async def restore_bus(bench: Bench) -> str:
    """Create the streams and the bucket again, empty."""
    return await total_loss.restore_bus(bench)


@verb("stream")
async def republish(bench: Bench, *, sequence: Seq, after_window: bool = False) -> str:
    """Publish an event of the history again under its own id, as a zombie relay or a person would; at once, or as soon as the broker no longer knows the id."""
    return await bench.faults.republish(sequence, after_window=after_window)


@verb("stream", destructive=True)
async def delete_consumer(bench: Bench, *, consumer: Name) -> str:
    """Delete a consumer of ROUTES: its cursor and what it has outstanding go with it."""
    return await bench.faults.delete_consumer(consumer)


@verb("stream")
async def republish_often(
    bench: Bench,
    *,
    sequence: Seq,
    times: Annotated[int, Between(1, 20)] = 8,
    every_s: Annotated[float, Between(0, 2)] = 0.15,
) -> str:
    """Publish an event of the history again and again under its own id, as a relay does that retries too eagerly."""
    return await foreign_publishes.republish_often(bench, sequence, times=times, every_s=every_s)


@verb("stream")
async def republish_altered(bench: Bench, *, sequence: Seq, owner: Name) -> str:
    """Publish another payload under the id of an event of the history: the same notice with another owner in it."""
    return await foreign_publishes.republish_altered(bench, sequence, owner)


@verb("stream", destructive=True)
async def publish_poison(bench: Bench, *, route: Name) -> str:
    """Publish a message on a route's subject that no edge can read."""
    return await foreign_publishes.publish_poison(bench, route)


@verb("stream")
async def telemetry(bench: Bench, *, n: Count = 100, shape: Shape = Shape.AGREED) -> str:
    """Let the hosts send n telemetry samples, of the agreed shape or with a field renamed: no part of truth."""
    return await bench.faults.telemetry(n, shape)


@verb("broker", destructive=True)
async def kill_broker(bench: Bench) -> str:
    """Kill the broker process with SIGKILL; it stays down until it is started."""
    return await bench.faults.broker_kill()


@verb("broker")
async def start_broker(bench: Bench) -> str:
    """Start the broker on its old port and store."""
    return await bench.faults.broker_start()


@verb("broker")
async def restart_broker(bench: Bench) -> str:
    """Kill the broker and start it again."""
    await bench.faults.broker_kill()
    return await bench.faults.broker_start()


@verb("broker", destructive=True)
async def freeze_broker(bench: Bench) -> str:
    """Freeze the broker process with SIGSTOP: connections stay open and nothing answers."""
    return await bench.faults.broker_freeze()


@verb("broker")
async def thaw_broker(bench: Bench) -> str:
    """Let a frozen broker go on with SIGCONT."""
    return await bench.faults.broker_thaw()


@verb("broker")
async def keep_store(bench: Bench) -> str:
    """Copy the broker's store, to be rolled back to."""
    return await bench.faults.store_keep()


@verb("broker", destructive=True)
async def rollback_store(bench: Bench) -> str:
    """Kill the broker, put the kept copy of its store back and start it: what a power cut or a restored backup leaves."""
    return await bench.faults.store_rollback()


@verb("snapshot")
async def take_snapshot(bench: Bench) -> str:
    """Take a snapshot of truth and store it in the bucket."""
    return await bench.faults.snapshot_take()


@verb("snapshot", destructive=True)
async def corrupt_snapshot(bench: Bench) -> str:
    """Flip one bit in the latest stored snapshot, in the name of an owner, and leave its checksum as it was."""
    return await bench.faults.snapshot_corrupt()


@verb("snapshot")
async def load_snapshot(bench: Bench, *, edge: Name) -> str:
    """Let an edge rebuild from the latest snapshot."""
    return await bench.edge(edge).rebuild_when_told()


@verb("bench")
async def pace(bench: Bench, *, tempo: Tempo) -> str:
    """Let the actors run live, slowly, or step by step: in step each waits at every point of its path."""
    return bench.pace.change(tempo)


@verb("bench")
async def go_on(bench: Bench, *, actor: Name) -> str:
    """Let an actor that waits at a point go on to its next."""
    return bench.pace.go_on(actor)


@verb("bench")
async def undo(bench: Bench) -> str:
    """Undo the last verb: a fresh bench on a new server, with everything done again but that. After a reset: what was before."""
    return await bench.history.undo()


@verb("bench", destructive=True)
async def fork(bench: Bench, *, moment: Seq) -> str:
    """Go on from an earlier moment: a fresh bench on a new server, with everything done again up to there."""
    return await bench.history.fork(moment)


@verb("bench")
async def take_away(bench: Bench, *, protection: str) -> str:
    """Take a protection away on all edges at once; the keys are those of docs/matrix.md."""
    return await bench.trials.take_away(protection)


@verb("bench")
async def give_back(bench: Bench, *, protection: str) -> str:
    """Give a protection back on all edges at once."""
    return await bench.trials.give_back(protection)


@verb("bench", destructive=True)
async def storm(bench: Bench, *, seed: Seed, length: Annotated[int, Between(1, MAX_STORM)] = 4) -> str:
    """Play a seeded storm of faults on a fresh bench that has these rules, and let the audit judge what remains."""
    return await bench.trials.storm(seed, length)


@verb("bench", destructive=True)
async def shrink_storm(bench: Bench) -> str:
    """Look for the smallest part of the last storm that fails alike, by playing parts of it afresh."""
    return await bench.trials.shrink()


@verb("bench", destructive=True)
async def try_without(bench: Bench, *, protection: str, fault: str) -> str:
    """Fill one cell of your matrix: a fresh bench without one protection, and one fault, done for real."""
    return await bench.trials.try_without(protection, fault)


@verb("bench", destructive=True)
async def reset(bench: Bench) -> str:
    """Start again: fresh truth, fresh store, fresh views, correct rules."""
    return await bench.reset()


def _given(**arguments: Any) -> dict[str, Any]:
    """Return the arguments that were given: None means “leave as it is”."""
    return {name: value for name, value in arguments.items() if value is not None}
