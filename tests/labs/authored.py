"""A lab as its author writes it: text of one that was begun is replaced, wherever in its folder it stands."""

from __future__ import annotations

import re
from pathlib import Path

ASKS = "    commits = reading.commits(evidence)\n    if not"
CHANGES = {
    "syntax": ("PREDICT = Predict(", "PREDICT = Predict(("),
    "import": ("SETUP = opening(", "import nowhere_at_all\n\nSETUP = opening("),
    "name error": ("SETUP = opening(", "wiat\nSETUP = opening("),
    "exit": ("SETUP = opening(", "raise SystemExit\nSETUP = opening("),
    "no solution": (
        '    solution=(promote("shop", "alloc-c"), settled("every edge to serve it")),\n',
        "",
    ),
    "empty solution": (
        'solution=(promote("shop", "alloc-c"), settled("every edge to serve it"))',
        "solution=()",
    ),
    "solution without a comma": (
        'solution=(promote("shop", "alloc-c"), settled("every edge to serve it"))',
        'solution=(promote("shop", "alloc-c"))',
    ),
    "unknown verb": ('solution=(promote("shop", "alloc-c")', 'solution=(refused("promoot", route="shop")'),
    "wrong argument": ('solution=(promote("shop", "alloc-c")', 'solution=(refused("promote", rout="shop")'),
    "locked verb": ('solution=(promote("shop", "alloc-c")', 'solution=(refused("purge")'),
    "no such panel": ('panel="panel-truth"', 'panel="panel-truht"'),
    "two happen": ("shared by its readers.", 'shared by its readers.", happens=True, key="'),
    "check raises": (ASKS, ASKS.replace("    if", "    commits[0]\n    if")),
    "check exits": (ASKS, "    raise SystemExit\n    commits = []\n    if not"),
    "code that raises": ('"vango.truth.control_plane", "ControlPlane.outbox"', '"labs_that_raise", "outbox"'),
    "odd mapping": ("    locked={},\n", "    locked={1: 'one'},\n"),
    "check answers nothing": (ASKS, "    return None\n    commits = []\n    if not"),
    "wait raises": (
        "SETUP = opening()",
        'from studylab.lab import Wait\n\nSETUP = opening(\n    Wait("it", lambda seen: seen.edge("nowhere")),\n)',
    ),
    "asks the memory": (ASKS, f"    evidence.memory['kept']\n{ASKS}"),
    "prose is a number": ('prose="It is about what you have just measured."', "prose=7"),
    "slug": ('slug="mine"', 'slug="../mine"'),
    "no code": ('"ControlPlane.outbox"', '"ControlPlane.outbax"'),
    "right answer": ('right="database"', 'right="databse"'),
    "no LAB": ("LAB = Lab(", "LABORATORY = Lab("),
    "unknown field": ("    minutes=5,\n", "    minutes=5,\n    minuts=5,\n"),
    "not a lab": ("LAB = Lab(", "LAB = dict("),
}
"""What an author may do to the lab that `new` begins: a text of it, and what stands there instead."""


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
