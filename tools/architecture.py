"""Draw docs/pictures/architecture.svg from the import contracts in pyproject.toml.

Each contract of type `layers` is a stack: what stands higher may import what stands lower, and never the other way. The
sentence beside a package is the first of its docstring. `python tools/architecture.py` writes the picture; a test
compares it with the contracts.
"""

from __future__ import annotations

import ast
import re
import textwrap
import tomllib
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "pictures" / "architecture.svg"
WIDTH, MARGIN, NAME_WIDTH, LETTERS = 1000, 24, 132, 112
LINE, PAD, HEAD = 16, 7, 30
COLOURS = {"vango.truth": "#f4d58d", "vango.relay": "#d9c8f0", "vango.broker": "#bcdcf5", "vango.edge": "#c5e8c9"}
PLAIN, INK, SOFT, PAPER, FRAME = "#e6e9ee", "#18222f", "#46536a", "#fbfaf7", "#9aa7b8"


class Row(NamedTuple):
    """One layer: its dotted modules, which do not know each other, and what is said of it."""

    modules: tuple[str, ...]
    lines: list[str]

    @property
    def height(self) -> int:
        return LINE * len(self.lines) + 2 * PAD


def stacks() -> dict[str, list[tuple[str, ...]]]:
    """Return the layers of each container, the highest first; under "" the stack of the top-level packages."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: dict[str, list[tuple[str, ...]]] = {}
    for contract in config["tool"]["importlinter"]["contracts"]:
        if contract["type"] == "layers":
            for container in contract.get("containers", [""]):
                # A pattern such as `labs.*` orders the inside of each lab, and is no package of the picture.
                if "*" not in container:
                    found[container] = [tuple(re.findall(r"\w+", layer)) for layer in contract["layers"]]
    return found


def sentence(module: str) -> str:
    """Return the first sentence of a module's docstring, without its full stop."""
    path = ROOT.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return re.split(r"\.(?:\s|$)", " ".join(said.split()), maxsplit=1)[0].replace("`", "")


def rows(container: str, layers: list[tuple[str, ...]]) -> list[Row]:
    """Return the layers of a container with what their modules say of themselves."""
    prefix = f"{container}." if container else ""
    made = []
    for names in layers:
        modules = tuple(prefix + name for name in names)
        said = "; ".join(filter(None, map(sentence, modules)))
        made.append(Row(modules, textwrap.wrap(said, LETTERS) or [""]))
    return made


def draw() -> str:
    """Return the picture as SVG."""
    found = stacks()
    y, body = MARGIN, list[str]()
    for (package,) in found[""]:
        inside = rows(package, found[package]) if package in found else []
        height = HEAD + sum(row.height + 2 for row in inside) + (PAD if inside else 0)
        body += _frame(package, y, height)
        at = y + HEAD
        for row in inside:
            body += _row(row, at)
            at += row.height + 2
        y += height + 26
        body += _arrow(y - 24)
    del body[-1]  # nothing stands below the last
    return "\n".join([*_head(y), *body, "</svg>", ""])


def _head(height: int) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" '
        f'font-size="13" role="img" aria-labelledby="title">'
    )
    yield '<title id="title">The packages, each above those that it may import</title>'
    yield f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>'


def _frame(package: str, y: int, height: int) -> Iterator[str]:
    x, width = MARGIN, WIDTH - 2 * MARGIN
    yield f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="none" stroke="{FRAME}"/>'
    name, said = escape(package), escape(sentence(package))
    yield f'<text x="{x + 12}" y="{y + 20}" fill="{INK}" font-size="15" font-weight="600">{name}</text>'
    yield f'<text x="{x + 12 + NAME_WIDTH}" y="{y + 20}" fill="{SOFT}">{said}</text>'


def _row(row: Row, y: int) -> Iterator[str]:
    x, colour = MARGIN + 8, COLOURS.get(row.modules[0], PLAIN)
    yield f'<rect x="{x}" y="{y}" width="{NAME_WIDTH}" height="{row.height}" rx="4" fill="{colour}"/>'
    name = " · ".join(module.rpartition(".")[2] for module in row.modules)
    yield f'<text x="{x + 10}" y="{y + PAD + 12}" fill="{INK}" font-weight="600">{escape(name)}</text>'
    for number, line in enumerate(row.lines):
        at = y + PAD + 12 + LINE * number
        yield f'<text x="{x + NAME_WIDTH + 14}" y="{at}" fill="{INK}">{escape(line)}</text>'


def _arrow(y: int) -> list[str]:
    x = MARGIN + 8 + NAME_WIDTH // 2
    return [f'<path d="M{x} {y}v16m-5 -6l5 6l5 -6" fill="none" stroke="{SOFT}" stroke-width="2"/>']


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
