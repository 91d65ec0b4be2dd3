"""A walk over the subjects of the room's broker: a host has its own reports and what the desk tells, and no more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client

from studylab.room.permissions import rights
from studylab.room.protocol import DESK, claim_of, hello, reports
from tests.conftest import Run
from tests.room.conftest import Room, a_room, until
from vango import kit
from vango.broker.streams import stream_of

OWN, OTHER = reports("h1").domain, reports("h2").domain
STREAMS = (
    "ROOM",
    OTHER.stream,
    OWN.stream,
    stream_of(DESK.domain.bucket),
    stream_of(OTHER.bucket),
    stream_of(OWN.bucket),
)
API = ("STREAM.CREATE.{0}", "STREAM.UPDATE.{0}", "STREAM.DELETE.{0}", "STREAM.PURGE.{0}", "STREAM.INFO.{0}",
       "STREAM.MSG.GET.{0}", "STREAM.MSG.DELETE.{0}", "STREAM.SNAPSHOT.{0}", "STREAM.RESTORE.{0}", "DIRECT.GET.{0}",
       "DIRECT.GET.{0}.room.changed.room", "CONSUMER.CREATE.{0}", "CONSUMER.CREATE.{0}.h1", "CONSUMER.CREATE.{0}.h2",
       "CONSUMER.CREATE.{0}.h1.room.>", "CONSUMER.CREATE.{0}.h2.room.>", "CONSUMER.DURABLE.CREATE.{0}.h1",
       "CONSUMER.DURABLE.CREATE.{0}.h2", "CONSUMER.INFO.{0}.h1", "CONSUMER.INFO.{0}.h2", "CONSUMER.DELETE.{0}.h1",
       "CONSUMER.DELETE.{0}.h2", "CONSUMER.MSG.NEXT.{0}.h1", "CONSUMER.MSG.NEXT.{0}.h2", "CONSUMER.LIST.{0}",
       "CONSUMER.NAMES.{0}", "STREAM.LEADER.STEPDOWN.{0}", "CONSUMER.PAUSE.{0}.h2")  # fmt: skip
SENT = (
    "room.changed.room", "room.changed.seat%2Fx", f"{OTHER.prefix}changed.x", f"{OWN.prefix}changed.x",
    f"$O.{DESK.domain.bucket}.M.x", f"$O.{OTHER.bucket}.M.x", f"$O.{OWN.bucket}.M.x", f"$O.{OWN.bucket}.C.x",
    hello("h1"), hello("h2"), DESK.domain.control.mark, DESK.domain.control.snapshot, DESK.domain.control.heartbeat,
    OWN.control.heartbeat, OTHER.control.heartbeat, OTHER.control.mark, OTHER.control.snapshot, claim_of("h2", "desk"),
    "$JS.ACK.ROOM.h1.1.1.1.1.1", "$JS.ACK.ROOM.h2.1.1.1.1.1", f"$JS.ACK.{OTHER.stream}.h2.1.1.1.1.1", "$SYS.REQ.SERVER.PING",
    "$JS.API.INFO", "$JS.API.STREAM.LIST", "$JS.API.STREAM.NAMES", "$JS.API.ACCOUNT.PURGE.ROOM", "$JS.API.SERVER.REMOVE",
    *(f"$JS.API.{words.format(stream)}" for stream in STREAMS for words in API),
)  # fmt: skip
HEARD = (">", "room.>", "_INBOX.>", f"{OTHER.prefix}>", f"{OWN.prefix}>", "control.>", hello("*"), hello("h2"), "$JS.>",
         DESK.domain.control.heartbeat, OWN.control.mark, OTHER.control.mark, claim_of("h1", "desk"), "$O.>",
         OTHER.control.heartbeat, "$SYS.>", "$JS.EVENT.>", "_R_.>", claim_of("h2", "desk"), "_INBOX.*.*")  # fmt: skip
MAY_SEND = {
    f"{OWN.prefix}changed.x", f"$O.{OWN.bucket}.M.x", f"$O.{OWN.bucket}.C.x", hello("h1"), DESK.domain.control.mark,
    DESK.domain.control.snapshot, OWN.control.heartbeat, "$JS.ACK.ROOM.h1.1.1.1.1.1", "$JS.API.INFO", "$JS.API.STREAM.LIST",
    "$JS.API.STREAM.INFO.ROOM", f"$JS.API.STREAM.INFO.{OWN.stream}", f"$JS.API.STREAM.INFO.{stream_of(OWN.bucket)}",
    f"$JS.API.STREAM.INFO.{stream_of(DESK.domain.bucket)}", f"$JS.API.STREAM.PURGE.{stream_of(OWN.bucket)}",
    f"$JS.API.STREAM.MSG.GET.{stream_of(OWN.bucket)}",
    *(f"$JS.API.DIRECT.GET.{stream_of(bucket)}{end}" for bucket in (OWN.bucket, DESK.domain.bucket)
      for end in ("", ".room.changed.room")),
    "$JS.API.CONSUMER.CREATE.ROOM.h1.room.>", "$JS.API.CONSUMER.INFO.ROOM.h1", "$JS.API.CONSUMER.DELETE.ROOM.h1",
    "$JS.API.CONSUMER.MSG.NEXT.ROOM.h1",
}  # fmt: skip
MAY_HEAR = {"_INBOX.>", DESK.domain.control.heartbeat, OWN.control.mark, claim_of("h1", "desk"), "_INBOX.*.*"}


LAST = "nobody.may.send.this"


class Guest:
    """A client with a host's credentials that sends what it likes."""

    def __init__(self, client: Client, told: list[str]) -> None:
        self.client, self.told = client, told

    async def refused(self, *what: Coroutine[Any, Any, Any]) -> set[str]:
        """Do things, and return the subjects that the server refused, in small letters."""
        for one in what:
            await one
        await self.client.publish(LAST, b"")
        # It refuses in the order in which it was asked.
        await until(lambda: any(LAST in words for words in self.told))
        return {words.split('"')[1] for words in self.told if "permissions violation" in words}


