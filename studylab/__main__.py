"""`python -m studylab`: check and start labs, and make the generated parts of docs/verbs.md and docs/writing-a-lab.md.

`python -m studylab record` asks a real nats-server the questions of the concept pages and keeps its answers.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from studylab.author import commands
from studylab.author.guide import GUIDE, PAGES, filled
from studylab.concepts import asking, recorded
from studylab.concepts.questions import QUESTIONS
from vango.actors.errors import VangoError
from vango.verbs.arguments import MAX_BURST
from vango.verbs.registry import MAX_NAME, MAX_TEXT, REGISTRY, Parameter, Verb

PAGE = Path(__file__).resolve().parents[1] / "docs" / "verbs.md"
OPENING = f"""# Verbs

Everything that you can do to a bench, by the place of its button. Buttons, labs, tests and `POST /bench/verbs/<verb>`
(see api.md) issue the same verbs. `python -m studylab verbs --write` prints this page from the registry in
`vango/verbs`, and a test compares the two.

A *name* has at most {MAX_NAME} lower-case letters, digits, `-` and `_`; a *text* at most {MAX_TEXT} characters. An
argument in brackets is optional; without a default it changes nothing when left out. `burst` makes at most
{MAX_BURST:,} changes. Verbs marked **destructive** delete something; *reset* gives a fresh bench at any time.
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit code: 1 when something was found, or could not be done."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "check":
            return 1 if commands.check(options.file, plays=options.play, nats_server=options.nats_server) else 0
        if options.command == "new":
            commands.new(options.name, options.into)
            return 0
        if options.command == "record":
            return record()
        if options.command == "verbs":
            return _write(PAGE, page(), options)
        return max(_write(guide, filled(guide.read_text(encoding="utf-8")), options) for guide in PAGES)
    except VangoError as error:
        print(f"python -m studylab {options.command}: {error}", file=sys.stderr)
        return 1


def _write(file: Path, text: str, options: argparse.Namespace) -> int:
    if options.write:
        file.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0


def record() -> int:
    """Record every answer of the concept pages.

    Returns 1, with a sentence, when a question cannot be asked, or gives another answer when repeated.
    """
    try:
        found, again = (asyncio.run(asking.record(QUESTIONS)) for _ in range(2))
    except VangoError as error:
        print(f"Nothing was recorded: {error}", file=sys.stderr)
        return 1
    if told := list(recorded.unsteady(found, again)):
        print(f"Nothing was recorded. Asked twice, the answers differ: {'; '.join(told)}", file=sys.stderr)
        return 1
    for concept, recording in found.items():
        recorded.write(concept, recording)
        print(f"{concept}.json: nats-server {recording.server}, questions asked: {len(recording.answered)}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m studylab", description="For authors of labs.")
    ways = parser.add_subparsers(dest="command", required=True)
    check = ways.add_parser("check", help="list everything that is wrong with labs")
    check.add_argument("file", nargs="?", type=Path, help="a lab or a folder of labs, anywhere; default: all labs here")
    check.add_argument("--play", action="store_true", help="play each lab on a real bench as well")
    check.add_argument(
        "--nats-server", type=Path, metavar="PATH", help="the broker to play on (default: the packaged one)"
    )
    new = ways.add_parser("new", help="start a new lab")
    new.add_argument("name", help="lower-case letters, digits and underscores, such as ack_wait")
    new.add_argument("--into", type=Path, default=Path(), metavar="DIR", help="the folder (default: this one)")
    ways.add_parser("record", help="ask a real nats-server the questions of the concept pages, and keep its answers")
    for name, file in (("verbs", PAGE), ("guide", GUIDE)):
        way = ways.add_parser(name, help=f"print docs/{file.name}, with its generated parts renewed")
        way.add_argument("--write", action="store_true", help="write the file instead")
    return parser


if __name__ == "__main__":
    sys.exit(main())
