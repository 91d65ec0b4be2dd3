"""One lab: read, imported, checked. Every fault is listed with file and line; none of them stops the app."""

from __future__ import annotations

import ast
import importlib
import sys
import traceback
import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from studylab.author.asked import ask
from studylab.author.places import LAB, Pages, assigned
from studylab.author.written import argument_slips
from studylab.lab.model import Lab
from studylab.lab.proofread import slips
from studylab.lab.shape import Path as LabPath

LAB_FILE = "lab.py"
"""The file that assigns LAB in a lab with its own folder."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault of a lab. `line` is 0 when it is about the whole file; `left_out` means that the lab cannot be used.

    `of` is the lab's file: `file` may be another one beside it, such as that of its checks.
    """

    file: Path
    line: int
    sentence: str
    left_out: bool = True
    of: Path = Path()

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}"

    @property
    def where(self) -> str:
        """File and line, with the shortest path from here."""
        here = Path.cwd()
        file = self.file.relative_to(here) if self.file.is_relative_to(here) else self.file
        return f"{file}:{self.line}" if self.line else str(file)

    @property
    def on_page(self) -> str:
        """File and line, with the path from the lab's folder on, so that no page reveals where that folder is."""
        above = self.of.parents[2 if self.of.name == LAB_FILE else 1]
        file = self.file.relative_to(above) if self.file.is_relative_to(above) else Path(self.file.name)
        return f"{file}:{self.line}" if self.line else str(file)


@dataclass(frozen=True, slots=True)
class Source:
    """A lab: the file that assigns LAB, and the package that it is imported into.

    A lab is one file among others, or its own folder with the file `lab.py`.
    """

    file: Path
    package: str

    @property
    def module(self) -> str:
        """The name under which it is imported."""
        return f"{self.package}.{self.file.stem}"

    @property
    def is_folder(self) -> bool:
        """Whether the lab has its own folder."""
        return self.file.name == LAB_FILE

    def files(self) -> list[Path]:
        """Return the files of the lab: of a folder all in it and one folder deeper, where its parts are."""
        folder = self.file.parent
        others = {*folder.glob("*.py"), *folder.glob("*/*.py")} if self.is_folder else set()
        return [self.file, *sorted(others - {self.file})]

    def has(self, file: Path) -> bool:
        """Return whether a file is its author's code: one of the lab's, or one beside a lab of one file."""
        # A deeper folder, such as a virtual environment beside the labs, is not.
        return file in self.files() if self.is_folder else file.parent == self.file.parent

    def place_of(self, path: LabPath) -> tuple[Path, int]:
        """Return file and line of the value at a path of the lab, or of the nearest value round it."""
        return Pages(self.file, self.package).place_of(path)


def has_lab(file: Path) -> bool:
    """Return whether a file assigns LAB, or cannot be read, which its author should know."""
    try:
        return LAB in assigned(ast.parse(file.read_bytes()))
    except (OSError, SyntaxError, ValueError):
        return True


def adopt(folder: Path, package: str) -> None:
    """Make a package from a folder without running its code, so that each file can be imported separately."""
    if package not in sys.modules:
        module = types.ModuleType(package)
        module.__path__ = [str(folder)]
        sys.modules[package] = module


def examine(source: Source) -> tuple[Lab | None, list[Fault]]:
    """Import a lab file and check it. Returns the lab, None when it cannot be used, and every fault found."""
    try:
        lab, faults = _examine(source)
    except Exception as error:  # noqa: BLE001 - whatever is in a lab file, the app and the other labs go on
        lab, faults = None, [Fault(source.file, 0, f"cannot be checked: {_say(error, source)}")]
    return lab, sorted(replace(fault, of=source.file) for fault in faults)


def _examine(source: Source) -> tuple[Lab | None, list[Fault]]:
    trees, unread = _parse(source)
    if unread:
        return None, unread
    written = [Fault(file, line, sentence) for file, tree in trees.items() for line, sentence in argument_slips(tree)]
    lab, fault = _import(source)
    if fault is not None and not (written and "TypeError" in fault.sentence):
        written.append(fault)
    if lab is None:
        return None, written
    found = [*written, *(Fault(*source.place_of(slip.path), slip.sentence) for slip in slips(lab))]
    if not found:
        found = list(_asked(source, lab))
    return (None if any(fault.left_out for fault in found) else lab), found


def _parse(source: Source) -> tuple[dict[Path, ast.Module], list[Fault]]:
    """Return the syntax trees of a lab's files, and a fault for each that cannot be read."""
    trees: dict[Path, ast.Module] = {}
    faults: list[Fault] = []
    for file in source.files():
        try:
            trees[file] = ast.parse(file.read_bytes(), str(file))
        except OSError as error:
            faults.append(Fault(file, 0, f"cannot be read: {error.strerror or error}"))
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", 0) or 0
            faults.append(Fault(file, line, f"is not Python: {getattr(error, 'msg', error)}"))
    return trees, faults


def _asked(source: Source, lab: Lab) -> Iterator[Fault]:
    for path, sentence, raised in ask(lab):
        file, line = _last_line(raised, source) if raised is not None else (source.file, 0)
        yield Fault(*((file, line) if line else source.place_of(path)), sentence, left_out=False)


def _import(source: Source) -> tuple[Lab | None, Fault | None]:
    try:
        found = getattr(importlib.import_module(source.module), LAB, None)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a lab may raise anything, and the app goes on
        file, line = _last_line(error, source)
        return None, Fault(file, line, f"does not import: {_say(error, source)}")
    if isinstance(found, Lab):
        return found, None
    if found is None:
        return None, Fault(source.file, 0, "has no LAB. A lab file assigns its Lab to the name LAB.")
    return None, Fault(*source.place_of(()), f"LAB is a {type(found).__name__}; expected a Lab")


def _last_line(error: BaseException, source: Source) -> tuple[Path, int]:
    """Return the last place in the code of a lab's author that an error came through."""
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_relative_to(source.file.parent):
        return Path(error.filename), error.lineno or 0
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if source.has(Path(frame.filename))]
    return (Path(own[-1].filename), own[-1].lineno or 0) if own else (source.file, 0)


def _say(error: BaseException, source: Source) -> str:
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    name = getattr(error, "name", None)
    if isinstance(error, ModuleNotFoundError) and name and (source.file.parent / f"{name}.py").is_file():
        said += f". A file beside it is imported with “from . import {name}”."
    return said[:400]
