"""The plan of the house: `vango`'s contents name every file, packages say what they own, no file or line is long."""

from __future__ import annotations

from pathlib import Path

import pytest

import vango

ROOT = Path(vango.__file__).parent
PACKAGES = sorted(path.parent for path in ROOT.glob("*/__init__.py"))
HOUSE = ROOT.parent
"""Files that are still too long, and have too long lines. None may be added."""
BUILT_ON = [
    HOUSE / "app.py",
    *(path for name in ("studylab", "labs", "tools") for path in (HOUSE / name).rglob("*.py")),
]
MAX_LINES = 250
MAX_COLUMNS = 120
MAX_README = 6


def contents() -> dict[str, list[str]]:
    """Return the table of contents: the files of each package, in the order of reading."""
    found: dict[str, list[str]] = {}
    for line in (vango.__doc__ or "").splitlines():
        words = line.split()
        if line.startswith("    "):
            found[[*found][-1]].append(words[0])
        elif words and (ROOT / words[0]).is_dir():
            found[words[0]] = []
    return found


def test_the_table_of_contents_names_every_package_and_file_once() -> None:
    named = {name: sorted(files) for name, files in contents().items()}
    there = {package.name: sorted(path.stem for path in package.iterdir() if is_shown(path)) for package in PACKAGES}
    assert named == there


def is_shown(path: Path) -> bool:
    is_package = path.is_dir() and (path / "__init__.py").exists()
    return is_package or (path.suffix == ".py" and path.stem != "__init__")


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_a_package_says_what_it_owns_and_what_it_never_does(package: Path) -> None:
    readme = (package / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(readme) <= MAX_README
    assert any("never" in line or "Nothing" in line for line in readme)


def test_no_file_is_too_long_to_be_read_at_a_sitting() -> None:
    long = {
        str(path.relative_to(HOUSE)): length
        for path in (*ROOT.rglob("*.py"), *BUILT_ON)
        if (length := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert not long


def test_no_line_of_a_page_or_of_what_is_built_on_vango_is_too_long_to_be_read() -> None:
    assert not [
        f"{path.relative_to(HOUSE)}:{number}"
        for path in (*BUILT_ON, *(HOUSE / "templates").rglob("*.html"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > MAX_COLUMNS
    ]
