"""Attempts on disk: one JSON file for each lab in the bench's folder, replaced in one step: a kill leaves one whole.

A file that cannot be read counts as no attempt: the learner starts the lab again, and the file is kept beside.
"""

from __future__ import annotations

import json
from pathlib import Path

from studylab.lab.attempt import Attempt
from vango.actors.files import write_whole
from vango.journal import codec

FOLDER = "labs"


def path_of(bench_folder: Path, slug: str) -> Path:
    """Return where a lab's attempt is kept."""
    return bench_folder / FOLDER / f"{slug}.json"


def save(bench_folder: Path, slug: str, attempt: Attempt) -> None:
    """Write an attempt, whole or not at all."""
    path = path_of(bench_folder, slug)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, codec.write(attempt))


def load(bench_folder: Path, slug: str) -> Attempt:
    """Read an attempt; a new one when there is none."""
    path = path_of(bench_folder, slug)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        attempt = codec.read(Attempt, kept)
        if "step" not in kept:
            raise codec.Misfit("says no step")
        return attempt
    except FileNotFoundError:
        return Attempt()
    except (OSError, ValueError):
        return Attempt(trouble=_set_aside(path))


def _set_aside(path: Path) -> str:
    try:
        path.replace(path.with_suffix(".unreadable"))
    except OSError as error:
        return f"The stored progress of this lab cannot be read ({error}). Start the lab again."
    return (
        f"The stored progress of this lab cannot be read. It was set aside as {path.stem}.unreadable. Start the "
        "lab again."
    )
