"""The command line of the app."""

from __future__ import annotations

import argparse
import ipaddress
import sys
from collections.abc import Sequence
from pathlib import Path

from studylab import installed
from studylab.room import addresses
from studylab.room.wanted import MOST_HOSTS, Wanted, cores, servers
from studylab.web import guard
from vango.kit import BadInput

DEFAULT_PORT = 8321
KEEP_PLACE_S = 7200.0
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"
BEST = "best"
UNREACHABLE = "--expose-brokers: this machine has no address that others can reach. Join a network, or name an address."


def read(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line. Ends the program with a sentence when it is wrong."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.host_for and not (options.room_key and options.public_url):
        parser.error("--host-for needs --room-key, the file of this host, and --public-url, where browsers reach it")
    if not 1 <= options.hosts <= MOST_HOSTS:
        parser.error(f"--hosts is from 1 to {MOST_HOSTS}")
    if options.expose_brokers == BEST:
        options.expose_brokers = next(iter(addresses.reachable()), None) or parser.error(UNREACHABLE)
    if options.host is None:
        # A room is for phones, unless a proxy stands in front.
        options.host = EVERYWHERE if (options.room and not options.public_url) or options.host_for else LOOPBACK
    return options


def wanted(options: argparse.Namespace) -> Wanted:
    """Return the room, or the host of one, that was asked for. Raises `BadInput`."""
    nats = options.host_for or options.room_nats
    if options.room_nats and not options.room:
        raise BadInput("--room-nats belongs to --room.")
    return Wanted(
        (options.data or installed.data_folder()).resolve(), options.hosts, options.host, options.port,
        options.public_url, tuple(options.allow_host), servers(nats) if nats else (), options.labs, options.nats_server,
        options.max_benches, options.park_after, options.keep_place, not options.no_browser,
        options.expose_brokers or "",
    )  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    name = Path(sys.argv[0]).stem
    parser = argparse.ArgumentParser(
        prog="studylab" if name == "studylab" else "python app.py",
        description="Study Lab: event propagation on a real bench.",
    )
    add = parser.add_argument
    add("--host", type=guard.bare, metavar="ADDRESS",
        help=f"address to listen on (default: {LOOPBACK}; with --room {EVERYWHERE}, which is everywhere)")  # fmt: skip
    add("--port", type=int, default=DEFAULT_PORT, help="0 takes any free one (default: %(default)s)")
    add("--data", type=Path, metavar="DIR", help=f"where benches are kept (default: {installed.data_folder()})")
    add("--no-browser", action="store_true", help="do not open a browser")
    add("--nats-server", type=Path, metavar="PATH", help="the broker to run (default: the packaged one)")
    add("--labs", type=Path, metavar="DIR", help="teach the labs of this folder as well")
    add("--park-after", type=float, default=900.0, metavar="SECONDS", help="park benches idle for so long")
    add("--max-benches", type=int, default=200, metavar="N",
        help="benches awake at once; in a room, for each host (default: 200)")  # fmt: skip
    add("--keep-place", type=float, default=KEEP_PLACE_S, metavar="SECONDS",
        help="keep the place of who was in for so long after they left (default: 7200)")  # fmt: skip
    add("--expose-brokers", nargs="?", type=_ipv4, const=BEST, metavar="ADDRESS",
        help="let programs elsewhere connect to the benches' brokers, at this address of this machine")  # fmt: skip
    add("--public-url", default="", metavar="URL", help="the address that visitors type, when a proxy stands in front")
    add("--allow-host", action="append", default=[], metavar="NAME", help="a further Host to answer to")
    _add_room(parser)
    return parser


def _ipv4(typed: str) -> str:
    if typed == BEST:
        return typed
    try:
        return str(ipaddress.IPv4Address(typed))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{typed[:60]!r} is no IPv4 address, such as 10.0.0.7") from error


def _add_room(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--room", action="store_true", help="open a room: a front desk, a broker and hosts for a class")
    what.add_argument("--host-for", default="", metavar="URL",
                      help="be a host of a room elsewhere, whose broker is there (nats://…)")  # fmt: skip
    add = parser.add_argument
    add("--hosts", type=int, default=min(cores(), MOST_HOSTS), metavar="N",
        help="hosts of the room on this machine (default: one for each core)")  # fmt: skip
    add("--room-nats", default="", metavar="URL", help="use these NATS servers instead of a broker of the room's own")
    add("--room-key", type=Path, metavar="FILE", help="with --host-for: the key that the room has made for this host")
