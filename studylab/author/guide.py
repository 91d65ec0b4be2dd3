"""Fills pages of docs/: each marked section is copied from a file, so that nothing is copied by hand.

A section begins with `<!-- from FILE: NAME -->`, or with `<!-- from FILE -->` for all of it, and ends with `<!-- end
-->`. A name is a function or the target of an assignment, such as PHANTOM.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from vango.actors.errors import NotThere

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "writing-a-lab.md"
EDGES = ROOT / "docs" / "bring-your-own-edge.md"
PAGES = (GUIDE, EDGES)
SECTION = re.compile(r"(<!-- from (\S+): (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
WHOLE = re.compile(r"(<!-- from ([^\s:]+) -->\n).*?(<!-- end -->)", re.DOTALL)
LANGUAGES = {".py": "python", ".mjs": "javascript"}


def filled(text: str | None = None) -> str:
    """Return a page, by default the guide, with every section renewed. Raises `NotThere` for a missing file or name."""
    text = GUIDE.read_text(encoding="utf-8") if text is None else text
    return WHOLE.sub(_whole, SECTION.sub(_section, text))


def _section(found: re.Match[str]) -> str:
    opening, file, name, end = found.groups()
    return f"{opening}```python\n{source_of(file, name)}\n```\n{end}"


def _whole(found: re.Match[str]) -> str:
    opening, file, end = found.groups()
    return f"{opening}```{LANGUAGES[Path(file).suffix]}\n{_read(file)}```\n{end}"


def _read(file: str) -> str:
    if not (ROOT / file).is_file():
        raise NotThere(f"A page of docs/ takes a section from {file}, which is not there.")
    return (ROOT / file).read_text(encoding="utf-8")


def source_of(file: str, name: str) -> str:
    """Return the source of a function or an assignment at the top level of a file of this project."""
    text = _read(file)
    for statement in ast.parse(text).body:
        if name in _names(statement):
            lines = text.splitlines()[statement.lineno - 1 : statement.end_lineno]
            return "\n".join(lines)
    raise NotThere(f"A page of docs/ takes {name} from {file}, which has no such name.")


def _names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    return []
