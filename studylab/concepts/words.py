"""What a pop-over says of a word: one sentence, where to read more, and where on the stage the thing is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from studylab.concepts import pages
from studylab.concepts.search import plain

_LINK = re.compile(r"\]\((/concepts/[a-z-]+)\)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Said:
    """One word explained. `address` leads to the page, or to the entry where there is no page; `stage` may be empty."""

    word: str
    sentence: str
    address: str
    stage: str


def said_of(slug: str) -> Said | None:
    """Return what is said of a word by its anchor in the glossary, by the slug of its page, or by one of its forms."""
    asked = slug.lower()
    for word in pages.glossary():
        if asked in {word.anchor, *map(pages.slug_of, word.linked)}:
            return _of_entry(word)
    for concept in pages.concepts():
        if asked in {concept.slug, *map(pages.slug_of, concept.words)}:
            entry = next((word for word in pages.glossary() if word.anchor == pages.slug_of(concept.title)), None)
            return Said(concept.title.lower(), concept.summary, concept.address, entry.stage if entry else "")
    return None


def _of_entry(word: pages.Word) -> Said:
    page = _LINK.search(word.text)
    return Said(word.word, first_sentence(word.text), page[1] if page else word.address, word.stage)


def first_sentence(markdown: str) -> str:
    """Return the first sentence of a text, without marks."""
    return _SENTENCE.split(plain(markdown), maxsplit=1)[0]
