"""The project as a wheel, in a virtual environment that has nothing but what the wheel asks for."""

from __future__ import annotations

import shutil
import subprocess
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("vango", "studylab", "labs", "templates", "static", "concepts")
FILES = ("pyproject.toml", "README.md", "LICENSE", "app.py")


def wheel(folder: Path) -> Path:
    """Build the wheel, from a copy: a build may leave files beside what it builds. It needs a network, or pip's cache."""
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / "source" / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, folder / "source")
    built = folder / "wheel"
    _pip(_environment(folder / "build"), "wheel", "--no-deps", "-w", str(built), str(folder / "source"))
    (found,) = built.glob("*.whl")
    return found


def installed(folder: Path) -> Path:
    """Install the wheel, and return the folder of its commands."""
    commands = _environment(folder / "empty")
    _pip(commands, "install", str(wheel(folder)))
    return commands


def _environment(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    return folder / "bin"


def _pip(commands: Path, *arguments: str) -> None:
    subprocess.run([commands / "python", "-m", "pip", "--disable-pip-version-check", *arguments], check=True)
