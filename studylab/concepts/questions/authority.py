"""Questions about what a stream knows of the truth: an invented event, and a store that was put back."""

from __future__ import annotations

from studylab.concepts.asking import Question, Server

LAST = ("state.messages", "state.last_seq")


async def invented(server: Server) -> None:
    """An event of something that was never decided."""
    await server.stream()
    await server.publish(
        "An event names an owner that no database has ever chosen.",
        {"route": "shop", "owner": "alloc-nobody", "epoch": 99}, {"Nats-Msg-Id": "never-decided"},
        decisive=("stream", "seq"),
    )  # fmt: skip


async def put_back(server: Server) -> None:
    """A store is put back to an earlier copy, and the numbers are given out again."""
    await server.stream()
    await server.events(1, 2)
    await server.broker.keep()
    server.did("Two events are stored, and a copy of the server's files is kept.")
    await server.events(3)
    await server.ask(
        "Then event 3 is stored.", "STREAM.MSG.GET.ROUTES", {"seq": 3}, decisive=("message.seq", "message.hdrs")
    )
    await server.disconnect()
    await server.broker.rollback()
    await server.connect()
    server.did("The server is killed, the copy is put back, and it is started again.")
    await server.ask("What does the stream say?", "STREAM.INFO.ROUTES", decisive=LAST)
    await server.events(4)
    await server.ask(
        "The next event is stored. What is at 3 now?", "STREAM.MSG.GET.ROUTES", {"seq": 3},
        decisive=("message.seq", "message.hdrs"),
    )  # fmt: skip


QUESTIONS = (
    Question("database-authority", "invented", "Does a stream refuse what was never decided?", invented),
    Question("database-authority", "put-back", "Does a stream know that it has forgotten?", put_back),
)
