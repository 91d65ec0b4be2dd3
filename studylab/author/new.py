"""Begins a lab file: a copy of a whole small lab that can be played, under the new name."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from vango.actors.errors import BadInput, Refused

SKELETON = Path(__file__).with_name("skeleton.py")
NAME = re.compile(r"[a-z][a-z0-9_]{0,38}[a-z0-9]", re.ASCII)


def begin(name: str, folder: Path) -> Path:
    """Write a new lab file into a folder and return it. Raises `BadInput` or `Refused`; nothing was written then."""
    if not NAME.fullmatch(name) or "__" in name or keyword.iskeyword(name):
        raise BadInput(
            f"{name[:60]!r} cannot name a lab: use 2 to 40 lower-case letters, digits and single underscores, beginning with "
            "a letter, such as ack_wait. It becomes the file's name and, with hyphens, the lab's address."
        )
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder. Make it first, or give another with --into.")
    file = folder / f"{name}.py"
    text = SKELETON.read_text(encoding="utf-8").replace("new_lab", name).replace("new-lab", name.replace("_", "-"))
    try:
        with file.open("x", encoding="utf-8") as fresh:
            fresh.write(text.replace('title="A new lab"', f'title="{name.replace("_", " ").capitalize()}"'))
    except FileExistsError as error:
        raise Refused(f"{file} is there already, and was left as it is. Choose another name.") from error
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror or error}.") from error
    return file
