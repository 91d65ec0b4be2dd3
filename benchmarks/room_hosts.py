"""Hosts of a room without benches: the real protocol, and seats that report what they are told to.

    python -m benchmarks.room_hosts FOLDER URL KEY COUNT

Each seat has a bench at once. A line on standard input, `SECONDS RATE`, has random seats report for a while.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from pathlib import Path

from studylab.room.host import HostLink
from studylab.room.protocol import Instruction, SeatRow
from studylab.room.tickets import Ticket
from vango import kit


class Pretending:
    """Benches that are ready at once and do what they are told."""

    link: HostLink

    async def carry_out(self, seat: str, instruction: Instruction, *, again: bool) -> str:
        """Everything succeeds."""
        return ""

    async def give_up(self, seat: str, key: str) -> None:
        """Nothing runs for it."""

    async def put_out(self, seat: str, key: str) -> None:
        """Nothing runs for it."""

    async def prepare(self, seat: SeatRow) -> None:
        """Come at once, as a browser with a ticket does."""
        ticket = Ticket(seat.id, seat.number, seat.name, seat.epoch, seat.host, after=seat.after)
        asyncio.create_task(self.link.begin(ticket, "bench")).add_done_callback(lambda done: done.result())


def host(number: int) -> str:
    """Return the name of a host."""
    return f"h{number}"


async def main(folder: Path, url: str, key: str, count: int) -> None:
    """Open the hosts, then do what is said."""
    links: list[HostLink] = []
    for name in map(host, range(count)):
        connect, benches = kit.connecting(url, user=name, password=name), Pretending()
        link = await HostLink.open(
            name, folder / name, connect, key=key, url=f"http://{name}", room_for=1000, benches=benches
        )
        benches.link = link
        links.append(link)
    print("open", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        seconds, rate = map(float, line.split())
        print(await report(links, seconds, rate), flush=True)


async def report(links: list[HostLink], seconds: float, rate: float) -> int:
    """Let random seats report, evenly over the time. Returns how often."""
    seats = [(link, seat) for link in links for seat in link.seats.all()]
    began, done = time.monotonic(), 0
    while (passed := time.monotonic() - began) < seconds:
        for _ in range(int(passed * rate) - done):
            link, seat = random.choice(seats)
            done += 1
            link.report(seat, act=f"act {done}", ticks=done)
        await asyncio.sleep(0.005)
    return done


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
