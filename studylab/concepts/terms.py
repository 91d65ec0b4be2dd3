"""The words that link any text to the page or the glossary entry that explains them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from studylab.concepts import pages
from studylab.once import once


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text. `address` is set when it is a word with an explanation."""

    text: str
    address: str = ""


class Terms:
    """A table of words, each with an address. Of two that begin at one place the longer wins."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self._addresses = addresses
        longest_first = sorted(addresses, key=len, reverse=True)
        # A line may end between two words of a term.
        forms = "|".join(re.escape(form).replace(r"\ ", r"\s+") for form in longest_first)
        self._any = re.compile(rf"(?<![\w-])(?:{forms})(?![\w-])", re.IGNORECASE) if forms else None

    def pieces(self, text: str, known: set[str]) -> Iterator[Piece]:
        """Cut a text at the words whose address is not in `known` yet; each match is added to it."""
        done = 0
        for found in self._any.finditer(text) if self._any else ():
            address = self._addresses[" ".join(found[0].lower().split())]
            if address in known:
                continue
            known.add(address)
            if found.start() > done:
                yield Piece(text[done : found.start()])
            yield Piece(found[0], address)
            done = found.end()
        if done < len(text):
            yield Piece(text[done:])


@once
def terms() -> Terms:
    """Return the words of all pages and of the glossary. A page wins over an entry of the glossary."""
    found = {form.lower(): word.address for word in pages.glossary() for form in word.linked}
    found |= {form.lower(): concept.address for concept in pages.concepts() for form in concept.words}
    return Terms(found)
