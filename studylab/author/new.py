"""Starts a lab: a folder with a small, complete lab that can be played, under the new name."""

from __future__ import annotations

import keyword
import re
import shutil
from pathlib import Path

from vango.actors.errors import BadInput, Refused

SKELETON = Path(__file__).with_name("skeleton")
NAME = re.compile(r"[a-z][a-z0-9_]{0,38}[a-z0-9]", re.ASCII)


def begin(name: str, folder: Path) -> Path:
    """Write a new lab into a folder and return the lab's own. On `BadInput` or `Refused` nothing was written."""
    if not NAME.fullmatch(name) or "__" in name or keyword.iskeyword(name):
        raise BadInput(
            f"{name[:60]!r} cannot name a lab: use 2 to 40 lower-case letters, digits and single underscores, "
            "starting with a letter, such as ack_wait. It becomes the folder's name and, with hyphens, the lab's "
            "address."
        )
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is no folder. Give another with --into.")
    lab = folder / name
    for there in (lab, folder / f"{name}.py"):
        if there.exists():
            raise Refused(f"{there} exists already and was not changed. Choose another name.")
    try:
        lab.mkdir(parents=True)
    except OSError as error:
        raise Refused(f"{lab} cannot be made: {error.strerror or error}.") from error
    try:
        for page in SKELETON.glob("*.py"):
            (lab / page.name).write_text(_named(page.read_text(encoding="utf-8"), name), encoding="utf-8")
    except OSError as error:
        shutil.rmtree(lab, ignore_errors=True)
        raise Refused(f"{lab} cannot be written: {error.strerror or error}.") from error
    return lab


def _named(text: str, name: str) -> str:
    text = text.replace("new_lab", name).replace("new-lab", name.replace("_", "-"))
    return text.replace('title="A new lab"', f'title="{name.replace("_", " ").capitalize()}"')
