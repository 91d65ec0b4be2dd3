"""The supervisor of a room on one machine: its broker, the front desk and the hosts, from the start to Ctrl-C.

It decides nothing about the room. It starts what died, tells the others when the machine's address has changed, and
leaves nothing behind: each process ends when its input does.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import webbrowser
from collections.abc import Sequence
from typing import Any

from studylab.data_folder import lock_data
from studylab.room import keys, permissions
from studylab.room.broker import RoomBroker
from studylab.room.children import Child
from studylab.room.layout import Layout
from studylab.room.opening import Opening
from studylab.room.ports import Ports
from studylab.room.wanted import Wanted
from studylab.web.serving import has_display
from vango.actors.files import write_whole

LOOK_AT_ADDRESSES_S = 5.0
SPARE_KEYS = 8
"""Keys of hosts on other machines that are made with the room."""


def main(wanted: Wanted, command: Sequence[str]) -> int:
    """Lead a room until a signal. `command` starts one of its processes. Raises `Unavailable` when it cannot begin."""
    lock = lock_data(wanted.data)
    try:
        return asyncio.run(_Supervisor(wanted, command).run())
    finally:
        lock.release()


class _Supervisor:
    def __init__(self, wanted: Wanted, command: Sequence[str]) -> None:
        self._wanted, self._command = wanted, command
        self._folder = wanted.data / "room"
        self._ports = Ports()
        self._broker: RoomBroker | None = None
        self._children: list[Child] = []

    async def run(self) -> int:
        """Start everything and keep it until a signal comes."""
        over = _at_signals()
        work = asyncio.create_task(self._work(), name="the room")
        waits = asyncio.create_task(over.wait())
        try:
            await asyncio.wait([work, waits], return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            for task in (work, waits):
                task.cancel()
            await asyncio.gather(work, waits, return_exceptions=True)
            await self._end()
        return 0

    async def _work(self) -> None:
        wanted = self._wanted
        names = [f"h{number}" for number in range(1, wanted.hosts + 1)]
        spare = [f"h{number}" for number in range(wanted.hosts + 1, wanted.hosts + 1 + SPARE_KEYS)]
        secrets = keys.of_room(self._folder, [*names, *spare])
        servers = wanted.nats or (await self._own_broker(secrets),)
        if wanted.nats:
            write_whole(self._folder / "accounts.conf", permissions.accounts(secrets.desk, secrets.hosts))
        layout = Layout(wanted, self._folder, secrets, servers, self._take_ports(names))
        self._children = [
            Child("The front desk", self._command, layout.desk(), _say),
            *(Child(f"Host {name}", self._command, layout.host(name), _say) for name in names),
        ]
        answers = await _all(child.start() for child in self._children)
        self._open(layout, secrets, answers[0].code)
        if answers[0].is_alone:
            _say(f"No host has reached the front desk through {', '.join(servers)} yet: nobody can join before that.")
        await self._follow_the_address(layout)

    async def _own_broker(self, secrets: keys.Keys) -> str:
        self._broker = await RoomBroker.start(
            self._folder / "broker", secrets, self._wanted.nats_server, self._ports, lambda told: _say(f"Room: {told}")
        )
        return self._broker.url

    def _take_ports(self, names: Sequence[str]) -> dict[str, int]:
        """Choose the ports of the desk and of each host: one after the other, so that a firewall can open them."""
        listen = self._wanted.listen
        ports = {"desk": self._ports.take(listen, self._wanted.port)}
        for name in names:
            ports[name] = self._ports.after(listen, max(ports.values()))
        return ports

    def _open(self, layout: Layout, secrets: keys.Keys, code: str) -> None:
        teacher = layout.public or f"http://127.0.0.1:{layout.ports['desk']}"
        opening = Opening(
            layout.addresses(), code, teacher, secrets.secret, self._folder / keys.TEACHER_FILE,
            (min(layout.ports.values()), max(layout.ports.values())), self._wanted.hosts,
            is_proxied=bool(layout.public), is_reachable=layout.is_reachable(),
        )  # fmt: skip
        print(opening.text(to_a_person=sys.stdout.isatty()), flush=True)
        if self._wanted.browser and has_display():
            # Without the secret: a browser's command line can be read by everybody on this machine.
            threading.Thread(target=webbrowser.open, args=[f"{teacher}/teach"], daemon=True).start()

    async def _follow_the_address(self, layout: Layout) -> None:
        known = layout.addresses()
        while True:
            await asyncio.sleep(LOOK_AT_ADDRESSES_S)
            if (found := layout.addresses()) == known:
                continue
            known = found
            _say(f"This machine's address has changed: learners join at {found[0]}/join now. Show the new QR code.")
            desk, *hosts = self._children
            desk.tell(layout.desk())
            for host in hosts:
                host.tell(layout.host(host.settings.name))

    async def _end(self) -> None:
        """End the children together, then the broker: they tell it what they still have."""
        await asyncio.gather(*(child.end() for child in self._children))
        if self._broker is not None:
            await self._broker.close()
        self._ports.close()


async def _all(starts: Any) -> list[Any]:
    """Wait for all to start. Raises what the first one raised that did not."""
    answers = await asyncio.gather(*starts, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


def _at_signals() -> asyncio.Event:
    """Return what is set at Ctrl-C and SIGTERM."""
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(name, over.set)
        except NotImplementedError:
            signal.signal(name, lambda *_: loop.call_soon_threadsafe(over.set))
    return over


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
