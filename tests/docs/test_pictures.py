"""Every picture that a page of the docs shows is there, has an alternative text, and is one the suite takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PICTURE = re.compile(r"!\[(.*?)\]\((?!https?:)(.+?)\)")
SHOWN = [
    (page, words, (page.parent / target).resolve())
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    for words, target in PICTURE.findall(page.read_text(encoding="utf-8"))
]
TAKEN = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests" / "browser").glob("test_*.py")))


@pytest.mark.parametrize(("page", "words", "file"), SHOWN, ids=lambda value: getattr(value, "name", ""))
def test_a_picture_is_there_and_has_words(page: Path, words: str, file: Path) -> None:
    assert words, f"{page.name} shows {file.name} without a description"
    assert file.is_file(), f"{page.name} shows {file}, which is not there: run make pictures"
    assert file.read_bytes().startswith(b"<svg" if file.suffix == ".svg" else b"\x89PNG")


def test_the_tour_shows_light_dark_projector_phone_and_step() -> None:
    shown = {file.stem for page, _, file in SHOWN if page.name == "tour.md"}
    assert shown == {"light", "dark", "projector", "phone", "step"}
    assert all(f'picture("tour/{name}")' in TAKEN for name in shown)


def test_every_kept_picture_is_of_a_page_that_the_suite_opens() -> None:
    kept = sorted((ROOT / "docs" / "pictures").rglob("*.png"))
    assert [path.name for path in kept if path.stat().st_size > 500_000] == [], "too large for a repository"
