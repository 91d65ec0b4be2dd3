"""Every text that this project writes for people, taken out of its files: docstrings, comments, sentences, pages."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("labs", "vango", "studylab", "benchmarks", "templates", "static", "docs", "concepts", "examples", "tests")
NOT_OURS = {"node_modules", "vendor", "__pycache__", "skeleton", "pictures", "recorded"}
CODE_BLOCK = re.compile(r"^```.*?^```$", re.S | re.M)
EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.S)
SCRIPT_TEXT = re.compile(r"//[^\n]*|\"[^\"\n]*\"|`[^`]*`")


@dataclass(frozen=True, slots=True)
class Text:
    """One text, with its place as `path:line`."""

    path: str
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


def texts() -> Iterator[Text]:
    """Yield every text of the project's files, in the order of the files."""
    for path in (ROOT / "README.md", ROOT / "app.py", *sorted(file for f in FOLDERS for file in (ROOT / f).rglob("*"))):
        if not NOT_OURS & set(path.parts):
            name = str(path.relative_to(ROOT))
            for line, words in _of(path):
                yield Text(name, line, " ".join(words.split()))


def _of(path: Path) -> Iterator[tuple[int, str]]:
    if path.suffix not in (".py", ".md", ".html", ".js"):
        return
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from strings(source)
        yield from _comments(source)
    elif path.suffix == ".md":
        yield from _blocks(CODE_BLOCK.sub(_blank, source))
    elif path.suffix == ".html":
        yield from _blocks(EXPRESSION.sub(_blank, source))
    else:
        yield from ((source.count("\n", 0, found.start()) + 1, found[0]) for found in SCRIPT_TEXT.finditer(source))


def strings(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each string of a Python file. An expression inside one reads `…`."""
    inside: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            inside.update(id(part) for part in ast.walk(node) if part is not node)
            if id(node) not in inside:
                yield node.lineno, "".join(str(p.value) if isinstance(p, ast.Constant) else "…" for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.lineno, node.value


def _comments(source: str) -> Iterator[tuple[int, str]]:
    """Yield comments. One of several lines is one text."""
    first, last, words = 0, 0, ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if token.start[0] != last + 1:
                yield first, words
                first, words = token.start[0], ""
            last, words = token.start[0], f"{words} {token.string.lstrip('#')}"
    yield first, words


def _blocks(source: str) -> Iterator[tuple[int, str]]:
    """Yield paragraphs, so that a turn is found also when it runs over a line's end."""
    line = 1
    for block in source.split("\n\n"):
        yield line, block
        line += block.count("\n") + 2


def _blank(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")
