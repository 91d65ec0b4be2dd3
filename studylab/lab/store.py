"""Attempts on disk: one JSON file for each lab in the bench's folder, replaced in one step so that a kill leaves one whole.

A file that cannot be read counts as no attempt: the learner starts the lab again, and the file is kept beside.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from studylab.lab.attempt import Attempt, Prediction, Said
from studylab.lab.model import Figure, Place, Shown
from vango.actors.files import write_whole

FOLDER = "labs"


def path_of(bench_folder: Path, slug: str) -> Path:
    """Return where a lab's attempt is kept."""
    return bench_folder / FOLDER / f"{slug}.json"


def save(bench_folder: Path, slug: str, attempt: Attempt) -> None:
    """Write an attempt, whole or not at all."""
    path = path_of(bench_folder, slug)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(asdict(attempt)))


def load(bench_folder: Path, slug: str) -> Attempt:
    """Read an attempt; a new one when there is none."""
    path = path_of(bench_folder, slug)
    try:
        return _from_json(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Attempt()
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
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


def _from_json(kept: dict[str, Any]) -> Attempt:
    rich = {
        "said": {step: {label: Said(**s) for label, s in said.items()} for step, said in kept["said"].items()},
        "predictions": {step: Prediction(**prediction) for step, prediction in kept["predictions"].items()},
        "shown": {step: _shown(shown) for step, shown in kept["shown"].items()},
    }
    return Attempt(**{**kept, **rich})


def _shown(kept: dict[str, Any]) -> Shown:
    figure = kept["figure"]
    return Shown(tuple(kept["records"]), Figure(figure["caption"], tuple(Place(**place) for place in figure["places"])))
