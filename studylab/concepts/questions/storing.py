"""Questions about what a server stores and for how long: subjects and streams."""

from __future__ import annotations

from studylab.concepts.asking import DURABLE, NS, Question, Server

REFUSAL = ("error.code", "error.err_code", "error.description")
KEPT = ("state.messages", "state.first_seq", "state.last_seq")


async def overlap(server: Server) -> None:
    """A second stream wants subjects that the first already stores."""
    await server.stream()
    server.did("The stream ROUTES stores route.>.")
    body = {"name": "OWNERS", "subjects": ["route.owner.>"], "storage": "file", "num_replicas": 1}
    await server.ask("A second stream asks for route.owner.>.", "STREAM.CREATE.OWNERS", body, decisive=REFUSAL)


async def misspelt(server: Server) -> None:
    """To the server, a filter with a typing error is as valid as any other."""
    await server.stream()
    await server.events(1, 2, 3)
    server.did("The stream ROUTES stores route.> and holds three events on route.owner.updated.shop.")
    for name, subject, what in (
        ("fra", "route.owner.updated.>", "A consumer with the right filter."),
        ("iad", "route.ownr.updated.>", "A consumer whose filter has lost a letter."),
    ):
        body = {"stream_name": "ROUTES", "config": {**DURABLE, "durable_name": name, "filter_subject": subject}}
        await server.ask(
            what, f"CONSUMER.CREATE.ROUTES.{name}.{subject}", body, decisive=("config.filter_subject", "num_pending")
        )


async def no_stream(server: Server) -> None:
    """A publish to a subject that no stream stores."""
    await server.stream()
    server.did("The only stream stores route.>.")
    await server.publish(
        "An event is published one letter beside it.", {"route": "shop"}, {"Nats-Msg-Id": "e1"},
        subject="routes.owner.updated.shop", decisive=("no_reply",),
    )  # fmt: skip


async def evicted(server: Server) -> None:
    """Twelve events into a stream that keeps five."""
    await server.stream(max_msgs=5, discard="old")
    await server.events(*range(1, 13))
    server.did("The stream ROUTES keeps 5 messages. Twelve events were published, and each got its PubAck.")
    await server.ask("What is left?", "STREAM.INFO.ROUTES", decisive=KEPT)


async def lowered(server: Server) -> None:
    """A limit is lowered on a running stream."""
    await server.stream(max_msgs=10)
    await server.events(*range(1, 11))
    server.did("The stream ROUTES keeps 10 messages and holds ten.")
    body = {"name": "ROUTES", "subjects": ["route.>"], "storage": "file", "num_replicas": 1, "max_msgs": 3}
    await server.ask("Its limit is set to 3.", "STREAM.UPDATE.ROUTES", body, decisive=("config.max_msgs",))
    await server.ask("What is left, a moment later?", "STREAM.INFO.ROUTES", decisive=KEPT)


async def told(server: Server) -> None:
    """Which advisory comes first: of messages evicted by a limit, or of the limit changed afterwards?"""
    heard = await server.listen("$JS.EVENT.ADVISORY.STREAM.>")
    await server.stream(max_msgs=5)
    await heard.get()
    await server.events(*range(1, 13))
    server.did(
        "Somebody listens to $JS.EVENT.ADVISORY.STREAM.>, has heard that a stream was created, "
        "and twelve events go into it. It keeps 5."
    )
    body = {"name": "ROUTES", "subjects": ["route.>"], "storage": "file", "num_replicas": 1, "max_msgs": 3}
    await server.api("STREAM.UPDATE.ROUTES", body)
    server.did("Then its limit is set to 3.")
    await server.hear("What is heard next?", heard, decisive=("type", "stream", "action"))


async def window_too_long(server: Server) -> None:
    """A duplicate window that outlives the messages."""
    body = {
        "name": "ROUTES", "subjects": ["route.>"], "storage": "file", "num_replicas": 1,
        "max_age": 30 * NS, "duplicate_window": 60 * NS,
    }  # fmt: skip
    what = "A stream that keeps messages for 30 s and message ids for 60 s (both in nanoseconds)."
    await server.ask(what, "STREAM.CREATE.ROUTES", body, decisive=REFUSAL)


QUESTIONS = (
    Question("subject", "misspelt", "What does the server say to a filter with a typing error?", misspelt),
    Question("subject", "overlap", "May two streams store the same subject?", overlap),
    Question("subject", "no-stream", "What happens to an event that no stream listens to?", no_stream),
    Question("stream", "evicted", "What does a stream say of messages that its limits took?", evicted),
    Question("stream", "lowered", "When does a lower limit take effect?", lowered),
    Question("stream", "told", "Does the server tell that it evicts?", told),
    Question("stream", "window-too-long", "May the duplicate window be longer than the age limit?", window_too_long),
)
