"""Faults that are visible in a lab file without running it: missing arguments of the model's parts, or one too many."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from studylab.lab import model

MODULES = ("studylab.lab", "studylab.lab.model", "studylab.lab.scripts")
"""The modules from which a lab takes the parts of the model."""


def argument_slips(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and sentence for each call of a part of the model that Python would refuse."""
    parts = dict(_imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in parts:
            yield from _slips(node, parts[node.func.id])


def _imported(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    """Yield the parts of the model that a file imports, by the name that they have there."""
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module in MODULES:
            for alias in statement.names:
                kind = getattr(model, alias.name, None)
                if is_dataclass(kind):
                    yield alias.asname or alias.name, kind


def _slips(node: ast.Call, kind: Any) -> Iterator[tuple[int, str]]:
    if any(isinstance(argument, ast.Starred) for argument in node.args) or any(k.arg is None for k in node.keywords):
        return
    known = fields(kind)
    given = [field.name for field in known[: len(node.args)]]
    if len(node.args) > len(known):
        yield node.lineno, f"this {kind.__name__} has {len(node.args)} values, and takes at most {len(known)}"
    for keyword in node.keywords:
        if keyword.arg not in {field.name for field in known}:
            takes = ", ".join(field.name for field in known)
            yield keyword.value.lineno, f"a {kind.__name__} has no {keyword.arg}; it takes {takes}"
        elif keyword.arg in given:
            yield keyword.value.lineno, f"{keyword.arg} is given twice to this {kind.__name__}"
        given.append(str(keyword.arg))
    for field in known:
        if field.name not in given and field.default is field.default_factory is MISSING:
            yield node.lineno, f"this {kind.__name__} has no {field.name}"
