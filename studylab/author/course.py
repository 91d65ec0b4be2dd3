"""The course: the labs of this project and those of a folder of somebody's own. What cannot be used is left out and named."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from studylab.author.places import line_of
from studylab.author.source import Fault, Source, adopt, examine, has_lab
from studylab.lab.model import Lab
from vango.actors.errors import Unavailable

OWN = Path(__file__).resolve().parents[2] / "labs"
PACKAGE = "labs"


@dataclass(frozen=True, slots=True)
class Course:
    """The labs that can be used, in teaching order, the file of each by slug, and all that is wrong."""

    labs: tuple[Lab, ...]
    files: dict[str, Path]
    faults: tuple[Fault, ...]


def load(outside: Path | None = None) -> Course:
    """Load the project's labs, then those of a folder. Raises `Unavailable` when there is no such folder."""
    return gather([*own_sources(), *(outside_sources(outside) if outside else ())])


def gather(sources: Iterable[Source]) -> Course:
    """Examine lab files, and keep the first of two that claim one id or slug."""
    labs: list[Lab] = []
    files: dict[str, Path] = {}
    taken: dict[tuple[str, str], Path] = {}
    faults: list[Fault] = []
    for source in sources:
        lab, found = examine(source)
        faults += found
        if lab is None:
            continue
        double = [name for name in ("id", "slug") if (name, getattr(lab, name)) in taken]
        for name in double:
            value = getattr(lab, name)
            other = Fault(taken[name, value], _line_of("slug", taken[name, value]), "").where
            sentence = f"the {name} {value!r} is already that of {other}; this lab is left out"
            faults.append(Fault(source.file, _line_of(name, source.file), sentence, of=source.file))
        if not double:
            labs.append(lab)
            files[lab.slug] = source.file
            taken |= {("id", lab.id): source.file, ("slug", lab.slug): source.file}
    labs.sort(key=lambda lab: (files[lab.slug].parent != OWN, lab.number))
    return Course(tuple(labs), files, tuple(faults))


def _line_of(field: str, file: Path) -> int:
    """Return the line of a lab file that gives a field."""
    return line_of(ast.parse(file.read_bytes()), (field,))


def own_sources() -> list[Source]:
    """Return the lab files of this project in teaching order. One that does not import does not hide the others."""
    try:
        package = importlib.import_module(PACKAGE)
    except Exception:  # noqa: BLE001 - one lab's mistake must not take the others along; it is named when it is examined
        sys.modules.pop(PACKAGE, None)
        adopt(OWN, PACKAGE)
        return [Source(OWN / f"{name}.py", PACKAGE) for name in _listed()]
    modules = [module for name, module in [*sys.modules.items()] if name.startswith(f"{PACKAGE}.")]
    by_lab = {id(getattr(module, "LAB", None)): Path(str(module.__file__)) for module in modules}
    return [Source(by_lab[id(lab)], PACKAGE) for lab in package.LABS]


def outside_sources(folder: Path) -> list[Source]:
    """Return the lab files of a folder, by name. Raises `Unavailable` when it is no folder or holds none."""
    folder = folder.resolve()
    if folder == OWN:
        return []
    if not folder.is_dir():
        raise Unavailable(f"{folder} is no folder. Give one with lab files to --labs, or leave it out.")
    files = [file for file in sorted(folder.glob("*.py")) if not file.name.startswith("_") and has_lab(file)]
    if not files:
        raise Unavailable(
            f"{folder} holds no lab: no Python file in it assigns LAB. `python -m studylab new NAME --into {folder}` begins one."
        )
    return [source_of(file) for file in files]


def source_of(file: Path) -> Source:
    """Return a lab file with the package that it belongs to: the project's, or one made of its folder."""
    file = file.resolve()
    if file.parent == OWN:
        own_sources()
        return Source(file, PACKAGE)
    package = "labs_in_" + re.sub(r"\W", "_", str(file.parent)).strip("_")
    adopt(file.parent, package)
    return Source(file, package)


def _listed() -> list[str]:
    """Return the modules that `labs/__init__.py` takes a LAB from; if it is no Python, every file that has one."""
    try:
        tree = ast.parse((OWN / "__init__.py").read_bytes())
    except SyntaxError:
        return [file.stem for file in sorted(OWN.glob("*.py")) if has_lab(file)]
    return [
        node.module.removeprefix(f"{PACKAGE}.")
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module and any(alias.name == "LAB" for alias in node.names)
    ]
