"""`python -m studylab verbs` prints the page of verbs that docs/verbs.md holds; `--write` puts it there.

`python -m studylab record` asks a real nats-server the questions of the concept pages and keeps its answers.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
from itertools import groupby
from pathlib import Path

from studylab.concepts import asking, recorded
from studylab.concepts.questions import QUESTIONS
from vango import verbs
from vango.errors import StudyLabError
from vango.registry import MAX_NAME, MAX_TEXT, REGISTRY, Parameter, Verb

PAGE = Path(__file__).resolve().parents[1] / "docs" / "verbs.md"
OPENING = f"""# Verbs

Everything that anybody can do to a bench, by the place where its button stands. Buttons, labs, tests and
`POST /bench/verbs/<verb>` (see api.md) issue the same ones. This page is printed from the registry in
`vango/verbs.py` by `python -m studylab verbs --write`, and a test compares the two.

A *name* has at most {MAX_NAME} lower-case letters, digits, `-` and `_`; a *text* at most {MAX_TEXT} characters. An argument in
brackets may be left out; without a default it then leaves things as they are. `burst` goes up to {verbs.MAX_BURST:,} changes.
Verbs marked **destructive** take something away; *reset* brings a fresh bench at any time.
"""


def page() -> str:
    """Return the page of all verbs."""
    parts = [OPENING]
    for place, found in groupby(REGISTRY.values(), key=lambda verb: verb.place):
        parts.append(f"\n## {place.capitalize()}\n\n| verb | what it does | arguments |\n|---|---|---|\n")
        parts.extend(_row(verb) for verb in found)
    return "".join(parts)


def _row(verb: Verb) -> str:
    mark = " **destructive**" if verb.destructive else ""
    arguments = "<br>".join(_argument(parameter) for parameter in verb.parameters) or "none"
    return f"| `{verb.name}` | {verb.summary}{mark} | {arguments} |\n"


def _argument(parameter: Parameter) -> str:
    kind = ", ".join(f"`{choice}`" for choice in parameter.choices) or parameter.kind
    limits = [f"from {parameter.low:g}"] if math.isfinite(parameter.low) else []
    limits += [f"to {parameter.high:.0f}"] if math.isfinite(parameter.high) else []
    default = "" if parameter.default is None or parameter.default == "" else f"; default `{parameter.default}`"
    name = f"`{parameter.name}`" if parameter.required else f"[`{parameter.name}`]"
    return f"{name}: {' '.join([kind, *limits])}{default}"


def main() -> int:
    """Print or write the page of verbs, or record the answers."""
    parser = argparse.ArgumentParser(prog="python -m studylab")
    parser.add_argument("what", choices=["verbs", "record"], help="what to print, or to record")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} instead")
    options = parser.parse_args()
    if options.what == "record":
        return record()
    if options.write:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page(), end="")
    return 0


def record() -> int:
    """Record every answer of the concept pages.

    Returns 1, with a sentence, when a question cannot be asked, or is not answered in the same way when asked again.
    """
    try:
        found, again = (asyncio.run(asking.record(QUESTIONS)) for _ in range(2))
    except StudyLabError as error:
        print(f"Nothing was recorded: {error}", file=sys.stderr)
        return 1
    if told := list(recorded.unsteady(found, again)):
        print(f"Nothing was recorded; asked twice, the answers differ: {'; '.join(told)}", file=sys.stderr)
        return 1
    for concept, recording in found.items():
        recorded.write(concept, recording)
        print(f"{concept}.json: nats-server {recording.server}, questions asked: {len(recording.answered)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
