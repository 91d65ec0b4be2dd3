"""Questions about consumers: what a durable remembers, what an ack says, what is delivered again."""

from __future__ import annotations

from studylab.concepts.asking import DURABLE, NS, Question, Server

CURSOR = ("delivered.stream_seq", "ack_floor.stream_seq", "num_ack_pending", "num_pending")
WHO = ("body.owner", "body.epoch", "stream_seq", "deliveries")
WAIT_S = 1.0


async def remembered(server: Server) -> None:
    """A durable and an ephemeral consumer after an absence of three events."""
    await server.stream()
    await server.events(1, 2, 3)
    await server.consumer()
    await server.take(3)
    server.did("The durable fra has read and acknowledged three events.")
    await server.events(4, 5, 6)
    server.did("Nobody reads while three more events are published.")
    await server.ask("What waits for fra?", "CONSUMER.INFO.ROUTES.fra", decisive=CURSOR)
    body = {"stream_name": "ROUTES", "config": {
        "name": "iad-2", "ack_policy": "explicit", "deliver_policy": "new", "filter_subject": "route.>",
        "inactive_threshold": 5 * NS,
    }}  # fmt: skip
    await server.ask(
        "A reader without a durable comes back: an ephemeral consumer is made, “from new”. What waits for it?",
        "CONSUMER.CREATE.ROUTES.iad-2.route.>", body, decisive=("num_pending", "delivered.stream_seq"),
    )  # fmt: skip


async def recreated(server: Server) -> None:
    """A durable is deleted and created again under its name."""
    await server.stream()
    await server.events(1, 2, 3, 4, 5, 6)
    await server.consumer()
    await server.take(3)
    await server.ask("The durable fra has read three events of six.", "CONSUMER.INFO.ROUTES.fra", decisive=CURSOR)
    await server.ask("It is deleted.", "CONSUMER.DELETE.ROUTES.fra", decisive=("success",))
    config = {**DURABLE, "durable_name": "fra", "deliver_policy": "new"}
    await server.ask(
        "It is created again under the same name, with the start that its program asks for today.",
        "CONSUMER.CREATE.ROUTES.fra.route.>", {"stream_name": "ROUTES", "config": config},
        decisive=("name", *CURSOR),
    )  # fmt: skip


async def inactive(server: Server) -> None:
    """A durable with an inactive threshold, left alone."""
    await server.stream()
    heard = await server.listen("$JS.EVENT.ADVISORY.CONSUMER.DELETED.ROUTES.fra")
    await server.consumer(inactive_threshold=NS // 2)
    server.did("A durable fra was created with an inactive threshold of half a second. Nobody reads.")
    await server.hear("What is sent to subscribers?", heard, decisive=("type", "consumer", "action"))
    await server.ask(
        "And what does a request show?",
        "CONSUMER.INFO.ROUTES.fra",
        decisive=("error.code", "error.err_code", "error.description"),
    )


async def acked_unapplied(server: Server) -> None:
    """What the server knows of a message that was acknowledged and never applied."""
    await server.stream()
    await server.events(1, 2, 3)
    await server.consumer()
    await server.take(1)
    await server.next(
        "Event 2 is received and acknowledged at once. Suppose that its reader dies here and has not applied it."
    )
    await server.take(1)
    server.did("Event 3 is received and acknowledged.")
    await server.ask("What does the server know of the loss?", "CONSUMER.INFO.ROUTES.fra", decisive=CURSOR)


async def redelivered(server: Server) -> None:
    """A message that was not acknowledged comes again, and comes late."""
    await server.stream()
    await server.events(1, 2)
    await server.consumer(ack_wait=int(WAIT_S * NS))
    what = f"Event 1 is received and not acknowledged; ack_wait is {WAIT_S:g} s."
    await server.next(what, ack=False, decisive=WHO)
    await server.next("Event 2 is received and acknowledged.", decisive=WHO)
    await server.next("What is delivered next?", decisive=WHO)


async def given_up(server: Server) -> None:
    """A message that nobody acknowledges, with a limit on deliveries."""
    await server.stream()
    await server.events(1, 2)
    await server.consumer(ack_wait=int(WAIT_S * NS), max_deliver=2)
    heard = await server.listen("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.ROUTES.fra")
    await server.pull()
    await server.take(1)
    await server.pull()
    await server.wait_for_more()
    server.did("With max_deliver 2, event 1 was delivered twice and never acknowledged; event 2 was.")
    await server.hear("What is sent to subscribers?", heard, decisive=("type", "consumer", "stream_seq", "deliveries"))
    await server.ask("And what does a request show?", "CONSUMER.INFO.ROUTES.fra", decisive=CURSOR)


async def terminated(server: Server) -> None:
    """A consumer refuses a message for good, with a reason."""
    await server.stream()
    await server.events(1)
    await server.consumer()
    heard = await server.listen("$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.ROUTES.fra")
    message = await server.pull()
    await server.wire.request(message.reply, b"+TERM owner is missing")
    server.did("Event 1 is received and answered with +TERM owner is missing.")
    await server.hear(
        "What is sent to subscribers?", heard, decisive=("type", "consumer", "stream_seq", "deliveries", "reason")
    )


QUESTIONS = (
    Question("durable-consumer", "remembered", "What waits for a reader that was away?", remembered),
    Question("durable-consumer", "recreated", "Does the name remember anything?", recreated),
    Question("durable-consumer", "inactive", "Can a durable vanish on its own?", inactive),
    Question("ack", "acked-unapplied", "Can the server show an ack that came too early?", acked_unapplied),
    Question("ack", "given-up", "What happens to a message that is never acknowledged?", given_up),
    Question("ack", "terminated", "Who hears of a message that was refused for good?", terminated),
    Question("replay-carefully", "redelivered", "Is what comes later always newer?", redelivered),
)