@asynccontextmanager
async def guest(room: Room, user: str = "h1") -> AsyncIterator[Guest]:
    told: list[str] = []

    async def hear(error: Exception) -> None:
        told.append(str(error).lower())

    url = f"nats://{room.server.address}"
    client = await nats.connect(url, user=user, password=f"{user}-password", error_cb=hear, allow_reconnect=False)
    try:
        yield Guest(client, told)
    finally:
        await client.close()


def test_a_host_may_send_its_own_reports_and_ask_the_desk_and_no_more(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path, "h2") as room, guest(room) as host:
            refused = await host.refused(*(host.client.publish(subject, b"{}") for subject in SENT))
            assert {subject for subject in SENT if subject.lower() not in refused} == MAY_SEND

    run(story())


def test_a_host_may_hear_what_the_desk_tells_it_and_no_more(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path, "h2") as room, guest(room) as host:
            refused = await host.refused(*(host.client.subscribe(subject) for subject in HEARD))
            assert {subject for subject in HEARD if subject.lower() not in refused} == MAY_HEAR

    run(story())


def test_nobody_comes_in_without_the_right_password(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path, "h2") as room:
            for user, password in (("", ""), ("h1", "h2-password"), ("desk", "h1-password")):
                with pytest.raises(kit.Unavailable):
                    await kit.connecting(f"nats://{room.server.address}", user=user, password=password)("stranger")

    run(story())


async def stored(room: Room) -> dict[str, int]:
    """How many messages each stream has ever stored, in the server's words."""
    wire = await room.connect("desk")("look")
    told = await wire.api("STREAM.LIST")
    await wire.close()
    return {info["config"]["name"]: info["state"]["last_seq"] for info in told["streams"]}


def test_no_answer_to_a_host_is_stored_whatever_its_reply_subject(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path, "h2") as room, guest(room) as host:
            before = await stored(room)
            asked = [subject.replace(">", "x") for subject in rights("h1").asks if not subject.startswith(OWN.prefix)]
            for reply in ("room.changed.room", f"{OTHER.prefix}changed.x", f"$O.{DESK.domain.bucket}.M.x"):
                for subject in asked:
                    await host.client.publish(subject, b"{}", reply=reply)
                    await host.client.publish(subject, b"{}", reply=reply, headers={"Nats-Trace-Dest": reply})
            await host.client.request("$JS.API.INFO", timeout=5)
            changed = {name for name, seq in (await stored(room)).items() if before.get(name) != seq}
            assert changed <= {OWN.stream, stream_of(OWN.bucket), stream_of(DESK.domain.bucket)}

    run(story())


def test_no_consumer_of_a_host_delivers_into_a_stream(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path, "h2") as room, guest(room) as host:
            before = (await stored(room))[OTHER.stream]
            config = {"name": "h1", "deliver_subject": f"{OTHER.prefix}changed.x", "filter_subject": "room.>"}
            body = json.dumps({"stream_name": "ROOM", "config": config}).encode()
            await host.client.request("$JS.API.CONSUMER.CREATE.ROOM.h1.room.>", body, timeout=5)
            await asyncio.to_thread(room.desk.change_room, name="another")
            await room.settled()
            assert (await stored(room))[OTHER.stream] == before

    run(story())
