"""Vango from a shell: `demo` plays a story, `storm` and `matrix` do many faults, `edge` runs one edge alone."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path

from vango.actors.errors import VangoError
from vango.bench import limits
from vango.bench.bench import Bench
from vango.broker.connection import Address, Connection
from vango.broker.keeper import Keeper
from vango.core.audit import Soundness
from vango.core.names import EDGES
from vango.core.rules import NAIVE_EDGE, EdgeRules
from vango.edge.edge import Edge
from vango.edge.routes import ROUTE_FACTS
from vango.edge.view import RouteTable
from vango.journal.journal import Journal
from vango.journal.moment import Moment
from vango.observe.model import Observation
from vango.shell import commands as matrix_commands


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, or 1 with a sentence on standard error. A storm with a finding also
    returns 1.
    """
    options = _parser().parse_args(arguments)
    try:
        code: int | None = asyncio.run(options.run(options))
    except VangoError as error:
        print(f"vango: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vango", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="commit, kill an edge, commit more, purge, bring it back; then the audit")
    demo.add_argument("--rules", choices=("correct", "naive"), default="correct", help="how the edges consume")
    demo.add_argument("--nats-server", type=Path, metavar="PATH", help="the broker to run")
    demo.set_defaults(run=_demo)
    matrix_commands.add(commands)
    sizes = commands.add_parser("limits", help="the size limits of a bench: the table of docs/operations.md")
    sizes.set_defaults(run=_limits)
    edge = commands.add_parser("edge", help="run one edge as a process, to be killed from a terminal")
    edge.add_argument("--name", required=True, help="the edge's name, which is also its consumer's")
    edge.add_argument("--server", required=True, metavar="URL", help="nats://127.0.0.1:PORT of a bench")
    edge.add_argument("--user", default="", help="as shown on the bench's broker")
    edge.add_argument("--password", default="", help="as shown on the bench's broker")
    edge.add_argument("--data", type=Path, default=Path(), metavar="DIR", help="where the view is kept; default: here")
    edge.add_argument("--rules", choices=("correct", "naive"), default="correct", help="how the edge consumes")
    edge.set_defaults(run=_edge)
    return parser


async def _limits(_: argparse.Namespace) -> None:
    print("\n".join(limits.table()))


async def _demo(options: argparse.Namespace) -> None:
    keeper = await Keeper.start(options.nats_server)
    try:
        with tempfile.TemporaryDirectory(prefix="vango-demo-") as folder:
            bench = await Bench.open(Path(folder) / "bench", keeper)
            try:
                seen = await _play(bench, naive=options.rules == "naive")
                for moment in bench.journal.since(0, 10_000):
                    print(_line(moment))
                print(_verdict(seen))
            finally:
                await bench.close()
    finally:
        await keeper.close()


async def _play(bench: Bench, *, naive: bool) -> Observation:
    """The story: an edge is down during changes, and what it missed is purged before it comes back."""
    if naive:
        guards = {field.name: getattr(NAIVE_EDGE, field.name) for field in fields(NAIVE_EDGE)}
        changes = {name: guards[name] for name in
                   ("deduplicate", "check_epochs", "prove_continuity", "on_gap", "ask_high_water_mark")}  # fmt: skip
        for name in EDGES:
            await bench.perform("edge_rules", {"edge": name, **changes})
    await bench.settle()
    await bench.perform("promote", {"route": "shop", "to": "alloc-b", "operation": "op-1"})
    await bench.perform("promote", {"route": "shop", "to": "alloc-b", "operation": "op-1"})
    await bench.settle()
    await bench.perform("kill_edge", {"edge": "syd"})
    await bench.perform("burst", {"n": 6})
    await bench.wait_until(lambda seen: not seen.outbox.waiting)
    await bench.perform("purge", {})
    await bench.perform("promote", {"route": "blog", "to": "alloc-a"})
    await bench.perform("start_edge", {"edge": "syd"})
    await bench.settle()
    if naive:
        await bench.perform("replay", {"edge": "fra", "from_seq": 1})
    return await bench.settle()


def _line(moment: Moment) -> str:
    return f"{moment.n:4}  {moment.actor:9} {moment.kind:9} {moment.text}"


def _verdict(seen: Observation) -> str:
    lines = [f"\nThe audit says: {seen.audit.soundness}."]
    lines += [f"  {edge.name}: {edge.claim}" for edge in seen.edges]
    for finding in seen.audit.findings:
        lines.append(f"  {finding.kind} at {finding.where}: {finding.sentence} {finding.repair}")
        lines += [f"      {record}" for record in finding.records]
    if seen.audit.soundness is Soundness.SOUND:
        lines.append("  Every view equals the truth as of the sequence that its edge claims.")
    return "\n".join(lines)


async def _edge(options: argparse.Namespace) -> None:
    options.data.mkdir(parents=True, exist_ok=True)
    address = Address(options.server, options.user, options.password)
    await (await Connection.open(address, options.name)).close()
    told = 0

    def tell() -> None:
        nonlocal told
        for moment in journal.since(told):
            told = moment.n
            print(_line(moment), flush=True)

    journal = Journal(options.data / f"{options.name}-journal.db", lambda: None)
    told = journal.last
    journal.on_write = tell
    rules = NAIVE_EDGE if options.rules == "naive" else EdgeRules()
    connect = partial(Connection.open, address)
    edge = Edge(options.name, options.data, ROUTE_FACTS, RouteTable(), journal, connect, rules)
    try:
        await edge.start()
        await asyncio.Event().wait()
    finally:
        await edge.kill()
        journal.close()


if __name__ == "__main__":
    sys.exit(main())
