"""The circumstances of a run: when, which commit, which machine, which versions. And what processes cost on Linux."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import subprocess
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from vango.actors.errors import Unavailable
from vango.broker.binary import find_nats_server

ROOT = Path(__file__).resolve().parent.parent
ANSWER_S = 10.0
TURNS = 1_000_000
TRIES = 5
PROC = Path("/proc")


def circumstances() -> dict[str, Any]:
    """Return what a reader must know to compare this run with another."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": f"{_processor()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB",
        "speed": f"{turns_a_second() / 1e6:.0f} million turns of an empty Python loop a second",
        "load_before": f"{os.getloadavg()[0]:.2f}",
        "OS": f"{_system()}, {platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "nats-server": said_by(str(find_nats_server()), "--version").removeprefix("nats-server: "),
        "nats-py": version("nats-py"),
        "SQLite": sqlite3.sqlite_version,
    }


def said_by(*command: str) -> str:
    """Return the first line that a command says, or why there is none."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=ANSWER_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return f"unknown ({type(error).__name__})"
    return done.stdout.strip().partition("\n")[0]


def turns_a_second() -> float:
    """Return how fast this machine is at next to nothing, at its best of a few tries: what two runs can be compared by."""

    def seconds() -> float:
        began = time.thread_time()
        for _ in range(TURNS):
            pass
        return time.thread_time() - began

    return TURNS / min(seconds() for _ in range(TRIES))


def _commit() -> str:
    changed = said_by("git", "status", "--porcelain")
    return said_by("git", "rev-parse", "--short=10", "HEAD") + (" with uncommitted changes" if changed else "")


def _processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", _text(PROC / "cpuinfo"), re.MULTILINE)
    return f"{found[1] if found else platform.processor() or 'processor unknown'} ({platform.machine()})"


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.platform(terse=True)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it. Raises `Unavailable` where there is no /proc."""
    if not PROC.joinpath("self", "smaps_rollup").exists():
        raise Unavailable(
            "This system has no /proc/PID/smaps_rollup, so the crowd cannot be measured; leave it out with --crowd 0."
        )
    parents = {int(entry.name): _stat(int(entry.name)) for entry in PROC.iterdir() if entry.name.isdigit()}
    found = [pid]
    for member in found:
        found += [child for child, fields in parents.items() if fields and int(fields[1]) == member]
    return found


def cpu_s(pids: list[int]) -> float:
    """Return the seconds of processor time that processes have used so far. One that has ended counts nothing."""
    ticks = sum(int(fields[11]) + int(fields[12]) for fields in map(_stat, pids) if fields)
    return ticks / os.sysconf("SC_CLK_TCK")


def pss_gb(pids: list[int]) -> float:
    """Return the memory of processes in GB (10^9 bytes), each shared page counted once in all (PSS)."""
    pages = (re.search(r"^Pss:\s+(\d+) kB", _text(PROC / str(pid) / "smaps_rollup"), re.MULTILINE) for pid in pids)
    return sum(int(found[1]) * 1024 for found in pages if found) / 1e9


def _stat(pid: int) -> list[str]:
    """Return a process's fields from the third on (state, parent, …); nothing when it has ended."""
    return _text(PROC / str(pid) / "stat").rpartition(")")[2].split()


def browser() -> str:
    """Return the Chromium or Chrome that `make bench` found or installed. Raises `Unavailable`."""
    named = os.environ.get("STUDYLAB_BROWSER") or _text(ROOT / ".venv" / "browser-path").strip()
    if not named:
        raise Unavailable("No browser is set up: run `make bench`, or set STUDYLAB_BROWSER to a Chromium or Chrome.")
    return named
