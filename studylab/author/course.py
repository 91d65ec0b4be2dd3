"""The course: the project's labs and those of another folder. Labs that cannot be used are left out and listed."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from studylab.author.source import LAB_FILE, Fault, Source, adopt, examine, has_lab
from studylab.lab.model import Lab
from vango.actors.errors import Unavailable

OWN = Path(__file__).resolve().parents[2] / "labs"
PACKAGE = "labs"


@dataclass(frozen=True, slots=True)
class Course:
    """The usable labs, in teaching order, the file of each by slug, and all faults."""

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
    taken: dict[tuple[str, str], Source] = {}
    faults: list[Fault] = []
    for source in sources:
        lab, found = examine(source)
        faults += found
        if lab is None:
            continue
        double = [name for name in ("id", "slug") if (name, getattr(lab, name)) in taken]
        for name in double:
            value = getattr(lab, name)
            other = Fault(*taken[name, value].place_of(("slug",)), "").where
            sentence = f"the {name} {value!r} is already that of {other}; this lab is left out"
            faults.append(Fault(*source.place_of((name,)), sentence, of=source.file))
        if not double:
            labs.append(lab)
            files[lab.slug] = source.file
            taken |= {("id", lab.id): source, ("slug", lab.slug): source}
    labs.sort(key=lambda lab: (not files[lab.slug].is_relative_to(OWN), lab.number))
    return Course(tuple(labs), files, tuple(faults))


def own_sources() -> list[Source]:
    """Return the lab files of this project in teaching order. One that does not import does not hide the others."""
    try:
        package = importlib.import_module(PACKAGE)
    except Exception:  # noqa: BLE001 - a lab that does not import is named when it is examined
        sys.modules.pop(PACKAGE, None)
        adopt(OWN, PACKAGE)
        return [_own(module) for module in _listed()]
    modules = [module for name, module in [*sys.modules.items()] if name.startswith(f"{PACKAGE}.")]
    by_lab = {id(getattr(module, "LAB", None)): module.__name__ for module in modules}
    return [_own(by_lab[id(lab)]) for lab in package.LABS]


def _own(module: str) -> Source:
    package, _, name = module.rpartition(".")
    return Source(OWN.joinpath(*package.split(".")[1:], f"{name}.py"), package)


def outside_sources(folder: Path) -> list[Source]:
    """Return the labs of a folder, by name, or the one that it is. Raises `Unavailable` when there is none."""
    folder = folder.resolve()
    if folder == OWN:
        return []
    if not folder.is_dir():
        raise Unavailable(f"{folder} is no folder. Give --labs a folder with labs, or leave it out.")
    if (folder / LAB_FILE).is_file():
        return [source_of(folder)]
    files = _lab_files(folder)
    if not files:
        raise Unavailable(
            f"{folder} holds no lab: no Python file in it assigns LAB, and no folder in it has a {LAB_FILE}. `python "
            f"-m studylab new NAME --into {folder}` starts one."
        )
    return [source_of(file) for file in files]


def source_of(file: Path) -> Source:
    """Return a lab, given as its file or its folder, with its package: the project's, or one made from its folder."""
    file = file.resolve() / LAB_FILE if file.is_dir() else file.resolve()
    inner = [file.parent.name] if file.name == LAB_FILE else []
    folder = file.parent.parent if inner else file.parent
    if folder == OWN:
        own_sources()
        return Source(file, ".".join([PACKAGE, *inner]))
    package = "labs_in_" + re.sub(r"\W", "_", str(folder)).strip("_")
    adopt(folder, package)
    return Source(file, ".".join([package, *inner]))


def _lab_files(folder: Path) -> list[Path]:
    """Return the files of a folder that assign LAB, by the name of the lab; those of a lab's own folder among them."""
    found = {file.stem: file for file in folder.glob("*.py")}
    found |= {file.parent.name: file for file in folder.glob(f"*/{LAB_FILE}")}
    return [found[name] for name in sorted(found) if name[0] not in "_." and has_lab(found[name])]


def _listed() -> list[str]:
    """Return the modules from which `labs/__init__.py` takes a LAB; if it is not Python, all that have one."""
    try:
        tree = ast.parse((OWN / "__init__.py").read_bytes())
    except SyntaxError:
        return [source_of(file).module for file in _lab_files(OWN)]
    return [
        node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module and any(alias.name == "LAB" for alias in node.names)
    ]
