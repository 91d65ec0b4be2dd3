"""The room's own nats-server, under a keeper like that of a bench: it never outlives the room.

It listens on loopback, on a port that it keeps. Its users are those of `studylab.room.permissions`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from pathlib import Path

from studylab.room import permissions
from studylab.room.addresses import HERE
from studylab.room.keys import Keys
from studylab.room.ports import Ports
from vango import kit
from vango.actors import tasks
from vango.actors.files import own_folder
from vango.broker.broker import Broker
from vango.broker.folder import BrokerFolder
from vango.broker.keeper import Keeper

LOOK_S = 5.0
CONFIG = """\
listen: "127.0.0.1:{port}"
server_name: {name}
ports_file_dir: {ports}
log_file: {log}
logfile_size_limit: 4MB
logfile_max_num: 2
max_payload: 1MB
max_connections: 1024
jetstream {{ store_dir: {store}, max_file_store: 2GB, max_memory_store: 64MB }}
{accounts}"""


class RoomFolder(BrokerFolder):
    """The broker's folder, with the room's users in its config."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        super().__init__(folder)
        self._accounts = permissions.accounts(keys.desk, keys.hosts)

    def told(self, name: str, port: int, listen: str = HERE) -> str:
        """Return the config."""
        places = {"name": name, "ports": str(self.ports), "log": str(self.log), "store": str(self.store)}
        quoted = {key: json.dumps(value, ensure_ascii=False) for key, value in places.items()}
        return CONFIG.format(port=port, listen=listen, accounts=self._accounts, **quoted)


class RoomBroker:
    """The broker of one room. It is started again for as long as the room lasts."""

    def __init__(self, keeper: Keeper, broker: Broker) -> None:
        self._keeper, self._broker = keeper, broker
        self._watch: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls, folder: Path, keys: Keys, nats_server: Path | None, ports: Ports, say: Callable[[str], None]
    ) -> RoomBroker:
        """Start it. `say` gets a sentence when it dies and when it is back. Raises `Unavailable`."""
        files = RoomFolder(own_folder(folder), keys)
        files.remember_port(ports.again(HERE, max(files.port, 0)))
        keeper = await Keeper.start(nats_server)
        broker = Broker(files, keeper, name="room", on_exit=say, on_restart=say)
        try:
            await broker.start()
        except BaseException:
            await keeper.close()
            raise
        room = cls(keeper, broker)
        keeping = tasks.keep_going(room._start_again, say, "the keeping of the room's broker")
        room._watch = asyncio.create_task(keeping, name="the room's broker")
        return room

    @property
    def url(self) -> str:
        """Where the desk and the hosts of this machine connect."""
        return self._broker.url

    @property
    def pid(self) -> int:
        """Its process id; 0 while it is down."""
        return self._broker.pid

    async def _start_again(self) -> None:
        """A broker gives up after some starts that failed. A room does not: what was in the way may be gone."""
        while True:
            await asyncio.sleep(LOOK_S)
            if self._broker.meant == "down":
                with contextlib.suppress(kit.Unavailable):
                    await self._broker.start()

    async def close(self) -> None:
        """Stop it cleanly, and its keeper."""
        if self._watch is not None:
            await tasks.end(self._watch)
        try:
            await self._broker.close()
        finally:
            await self._keeper.close()
