"""The commands `storm` and `matrix`: a seeded storm with its verdict and minimal script, and the protection matrix."""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path
from typing import Any

from vango.actors.errors import BadInput
from vango.bench.bench import Bench
from vango.shell.scratch_benches import fill, on_benches, play_afresh
from vango.storm import matrix, storm
from vango.storm.fault_table import FAULTS, fault
from vango.storm.matrix import Cell
from vango.storm.play import Verdict
from vango.storm.protections import PROTECTIONS, SINGLE, prepare, protection
from vango.verbs.script import Act, as_text, parse

NAIVE = ("event-ids", "epochs", "continuity", "rebuild", "mark")
"""The protections that a trusting edge lacks; the same as `vango.core.rules.NAIVE_EDGE`."""


def add(commands: Any) -> None:
    """Add both commands to the parser's."""
    _add_storm(commands.add_parser("storm", help="a seeded storm of faults on a fresh bench, then the audit's verdict"))
    _add_matrix(commands.add_parser("matrix", help="which fault harms which edge, with one protection missing"))


def _add_storm(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seed", type=int, metavar="N", help=("which storm; without it a random one is chosen and printed")
    )
    parser.add_argument("--length", type=int, default=storm.LENGTH, metavar="N", help="how many gusts it has")
    parser.add_argument("--rules", choices=("correct", "naive"), default="correct", help="how the edges consume")
    parser.add_argument("--without", nargs="+", default=[], metavar="KEY", choices=[p.key for p in SINGLE],
                        help=f"take protections away: {', '.join(p.key for p in SINGLE)}")  # fmt: skip
    parser.add_argument("--replay", type=Path, metavar="FILE", help="play a printed script instead of a seed's")
    parser.add_argument("--no-shrink", action="store_true", help="do not look for the minimal script of a failure")
    parser.add_argument("--nats-server", type=Path, metavar="PATH", help="the broker to run")
    parser.set_defaults(run=_storm)


def _add_matrix(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--protection", nargs="+", default=[], metavar="KEY", help="only these rows")
    parser.add_argument("--fault", nargs="+", default=[], metavar="KEY", help="only these columns")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the page there instead of printing it")
    parser.add_argument("--nats-server", type=Path, metavar="PATH", help="the broker to run")
    parser.set_defaults(run=_matrix)


async def _storm(options: argparse.Namespace) -> int:
    """Returns 1 when the audit found something, so that a program can tell."""
    if not 1 <= options.length <= storm.MAX_LENGTH:
        raise BadInput(f"--length is {options.length}; expected 1 to {storm.MAX_LENGTH}.")
    naive = NAIVE if options.rules == "naive" else ()
    rules = prepare(protection(key) for key in dict.fromkeys((*naive, *options.without)))
    seed = random.randrange(10_000) if options.seed is None else options.seed
    acts = _read(options.replay) if options.replay else storm.script(seed, options.length)
    found: list[Verdict] = []

    async def work(bench: Bench) -> None:
        print(f"# replay of {options.replay}" if options.replay else f"# seed {seed}, length {options.length}")
        print(as_text(acts), end="", flush=True)
        found.append(await play_afresh(bench, (*rules, *acts)))
        _say(found[0])
        if found[0].failed and not options.no_shrink:
            await _say_minimal(bench, rules, acts, found[0])

    await on_benches(work, 1, options.nats_server)
    return int(found[0].failed)


def _read(file: Path) -> tuple[Act, ...]:
    try:
        return parse(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The script {file} cannot be read: {error}.") from error


def _say(verdict: Verdict) -> None:
    for refusal in verdict.refusals:
        print(f"# refused: {refusal}")
    print(f"\nThe audit says: {verdict.soundness}. {verdict.sentence}".rstrip())
    for record in verdict.records:
        print(f"    {record}")
    if verdict.closed:
        print(f"  {', '.join(verdict.closed)}: refusing to answer.")


async def _say_minimal(bench: Bench, rules: tuple[Act, ...], acts: tuple[Act, ...], first: Verdict) -> None:
    async def fails(part: tuple[Act, ...]) -> bool:
        verdict = await play_afresh(bench, (*rules, *part))
        print(f"  {len(part)} acts: {verdict.soundness}", file=sys.stderr)
        return first.kinds[0] in verdict.kinds

    minimal = await storm.shrink(acts, fails)
    print(f"\n# {len(minimal)} of {len(acts)} acts are enough. Save them in a file and play them with --replay FILE.")
    print(as_text(minimal), end="")


async def _matrix(options: argparse.Namespace) -> int:
    rows = [protection(key) for key in options.protection] or [matrix.ALL_ON, *PROTECTIONS]
    columns = [fault(key) for key in options.fault] or list(FAULTS)
    total, done = len(rows) * len(columns), 0

    def tell(cell: Cell) -> None:
        nonlocal done
        done += 1
        print(f"{done} of {total}: {cell.protection}, {cell.fault}: {cell.found}", file=sys.stderr, flush=True)

    page = matrix.page(await fill(rows, columns, nats_server=options.nats_server, on_cell=tell))
    if options.write:
        options.write.write_text(page, encoding="utf-8")
    else:
        print(page, end="")
    return 0
