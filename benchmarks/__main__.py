"""Measure Study Lab, beside its peers where there are any. What each row means is in docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from nats.errors import Error as NatsError

from benchmarks import (
    browser,
    crowd,
    edge,
    history,
    latency,
    outside,
    page,
    relay,
    room,
    room_desk,
    room_growth,
    room_page,
    starts,
    tape,
    turns,
    verb,
)
from benchmarks.machine import browser as browser_path
from benchmarks.machine import circumstances, said_by
from benchmarks.report import Report, Row, as_json, as_table, write_into
from benchmarks.rounds import FULL, QUICK, Scale
from vango.actors.errors import VangoError

# What a part may end in when something it measures does not answer. Anything else is a mistake in here.
FAILURES = (VangoError, NatsError, OSError, EOFError)

PARTS: dict[str, Callable[[Scale], list[Row]]] = {
    "browser": browser.measure,
    "page": page.measure,
    "history": history.measure,
    "tape": tape.measure,
    "relay": relay.measure,
    "edge": edge.measure,
    "latency": latency.measure,
    "outside": outside.measure,
    "starts": starts.measure,
    "verb": verb.measure,
    "turns": turns.measure,
    "crowd": crowd.measure,
    "room": room.measure,
    "growth": room_growth.measure,
    "desk": room_desk.rows,
}
OF_A_ROOM = ["room", "growth", "desk"]
"""Parts that are written into a place of their own, and may be without the others."""
OF_A_BENCH = [part for part in PARTS if part not in OF_A_ROOM]
"""The others, which may be without those of a room."""


def run(parts: Sequence[str], scale: Scale) -> Report:
    """Take the measurements one after another. A failed part is reported, and the others continue."""
    told = {**circumstances(), "rounds": scale.rounds}
    rows: list[Row] = []
    failed: dict[str, str] = {}
    for part in parts:
        began = time.monotonic()
        try:
            rows += PARTS[part](scale)
        except FAILURES as error:
            failed[part] = str(error) or type(error).__name__
        words = "failed" if part in failed else "measured"
        print(f"{part} {words} in {time.monotonic() - began:.0f} s", file=sys.stderr)
    if "browser" in parts and "browser" not in failed:
        told["browser"] = said_by(browser_path(), "--version")
    return Report(told, rows, failed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the table. Returns the exit code: 1 when a part could not be measured."""
    options = _options(arguments)
    scale = QUICK if options.quick else FULL
    if options.crowd is not None:
        scale = replace(scale, crowd=options.crowd)
    if options.rounds is not None:
        scale = replace(scale, rounds=options.rounds)
    report = run(options.only or list(PARTS), scale)
    only_json = options.json == "-"
    print(f"{as_table(report)}speed: {report.run['speed']}", file=sys.stderr if only_json else sys.stdout)
    for part, sentence in report.failed.items():
        print(f"{part}: {sentence}", file=sys.stderr)
    if only_json:
        print(as_json(report), end="")
    elif options.json:
        Path(options.json).write_text(as_json(report), encoding="utf-8")
    if options.write and not report.failed:
        _write(options.write, report, options.only or list(PARTS))
    return 1 if report.failed else 0


def _write(page: Path, report: Report, parts: Sequence[str]) -> None:
    """Put a run into the page. A room has a place of its own there, and a picture."""
    others, of_a_room = room_page.parted(report)
    text = page.read_text(encoding="utf-8")
    if set(OF_A_BENCH) <= set(parts):
        text = write_into(text, others)
    if set(OF_A_ROOM) <= set(parts):
        text = room_page.write_into(text, of_a_room)
        room_page.draw_beside(page, of_a_room)
    page.write_text(text, encoding="utf-8")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a look, not a measurement: little of everything, no crowd"
    )
    parser.add_argument("--only", nargs="+", choices=list(PARTS), metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--crowd", type=int, metavar="N", help=f"learners at once (default {FULL.crowd}; 0 for none)")
    parser.add_argument("--rounds", type=int, metavar="N", help=f"rounds of each measurement (default {FULL.rounds})")
    parser.add_argument(
        "--json", nargs="?", const="-", metavar="FILE", help="write all values there; without FILE, to standard output"
    )
    parser.add_argument(
        "--write",
        type=Path,
        metavar="PAGE",
        help="put the table of a whole run between the marks of docs/benchmarks.md",
    )
    options = parser.parse_args(arguments)
    is_part = options.only and set(options.only) not in (set(OF_A_ROOM), set(OF_A_BENCH))
    if options.write and (options.quick or is_part or options.crowd == 0):
        parser.error(
            f"--write takes a whole run, --only {' '.join(OF_A_ROOM)}, or --only and all the others: leave out --quick, "
            "other choices and --crowd 0."
        )
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds is 1 or more.")
    try:
        _see_that_it_can_be_written(options)
    except (VangoError, OSError) as error:
        parser.error(str(error))
    return options


def _see_that_it_can_be_written(options: argparse.Namespace) -> None:
    """Find out before the measuring, not after it, that there is no place for the result."""
    if options.write:
        text = options.write.read_text(encoding="utf-8")
        room_page.write_into(write_into(text, Report({}, [], {})), Report({}, [], {}))
    if options.json and options.json != "-":
        Path(options.json).touch()


if __name__ == "__main__":
    sys.exit(main())
