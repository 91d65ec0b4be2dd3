"""A lab as its author writes it: text of one that was begun is replaced, wherever in its folder it stands."""

from __future__ import annotations

import re
from pathlib import Path


def change(lab: Path, old: str, new: str) -> Path:
    """Replace a text where it stands first in the files of a lab, and return the file."""
    file, _ = place(lab, old)
    file.write_text(file.read_text().replace(old, new, 1))
    return file


def place(lab: Path, text: str) -> tuple[Path, int]:
    """Return file and line of a text in a lab."""
    for file in [lab] if lab.is_file() else sorted(lab.rglob("*.py")):
        if (at := file.read_text().find(text)) >= 0:
            return file, file.read_text()[:at].count("\n") + 1
    raise AssertionError(f"{lab} has no {text!r}")


def as_one_file(lab: Path) -> Path:
    """Write a lab that is a folder into one file beside it, and return that."""
    parts = [(lab / name).read_text() for name in ("checks.py", "steps.py", "lab.py")]
    text = re.sub(r"(?m)^from (__future__|\.) import .*\n", "", "\n".join(parts))
    file = lab.with_suffix(".py")
    file.write_text(text.replace("saw.", "").replace("*steps.STEPS", "*STEPS"))
    for page in lab.glob("*.py"):
        page.unlink()
    lab.rmdir()
    return file
