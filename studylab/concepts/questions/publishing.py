"""Questions about publishing: duplicates, answers that do not come, and events that cannot be taken back."""

from __future__ import annotations

from studylab.concepts.asking import NS, Question, Server, event, until

STORED = ("stream", "seq")
WINDOW_S = 0.2
FROZEN_S = 0.5


async def same_id(server: Server) -> None:
    """The same message id twice, the second time with another payload."""
    await server.stream()
    body, headers = event(1)
    await server.publish("Event e1 is published.", body, headers, decisive=STORED)
    await server.publish(
        "Another event is published under the same id.", {**body, "owner": "alloc-z"}, headers,
        decisive=(*STORED, "duplicate"),
    )  # fmt: skip
    await server.ask("How many messages are stored?", "STREAM.INFO.ROUTES", decisive=("state.messages",))


async def after_the_window(server: Server) -> None:
    """The same id once the window has passed."""
    await server.stream(duplicate_window=int(WINDOW_S * NS))
    body, headers = event(1)
    await server.publish(
        f"Event e1 is published. The duplicate window is {WINDOW_S:g} s.", body, headers, decisive=STORED
    )

    async def subject_count() -> int:
        await server.events(1)
        return int((await server.api("STREAM.INFO.ROUTES"))["state"]["messages"])

    await until(subject_count, lambda stored: stored > 1, "the window to pass")
    server.did("The same event is published again, under the same id, until the window has passed.")
    await server.ask("How many messages are stored?", "STREAM.INFO.ROUTES", decisive=("state.messages",))
    await server.ask("Under which id is the last one?", "STREAM.MSG.GET.ROUTES", {"seq": 2}, decisive=("message.hdrs",))


async def with_expectation(server: Server) -> None:
    """A retry that carries an expectation as well as an id."""
    await server.stream()
    body, headers = event(1)
    headers = {**headers, "Nats-Expected-Last-Sequence": "0"}
    await server.publish(
        "Event e1 is published, to be stored only if the stream is empty.", body, headers, decisive=STORED
    )
    await server.publish(
        "The same publish is sent again, as after a lost PubAck.", body, headers,
        decisive=("error.code", "error.err_code", "error.description"),
    )  # fmt: skip


async def frozen(server: Server) -> None:
    """A publish that gets no answer, and what had become of it."""
    await server.stream()
    await server.broker.freeze()
    server.did("The server is frozen (SIGSTOP).")
    body, headers = event(1)
    await server.publish(
        f"Event e1 is published; the publisher waits for {FROZEN_S:g} s.", body, headers,
        decisive=("no_reply",), timeout_s=FROZEN_S,
    )  # fmt: skip
    await server.broker.thaw()
    server.did("The server goes on (SIGCONT).")
    await server.publish("The publisher tries again under the same id.", body, headers, decisive=(*STORED, "duplicate"))
    await server.publish("And then under a new id.", body, {"Nats-Msg-Id": "e1-again"}, decisive=STORED)
    await server.ask("How many messages are stored?", "STREAM.INFO.ROUTES", decisive=("state.messages",))


async def taken_back(server: Server) -> None:
    """An event that should not have been published is deleted."""
    await server.stream()
    await server.consumer()
    await server.events(1, 2)
    await server.next("A reader receives event 1 and acknowledges it.")
    await server.ask(
        "The event is deleted from the stream.", "STREAM.MSG.DELETE.ROUTES", {"seq": 1}, decisive=("success",)
    )
    await server.ask(
        "What does the stream say now?", "STREAM.INFO.ROUTES",
        decisive=("state.messages", "state.first_seq", "state.last_seq"),
    )  # fmt: skip
    await server.ask(
        "And of the reader?", "CONSUMER.INFO.ROUTES.fra",
        decisive=("delivered.stream_seq", "ack_floor.stream_seq", "num_pending"),
    )  # fmt: skip


QUESTIONS = (
    Question("deduplication", "same-id", "What is a duplicate to the server?", same_id),
    Question("deduplication", "after-the-window", "For how long?", after_the_window),
    Question(
        "deduplication", "with-expectation", "Is a retry with an expectation answered “duplicate”?", with_expectation
    ),
    Question("publish-second", "frozen", "Was it stored, when no answer came?", frozen),
    Question("commit-first", "taken-back", "Can an event be taken back?", taken_back),
)
