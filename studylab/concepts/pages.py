"""Concept pages and the glossary, read from the Markdown files in `concepts/`.

A file that does not have what every page has is refused with a sentence that names it: at the start of the app, and in
the suite before that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from studylab.installed import CONCEPTS
from studylab.once import once
from vango.actors.errors import BadInput

FOLDER = CONCEPTS
GLOSSARY = "glossary"
KINDS = ("principle", "concept")
SECTIONS = ("What it is", "Correct use", "Failure trap", "How you would notice", "What a server answered")
FIELDS = ("title", "kind", "order", "summary", "labs", "words")
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Concept:
    """One page. `sections` holds the text under each heading but the last; `lessons` what each answer means."""

    slug: str
    title: str
    kind: str
    order: int
    summary: str
    labs: tuple[str, ...]
    words: tuple[str, ...]
    sections: tuple[tuple[str, str], ...]
    lessons: tuple[tuple[str, str], ...]

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"/concepts/{self.slug}"


@dataclass(frozen=True, slots=True)
class Word:
    """One entry of the glossary. `linked` are the forms of the word that lead here from other texts.

    `stage` is the id of the panel where the thing is to be seen, empty when there is none.
    """

    word: str
    group: str
    linked: tuple[str, ...]
    text: str
    stage: str = ""

    @property
    def anchor(self) -> str:
        """The entry's id on the page."""
        return slug_of(self.word)

    @property
    def address(self) -> str:
        """Where the entry is."""
        return f"/concepts/{GLOSSARY}#{self.anchor}"


def slug_of(heading: str) -> str:
    """Return a heading as an anchor: “How you would notice” as `how-you-would-notice`."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


@once
def concepts(folder: Path = FOLDER) -> tuple[Concept, ...]:
    """Return every page, the principles before the concepts. Raises `BadInput` with what is wrong in which file."""
    paths = [path for path in sorted(folder.glob("*.md")) if path.stem not in (GLOSSARY, "README")]
    return tuple(sorted((_concept(path) for path in paths), key=lambda found: (KINDS.index(found.kind), found.order)))


@once
def glossary(folder: Path = FOLDER) -> tuple[Word, ...]:
    """Return every entry of the glossary in its order. Raises `BadInput`."""
    path = folder / f"{GLOSSARY}.md"
    _, text = _front_matter(path)
    return tuple(_word(path, group, *entry) for group, part in _split(text, "## ") for entry in _split(part, "### "))


def _concept(path: Path) -> Concept:
    fields, text = _front_matter(path)
    if missing := [name for name in FIELDS if not fields.get(name)]:
        raise BadInput(f"{path.name} lacks {', '.join(missing)} in its front matter.")
    if fields["kind"] not in KINDS or not fields["order"].isdigit():
        raise BadInput(f"{path.name}: kind is one of {', '.join(KINDS)}, and order is a number.")
    sections = tuple(_split(text, "## "))
    if tuple(heading for heading, _ in sections) != SECTIONS or not all(body for _, body in sections):
        raise BadInput(f"{path.name} must have these sections, in this order, and text in each: {', '.join(SECTIONS)}.")
    return Concept(
        path.stem, fields["title"], fields["kind"], int(fields["order"]), fields["summary"],
        _listed(fields["labs"]), _listed(fields["words"]), sections[:-1], tuple(_split(sections[-1][1], "### ")),
    )  # fmt: skip


def _word(path: Path, group: str, word: str, body: str) -> Word:
    first, _, text = body.partition("\n")
    if not first.startswith("linked: ") or not text.strip():
        raise BadInput(f"{path.name}, {word}: expected a line “linked: …” and then the meaning of the word.")
    forms = _listed(first.removeprefix("linked: "))
    stage, meaning = re.match(r"(?:stage: (\S+)\n)?(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    return Word(word, group, () if forms == (NOTHING,) else forms, meaning.strip(), stage or "")


def _front_matter(path: Path) -> tuple[dict[str, str], str]:
    if not path.is_file():
        raise BadInput(f"There is no {path}.")
    text = path.read_text(encoding="utf-8")
    found = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    if found is None:
        raise BadInput(f"{path.name} does not begin with front matter between two lines of ---.")
    lines = (line.partition(":") for line in found[1].splitlines())
    return {name.strip(): value.strip() for name, _, value in lines}, text[found.end() :]


def _split(text: str, mark: str) -> Iterator[tuple[str, str]]:
    """Yield each heading of one level with the text under it. What stands before the first heading is left out."""
    for part in re.split(rf"^{re.escape(mark)}", text, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        yield heading.strip(), body.strip()


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (item.strip() for item in text.split(","))))
