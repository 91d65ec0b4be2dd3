"""What the processes of a room are told when they start, as one JSON line on standard input.

It holds the secrets, so it is on no command line and in no environment. `repr` shows none of them.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from vango import kit
from vango.broker.connection import Address, Connection


@dataclass(frozen=True, slots=True)
class Bus:
    """The room's broker, and who a process is there. An empty `user` connects without credentials.

    Of several servers, those of one cluster, the first that answers is taken.
    """

    servers: tuple[str, ...]
    user: str = ""
    password: str = field(default="", repr=False)

    async def connect(self, name: str) -> Connection:
        """Open a connection to the room's broker: a `kit.Connect`. Raises `Unavailable`."""
        for server in self.servers[:-1]:
            with suppress(kit.Unavailable):
                return await Connection.open(Address(server, self.user, self.password), name)
        return await Connection.open(Address(self.servers[-1], self.user, self.password), name)


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a process listens, and the names under which browsers may ask it, beside those of this machine.

    With 0.0.0.0 among the names it answers to every IP address (`studylab.web.guard`). `public_url` is set when a proxy
    stands in front (`studylab.web.public`).
    """

    host: str = "127.0.0.1"
    port: int = 0
    names: tuple[str, ...] = ()
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """The front desk's. `folder` is its own. `key` signs tickets, `secret` is the teacher's.

    `addresses` are those at which phones can reach it, the best first, without a slash at their end.
    """

    folder: str
    bus: Bus
    listening: Listening
    addresses: tuple[str, ...]
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    name: str = ""
    labs: str = ""


@dataclass(frozen=True, slots=True)
class HostSettings:
    """A host's. `folder` is its own. `url` is where browsers reach it, `desk_url` where they reach the front desk.

    `room_for` is the number of benches that it may have at once. `brokers_at` is the address at which programs on other
    machines reach its brokers; empty keeps them out.
    """

    name: str
    folder: str
    bus: Bus
    listening: Listening
    url: str
    desk_url: str = ""
    key: str = field(default="", repr=False)
    room_for: int = 200
    labs: str = ""
    nats_server: str = ""
    park_after_s: float = 900.0
    keep_place_s: float = 7200.0
    brokers_at: str = ""


Settings: TypeAlias = DeskSettings | HostSettings
KINDS: dict[str, type[DeskSettings] | type[HostSettings]] = {"desk": DeskSettings, "host": HostSettings}


def written(settings: Settings) -> bytes:
    """Return settings as a line."""
    kind = next(kind for kind, made in KINDS.items() if isinstance(settings, made))
    return msgspec.json.encode({"kind": kind, "settings": settings}) + b"\n"


def read(line: bytes) -> Settings:
    """Return the settings of a line. Raises `BadInput`."""
    try:
        found = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
        return msgspec.json.decode(found["settings"], type=KINDS[msgspec.json.decode(found["kind"], type=str)])
    except (msgspec.MsgspecError, LookupError) as error:
        raise kit.BadInput("A process of the room is started by `--room`, with its settings as its input.") from error
