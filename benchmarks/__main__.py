"""Measure Study Lab beside its peers: `python -m benchmarks [--quick] [--json FILE]`.

Each row is the median of five, with the smallest and the largest, and stands beside a peer from the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client

from vango.bench import Bench
from vango.database import transaction
from vango.keeper import Keeper
from vango.truth import Promotion, Truth, _draft, _record

ROUNDS = 5
ROOT = Path(__file__).resolve().parent.parent


def row(
    what: str, unit: str, values: list[float], target: str, peer: str = "", peers: list[float] | None = None
) -> dict[str, Any]:
    """One row of the table."""
    result: dict[str, Any] = {
        "what": what, "unit": unit, "median": statistics.median(values), "min": min(values), "max": max(values),
        "target": target, "peer": peer, "peer_median": None, "ratio": None,
    }  # fmt: skip
    if peers:
        result["peer_median"] = statistics.median(peers)
        result["ratio"] = statistics.median(value / other for value, other in zip(values, peers, strict=True))
    return result


def fill(truth: Truth, n: int) -> None:
    """Commit n promotions in one transaction: only the publishing is measured."""
    owners = ("alloc-b", "alloc-c")
    with transaction(truth.db) as connection:
        for number in range(n):
            change = Promotion("shop", owners[number % 2])
            _record(connection, change, _draft(connection, change), queue=True)


async def connected(bench: Bench) -> Client:
    return await nats.connect(bench.broker.url, user=bench.broker.user, password=bench.broker.password)


async def bare_publish(bench: Bench, n: int) -> float:
    """The relay's peer: `publish_async` with message ids, the same bytes, no database."""
    client = await connected(bench)
    js = client.jetstream(publish_async_max_pending=4000)
    bodies = bench.truth.db.conn.execute(
        "SELECT subject, body FROM event WHERE feed = 'route' ORDER BY sequence DESC LIMIT ?", [n]
    ).fetchall()
    started = time.perf_counter()
    for number, (subject, body) in enumerate(bodies):
        await js.publish_async(subject, body, headers={"Nats-Msg-Id": f"bare-{started}-{number}"})
    await js.publish_async_completed()
    rate = n / (time.perf_counter() - started)
    await client.close()
    return rate


async def bare_fetch(bench: Bench, n: int) -> float:
    """The edge's peer: fetch(500) and ack, with no view."""
    client = await connected(bench)
    subscription = await client.jetstream().pull_subscribe("route.owner.updated.>", durable="bare", stream="ROUTES")
    got, started = 0, time.perf_counter()
    while got < n:
        for message in await subscription.fetch(500, timeout=5):
            await message.ack()
            got += 1
    rate = got / (time.perf_counter() - started)
    await client.jetstream().delete_consumer("ROUTES", "bare")
    await client.close()
    return rate


