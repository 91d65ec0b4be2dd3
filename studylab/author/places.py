"""Where a value of a lab is written. Its path in the lab is followed through the syntax trees of the lab's files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path

from studylab.lab import model
from studylab.lab.shape import Path as LabPath

LAB = "LAB"
BUILDERS = {"quiz": "Quiz", "question": "Question"}
"""The functions of `studylab.lab` that make a part of the model, by name."""


def assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """Return the last assignment of each name of a module."""
    found: dict[str, ast.expr] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            found |= {target.id: statement.value for target in statement.targets if isinstance(target, ast.Name)}
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            found[statement.target.id] = statement.value
    return found


def field_names(constructor: str) -> list[str]:
    """Return the fields of a part of the model in order, empty for anything else."""
    kind = getattr(model, BUILDERS.get(constructor, constructor), None)
    return [field.name for field in fields(kind)] if is_dataclass(kind) and isinstance(kind, type) else []


@dataclass(frozen=True, slots=True)
class Page:
    """One file of a lab: the assignments of its names, and which names it imports from which module."""

    file: Path
    names: dict[str, ast.expr]
    imported: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Pages:
    """The source files of one lab. `file` assigns LAB, `package` is the package that it is imported into."""

    file: Path
    package: str
    _read: dict[str, Page | None] = field(default_factory=dict)

    def place_of(self, path: LabPath) -> tuple[Path, int]:
        """Return file and line of the value at a path of LAB, or of the nearest enclosing value in the source."""
        page = self._page(f"{self.package}.{self.file.stem}")
        if page is None or LAB not in page.names:
            return self.file, 1
        node, place = page.names[LAB], (page.file, page.names[LAB].lineno)
        for part in path:
            node, page = self._meant(node, page)
            inner = self._inside(node, part, page)
            if inner is None:
                return place
            meant, where = self._meant(*inner)
            place, (node, page) = (where.file, meant.lineno), inner
        return place

    def _page(self, module: str) -> Page | None:
        """Return a module of the lab's own package; None for any other, and for one that cannot be read."""
        if not module.startswith(f"{self.package}."):
            return None
        if module not in self._read:
            self._read[module] = self._open(module)
        return self._read[module]

    def _open(self, module: str) -> Page | None:
        inner = self.file.parent.joinpath(*module.removeprefix(f"{self.package}.").split("."))
        file = inner / "__init__.py" if inner.is_dir() else inner.with_suffix(".py")
        try:
            tree = ast.parse(file.read_bytes())
        except (OSError, SyntaxError, ValueError):
            return None
        return Page(
            file, assigned(tree), dict(_imported(tree, module if inner.is_dir() else module.rpartition(".")[0]))
        )

    def _meant(self, node: ast.expr, page: Page) -> tuple[ast.expr, Page]:
        """Follow names to their assignments, in this file or in another of the lab."""
        seen: set[tuple[Path, str]] = set()
        while found := self._named(node, page):
            name, page = found
            if (page.file, name) in seen or name not in page.names:
                break
            seen.add((page.file, name))
            node = page.names[name]
        return node, page

    def _named(self, node: ast.expr, page: Page) -> tuple[str, Page] | None:
        """Return the name in an expression, and the file in which it was assigned; None for anything else."""
        if isinstance(node, ast.Name) and node.id in page.names:
            return node.id, page
        if isinstance(node, ast.Name) and node.id in page.imported:
            module, name = page.imported[node.id]
            other = self._page(module)
            return (name, other) if other is not None and name in other.names else None
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in page.imported:
            other = self._page(".".join(page.imported[node.value.id]))
            return (node.attr, other) if other is not None and node.attr in other.names else None
        return None

    def _inside(self, node: ast.expr, part: str | int, page: Page) -> tuple[ast.expr, Page] | None:
        if isinstance(part, str):
            argument = _argument(node, part) if isinstance(node, ast.Call) else None
            return (argument, page) if argument is not None else None
        for index, (item, where) in enumerate(self._items(node, page)):
            if isinstance(item, ast.Starred):
                return item.value, where
            if index == part:
                return item, where
        return None

    def _items(self, node: ast.expr, page: Page) -> Iterator[tuple[ast.expr, Page]]:
        """Yield the items of a tuple in the source. A starred item of unknown length ends the count."""
        if isinstance(node, ast.BinOp):
            yield from self._items(*self._meant(node.left, page))
            yield from self._items(*self._meant(node.right, page))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "opening":
            # It waits first, then makes its calls, then waits again.
            yield from ((item, page) for item in (node, *node.args, node))
        elif isinstance(node, ast.Tuple | ast.List):
            for item in node.elts:
                inner = self._meant(item.value, page) if isinstance(item, ast.Starred) else None
                if inner and isinstance(inner[0], ast.Tuple | ast.List | ast.BinOp):
                    yield from self._items(*inner)
                else:
                    yield item, page


def _imported(tree: ast.Module, package: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each name that a module takes from another one: with the other's full name, and its name there."""
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom):
            outer = package.rsplit(".", statement.level - 1)[0] if statement.level else ""
            module = ".".join(filter(None, (outer, statement.module)))
            for alias in statement.names:
                yield alias.asname or alias.name, (module, alias.name)


def _argument(node: ast.Call, name: str) -> ast.expr | None:
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if (called, name) == ("quiz", "questions"):
        return ast.Tuple(node.args, lineno=node.lineno)
    order = field_names(called)
    place = order.index(name) if name in order else len(node.args)
    return node.args[place] if place < len(node.args) else None
