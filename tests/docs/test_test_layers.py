"""Each folder of tests may use only what is under it, as the packages themselves do."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
FORBIDDEN = {
    "core": ("app", "flask", "labs", "nats", "playwright", "sqlite3", "sqlite_utils", "studylab", "vango.bench"),
    "vango": ("app", "flask", "labs", "playwright", "studylab"),
    "facts": ("app", "flask", "labs", "playwright", "studylab", "vango"),
    "labs": ("app", "flask", "playwright", "studylab.web"),
    "web": ("playwright",),
}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.parametrize("folder", sorted(FORBIDDEN))
def test_tests_import_nothing_above_their_layer(folder: str) -> None:
    above = {
        f"{path.relative_to(TESTS)}: {name}"
        for path in (TESTS / folder).rglob("*.py")
        for name in imported(path)
        if any(name == module or name.startswith(f"{module}.") for module in FORBIDDEN[folder])
    }
    assert not above