async def throughput(keeper: Keeper, n: int) -> list[dict[str, Any]]:
    """Outbox to marked, and an edge that catches up, each beside its peer, in turn."""
    relay, bare, edge, fetch = [], [], [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            bench = await Bench.open(Path(folder) / "bench", keeper)
            await bench.settle()
            for name in bench.edges:
                await bench.perform("kill_edge", {"edge": name})
            await bench.perform("kill_relay")
            await bench.perform("stream_limits", {"max_msgs": -1})
            fill(bench.truth, n)
            started = time.perf_counter()
            await bench.perform("start_relay")
            await until(lambda: bench.relay.published >= n)  # noqa: B023 (awaited within its round)
            relay.append(n / (time.perf_counter() - started))
            started = time.perf_counter()
            await bench.perform("start_edge", {"edge": "fra"})
            await until(lambda: at(bench) >= n)  # noqa: B023 (awaited within its round)
            edge.append(n / (time.perf_counter() - started))
            await bench.perform("kill_edge", {"edge": "fra"})
            fetch.append(await bare_fetch(bench, n))
            bare.append(await bare_publish(bench, n))
            await bench.close()
    return [
        row(
            "relay: outbox rows to acked and marked",
            "events/s",
            relay,
            "≥ 1.0 × peer",
            "publish_async, no database",
            bare,
        ),
        row(
            "edge catching up into a durable view",
            "events/s",
            edge,
            "≥ 1.2 × peer",
            "fetch(500) and ack, no view",
            fetch,
        ),
    ]


def at(bench: Bench) -> int:
    """How far fra has come."""
    view = bench.edges["fra"].view
    return view.position.sequence if view else 0


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that tells nobody."""
    while not is_so():  # noqa: ASYNC110 (a view tells nobody)
        await asyncio.sleep(0.001)


async def latency(keeper: Keeper, n: int) -> list[dict[str, Any]]:
    """From the call of a promotion to the event in an edge's view."""
    p50, p95 = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            bench = await Bench.open(Path(folder) / "bench", keeper)
            await bench.settle()
            times = []
            for number in range(n):
                aim, started = at(bench) + 1, time.perf_counter()
                await bench.control.promote("shop", ("alloc-b", "alloc-c")[number % 2])
                await until(lambda: at(bench) >= aim)  # noqa: B023 (it is awaited before it changes)
                times.append((time.perf_counter() - started) * 1000)
            times.sort()
            p50.append(times[len(times) // 2])
            p95.append(times[int(len(times) * 0.95)])
            await bench.close()
    return [
        row("commit to an edge's view, p50", "ms", p50, ""),
        row("commit to an edge's view, p95", "ms", p95, "≤ 10"),
    ]


async def timed(work: Awaitable[Any]) -> float:
    started = time.perf_counter()
    await work
    return (time.perf_counter() - started) * 1000


async def starts(keeper: Keeper) -> list[dict[str, Any]]:
    """How long a new bench, a reset and the app take until they can be used."""
    opened, reset, served = [], [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            bench = await Bench.open(Path(folder) / "bench", keeper)
            await bench.settle()
            opened.append((time.perf_counter() - started) * 1000)
            reset.append(await timed(bench.perform("reset")))
            await bench.close()
            served.append(await asyncio.to_thread(serve_once, Path(folder) / "data"))
    return [
        row("from `python app.py` to a served page", "ms", served, "≤ 1000"),
        row("a new bench, settled", "ms", opened, "≤ 300"),
        row("a reset", "ms", reset, "≤ 300"),
    ]


def serve_once(data: Path) -> float:
    """Start the app, ask for its course page, end it."""
    started = time.perf_counter()
    command = [sys.executable, "app.py", "--port", "0", "--no-browser", "--data", str(data)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        with urllib.request.urlopen(address) as answer:
            answer.read()
        took = (time.perf_counter() - started) * 1000
        process.terminate()
    return took


async def measure(*, quick: bool) -> list[dict[str, Any]]:
    """Take all measurements, one after another."""
    keeper = await Keeper.start()
    try:
        rows = await starts(keeper)
        rows += await latency(keeper, 50 if quick else 200)
        rows += await throughput(keeper, 5_000 if quick else 50_000)
    finally:
        await keeper.close()
    return rows


def main() -> None:
    """Measure, print the table, and write it as JSON if asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer events: a look, not a measurement")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there as well")
    options = parser.parse_args()
    rows = asyncio.run(measure(quick=options.quick))
    print(f"{'what':44} {'median':>10} {'min':>10} {'max':>10}  {'unit':9} {'target':14} {'peer':>10} {'ratio':>6}")
    for r in rows:
        peer = f"{r['peer_median']:10.0f} {r['ratio']:6.2f}  {r['peer']}" if r["ratio"] else ""
        print(
            f"{r['what']:44} {r['median']:10.1f} {r['min']:10.1f} {r['max']:10.1f}  {r['unit']:9} {r['target']:14} {peer}"
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
