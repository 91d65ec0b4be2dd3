"""The front desk with thousands of simulated seats: how fast they join, and what a report costs it.

    python -m benchmarks.room_desk [SEATS] [HOSTS]

The hosts are in a process of their own (`benchmarks.room_hosts`), and so is the broker.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import turns_a_second
from benchmarks.report import Row, Target
from benchmarks.room_hosts import host
from benchmarks.rounds import Scale
from studylab.loop import LoopThread
from studylab.room import permissions
from studylab.room.desk import Desk
from studylab.room.desk import hosts as desk_hosts
from vango import kit
from vango.broker.binary import find_nats_server

KEY = "k" * 40
THREADS = 16
REPORT_S, RATE = 5.0, 200
PATIENCE_S, LOOK_S = 600.0, 0.02
LOOK_AT_ALL_S = 0.5


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured. `report_ms` is processor time of the desk's process for each report that came."""

    seats: int
    hosts: int
    joins_a_second: float
    told_s: float
    reports: int
    report_ms: float
    wall_ms: float
    restart_s: float


def measure(seats: int = 10_000, hosts: int = 50) -> Measured:
    """Fill a room, let its seats report, read the wall, and start the desk again."""
    # All hosts share one process that hears everything once for each of them: it is no sign of death when it is late.
    desk_hosts.LOST_AFTER_S = PATIENCE_S
    loop = LoopThread()
    try:
        with (
            tempfile.TemporaryDirectory() as name,
            _broker(Path(name), hosts) as url,
            _hosts(Path(name), url, hosts) as child,
        ):
            return _measure(loop, Path(name), url, child, seats, hosts)
    finally:
        loop.close()


def _measure(
    loop: LoopThread, folder: Path, url: str, child: subprocess.Popen[str], seats: int, hosts: int
) -> Measured:
    def opened() -> Desk:
        connect = kit.connecting(url, user="desk", password="desk")
        return loop.call(Desk.open(folder / "desk", connect, key=KEY), timeout_s=PATIENCE_S)

    desk = opened()
    _until(lambda: len(desk.hosts.alive()) == hosts)
    began = time.monotonic()
    with ThreadPoolExecutor(THREADS) as people:
        given = [*people.map(lambda n: desk.join(desk.room.code, f"Learner {n}", f"10.0.{n % 250}.1"), range(seats))]
    joined = time.monotonic()
    print(f"{seats / (joined - began):.0f} joins/s", file=sys.stderr, flush=True)
    _until(lambda: all(tile.report for tile in desk.wall.since(0)[1]), LOOK_AT_ALL_S)
    told = time.monotonic()
    reports, cost_s = _reports(desk, child)
    wall_s = _wall(desk, [seat.id for seat in given][:200])
    loop.call(desk.close(), timeout_s=PATIENCE_S)
    again = time.monotonic()
    desk = opened()
    _until(lambda: len(desk.wall) == seats and all(tile.report for tile in desk.wall.since(0)[1]))
    restart_s = time.monotonic() - again
    loop.call(desk.close(), timeout_s=PATIENCE_S)
    return Measured(
        seats,
        hosts,
        seats / (joined - began),
        told - joined,
        reports,
        1e3 * cost_s / max(reports, 1),
        1e3 * wall_s,
        restart_s,
    )


def _reports(desk: Desk, child: subprocess.Popen[str]) -> tuple[int, float]:
    """Let seats report; return how many reports came, and the processor time that this process used meanwhile."""
    assert child.stdin is not None
    assert child.stdout is not None
    counted = {name: desk.hosts[name].edge.counters["applied"] for name in desk.hosts.alive()}
    cost_s = time.process_time()
    child.stdin.write(f"{REPORT_S} {RATE}\n")
    child.stdin.flush()
    child.stdout.readline()
    time.sleep(1.0)
    came = sum(desk.hosts[name].edge.counters["applied"] - before for name, before in counted.items())
    return came, time.process_time() - cost_s


def _wall(desk: Desk, seats: list[str]) -> float:
    began = time.perf_counter()
    assert all(desk.wall.tile(seat) for seat in seats)
    return time.perf_counter() - began


def rows(scale: Scale) -> list[Row]:
    """Return the rows of the front desk alone, none without simulated seats."""
    if not scale.seats:
        return []
    found = measure(scale.seats, scale.hosts)
    each = f"the front desk with {found.seats:,} simulated seats on {found.hosts} hosts"
    return [
        Row("room-desk-joins", f"{each}: joins", "a second", (found.joins_a_second,), Target(200, at_least=True)),
        Row("room-desk-report", f"{each}: what a report costs it", "ms", (found.report_ms,)),
        Row("room-desk-wall", f"{each}: 200 tiles looked up, not drawn", "ms", (found.wall_ms,)),
        Row("room-desk-restart", f"{each}: started again, until the wall is whole", "s", (found.restart_s,)),
    ]


@contextmanager
def _broker(folder: Path, hosts: int) -> Iterator[str]:
    config = folder / "nats.conf"
    accounts = permissions.accounts("desk", {host(number): host(number) for number in range(hosts)})
    config.write_text(
        f'listen: "127.0.0.1:-1"\nports_file_dir: "{folder}"\n{accounts}\n'
        f'jetstream {{ store_dir: "{folder / "store"}", max_file_store: 2GB }}\n'
    )
    argv = [str(find_nats_server()), "-c", str(config)]
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL) as server:
        try:
            _until(lambda: any(folder.glob("*.ports")))
            said = next(folder.glob("*.ports")).read_text("utf-8")
            yield "nats://" + said.split('"nats://', 1)[1].split('"', 1)[0]
        finally:
            server.kill()


@contextmanager
def _hosts(folder: Path, url: str, hosts: int) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-m", "benchmarks.room_hosts", str(folder / "hosts"), url, KEY, str(hosts)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            child.stdout.readline()
            yield child
        finally:
            child.kill()


def _until(is_so: Callable[[], bool], look_s: float = LOOK_S) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > deadline:
            raise kit.Unavailable(f"Waited {PATIENCE_S:g} s, and nothing changed.")
        time.sleep(look_s)


if __name__ == "__main__":
    found = measure(*map(int, sys.argv[1:3]))
    print(f"machine: {turns_a_second() / 1e6:.0f} M turns/s, {os.cpu_count()} cores")
    print(
        f"{found.seats} seats on {found.hosts} hosts: {found.joins_a_second:.0f} joins/s, all reported {found.told_s:.1f} s later"
    )
    print(
        f"a report costs the desk {found.report_ms:.2f} ms ({found.reports} came); 200 tiles are read in {found.wall_ms:.2f} ms"
    )
    print(f"started again with a whole wall after {found.restart_s:.1f} s")
