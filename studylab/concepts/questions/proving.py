"""Questions about catching up: where a replay begins, what it skips, and what the server says of it."""

from __future__ import annotations

from typing import Any

from studylab.concepts.asking import DURABLE, Question, Server

CURSOR = ("delivered.stream_seq", "ack_floor.stream_seq", "num_ack_pending", "num_pending")
NEW = ("config.opt_start_seq", "num_pending")


async def _from(server: Server, what: str, name: str, seq: int) -> None:
    config: dict[str, Any] = {
        **DURABLE, "durable_name": name, "deliver_policy": "by_start_sequence", "opt_start_seq": seq,
    }  # fmt: skip
    body = {"stream_name": "ROUTES", "config": config}
    await server.ask(what, f"CONSUMER.CREATE.ROUTES.{name}.route.>", body, decisive=NEW)


async def too_early(server: Server) -> None:
    """A replay is asked for from a number that the stream no longer has."""
    await server.stream(max_msgs=5)
    await server.events(*range(1, 13))
    server.did("The stream holds the stream seqs 8 to 12; 1 to 7 were evicted.")
    await _from(server, "A replay is asked for from 4, as by an edge whose snapshot stands for 3.", "fra", 4)
    await server.next("What comes first?")


async def too_late(server: Server) -> None:
    """A replay is asked for from a number that the stream has not reached."""
    await server.stream()
    await server.events(1, 2, 3)
    server.did("The stream holds the stream seqs 1 to 3.")
    await _from(server, "A replay is asked for from 100, as by an edge that remembers an earlier stream.", "fra", 100)
    await server.events(4, 5)
    server.did("Two more events are published.")
    await server.ask("What waits for it?", "CONSUMER.INFO.ROUTES.fra", decisive=CURSOR)


async def anchored(server: Server) -> None:
    """Which event is at the stream seq that a snapshot stands for?"""
    await server.stream(max_msgs=5)
    await server.events(*range(1, 7))
    server.did("The stream holds the stream seqs 2 to 6. A snapshot stands for stream seq 4, event e4.")
    await server.ask(
        "Which event is at 4?", "STREAM.MSG.GET.ROUTES", {"seq": 4}, decisive=("message.seq", "message.hdrs")
    )
    await server.events(7, 8, 9, 10)
    server.did("Four more events are published, and the limit of 5 takes as many.")
    await server.ask(
        "And now?", "STREAM.MSG.GET.ROUTES", {"seq": 4}, decisive=("error.code", "error.err_code", "error.description")
    )


async def fell_behind(server: Server) -> None:
    """A durable that stayed away longer than the stream kept its messages."""
    await server.stream(max_msgs=5)
    await server.consumer()
    await server.events(1, 2, 3)
    await server.take(3)
    server.did("The stream keeps 5 messages. The durable fra has read and acknowledged 1 to 3.")
    await server.events(*range(4, 13))
    server.did("Nobody reads while nine events are published; 1 to 7 are evicted.")
    await server.ask("What waits for fra?", "CONSUMER.INFO.ROUTES.fra", decisive=CURSOR)
    await server.next("What comes first?", decisive=("stream_seq", "consumer_seq", "deliveries", "headers"))
    await server.ask("And after it has acknowledged that?", "CONSUMER.INFO.ROUTES.fra", decisive=CURSOR)


async def followed(server: Server) -> None:
    """Following from the stream seq after the snapshot's."""
    await server.stream()
    await server.events(1, 2, 3, 4, 5, 6)
    server.did("The stream holds the stream seqs 1 to 6. A snapshot stands for stream seq 4, event e4.")
    await _from(server, "A replay is asked for from 5, as by an edge that has loaded it.", "fra", 5)
    await server.next("What comes first?", decisive=("headers", "stream_seq", "pending"))


async def purged(server: Server) -> None:
    """A purge while one durable is away and another has read everything."""
    await server.stream()
    await server.consumer("fra")
    await server.consumer("iad")
    await server.events(1, 2, 3, 4, 5)
    await server.take(5, "fra")
    await server.take(2, "iad")
    server.did("Of five events, fra has read and acknowledged all, iad the first two.")
    await server.ask("What does the server say of iad?", "CONSUMER.INFO.ROUTES.iad", decisive=CURSOR)
    await server.ask("The stream is purged.", "STREAM.PURGE.ROUTES", decisive=("success", "purged"))
    await server.ask_until(
        "What does it say of iad now?", "CONSUMER.INFO.ROUTES.iad",
        decisive=CURSOR, so=lambda reply: reply["ack_floor"]["stream_seq"] == 5,
    )  # fmt: skip
    await server.ask("And of fra, which has read everything?", "CONSUMER.INFO.ROUTES.fra", decisive=CURSOR)


QUESTIONS = (
    Question("replay", "too-early", "Where does a replay begin when its start is gone?", too_early),
    Question("replay", "too-late", "And when its start is not there yet?", too_late),
    Question("snapshot", "anchored", "Does the stream still hold what the snapshot stands for?", anchored),
    Question("snapshot", "followed", "Where does a reader go on from a snapshot?", followed),
    Question("replay-carefully", "fell-behind", "Who tells a reader that it was away too long?", fell_behind),
    Question("fail-closed", "purged", "Is the ack floor a proof of what was applied?", purged),
)
