"""What the command line asks for when it asks for a room, or for a host of one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from vango import kit

MOST_HOSTS = 64
SCHEMES = ("nats", "tls")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A room. `listen` is where its processes listen; `public` the address behind a proxy, or empty; `names` further
    host names; `nats` the servers of another cluster, or none for a broker of its own; `brokers_at` where
    programs elsewhere reach the brokers of benches, or empty.
    """

    data: Path
    hosts: int
    listen: str
    port: int
    public: str = ""
    names: tuple[str, ...] = ()
    nats: tuple[str, ...] = ()
    labs: Path | None = None
    nats_server: Path | None = None
    max_benches: int = 200
    park_after_s: float = 900.0
    keep_place_s: float = 7200.0
    browser: bool = False
    brokers_at: str = ""


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def servers(urls: str) -> tuple[str, ...]:
    """Read a list of servers with commas between them. Raises `BadInput`."""
    found = tuple(url.strip() for url in urls.split(",") if url.strip())
    for url in found:
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise kit.BadInput(f"{url[:60]!r} is no address of a NATS server, such as nats://10.0.0.7:4222.")
        if parts.username or parts.password:
            raise kit.BadInput("An address of a NATS server with a password in it would be in the list of processes.")
    if not found:
        raise kit.BadInput("No address of a NATS server was given.")
    return found
