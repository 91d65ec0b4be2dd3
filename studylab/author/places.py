"""Where a value of a lab stands in its file: its path in the lab is followed through the file's syntax tree, by names too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from studylab.lab import model
from studylab.lab.shape import Path

LAB = "LAB"


def assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """Return what each name of a module was last assigned, by name."""
    found: dict[str, ast.expr] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            found |= {target.id: statement.value for target in statement.targets if isinstance(target, ast.Name)}
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            found[statement.target.id] = statement.value
    return found


def line_of(tree: ast.Module, path: Path) -> int:
    """Return the line of the value at a path of LAB, or of the nearest value round it that the file spells out."""
    names = assigned(tree)
    node = names.get(LAB)
    if node is None:
        return 1
    line = node.lineno
    for part in path:
        inner = _inside(_meant(node, names), part, names)
        if inner is None:
            return line
        line, node = _meant(inner, names).lineno, inner
    return line


def field_names(constructor: str) -> list[str]:
    """Return the fields of a part of the model in order, empty for what is no part of it."""
    kind = getattr(model, constructor, None)
    return [field.name for field in fields(kind)] if is_dataclass(kind) and isinstance(kind, type) else []


def _meant(node: ast.expr, names: dict[str, ast.expr]) -> ast.expr:
    """Follow names to what they were assigned in this file."""
    seen: set[str] = set()
    while isinstance(node, ast.Name) and node.id in names and node.id not in seen:
        seen.add(node.id)
        node = names[node.id]
    return node


def _inside(node: ast.expr, part: str | int, names: dict[str, ast.expr]) -> ast.expr | None:
    if isinstance(part, str):
        return _argument(node, part) if isinstance(node, ast.Call) else None
    for index, item in enumerate(_items(node, names)):
        if isinstance(item, ast.Starred):
            return item.value
        if index == part:
            return item
    return None


def _argument(node: ast.Call, name: str) -> ast.expr | None:
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    order = field_names(called)
    place = order.index(name) if name in order else len(node.args)
    return node.args[place] if place < len(node.args) else None


def _items(node: ast.expr, names: dict[str, ast.expr]) -> Iterator[ast.expr]:
    """Yield the items of a tuple as it is written. A starred one that cannot be counted ends the counting."""
    if isinstance(node, ast.BinOp):
        yield from _items(_meant(node.left, names), names)
        yield from _items(_meant(node.right, names), names)
    elif isinstance(node, ast.Tuple | ast.List):
        for item in node.elts:
            inner = _meant(item.value, names) if isinstance(item, ast.Starred) else None
            if isinstance(inner, ast.Tuple | ast.List | ast.BinOp):
                yield from _items(inner, names)
            else:
                yield item
