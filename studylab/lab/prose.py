"""Markdown to safe HTML. Raw HTML in a lab's prose is shown as text, never as markup.

In paragraphs and lists the first mention of a word that has an explanation becomes a link to it. Not inside code, not
inside a link, and not in *emphasis*, which in this project's prose names a thing on the page, such as a button.
"""

from __future__ import annotations

from functools import cache
from inspect import cleandoc

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup

from studylab.concepts.terms import terms

KNOWN = "known"
_OPENS = ("link_open", "em_open")
_CLOSES = ("link_close", "em_close")


def _link_words(state: StateCore) -> None:
    """Cut the plain text of a rendering into words that are explained elsewhere and the rest."""
    known = state.env.get(KNOWN)
    if known is None:
        return
    for token in state.tokens:
        if token.type == "inline" and token.children:
            token.children = _linked(token.children, known)


def _linked(tokens: list[Token], known: set[str]) -> list[Token]:
    found: list[Token] = []
    inside = 0
    for token in _joined(tokens):
        inside += (token.type in _OPENS) - (token.type in _CLOSES)
        found += [token] if inside or token.type != "text" else _cut(token.content, known)
    return found


def _joined(tokens: list[Token]) -> list[Token]:
    """Return the tokens with text that runs over line ends in one piece; it is rendered as before."""
    found: list[Token] = []
    for token in tokens:
        text = "\n" if token.type == "softbreak" else token.content if token.type == "text" else None
        if text is None:
            found.append(token)
        elif found and found[-1].type == "text":
            found[-1].content += text
        else:
            found.append(Token("text", "", 0, content=text))
    return found


def _cut(text: str, known: set[str]) -> list[Token]:
    found: list[Token] = []
    for piece in terms().pieces(text, known):
        words = Token("text", "", 0, content=piece.text)
        if piece.address:
            opening = Token("link_open", "a", 1, attrs={"class": "term", "href": piece.address})
            found += [opening, words, Token("link_close", "a", -1)]
        else:
            found.append(words)
    return found


_MARKDOWN = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
_MARKDOWN.core.ruler.push("words", _link_words)


@cache
def block(text: str, home: str = "") -> Markup:
    """Render paragraphs and lists. The lines may be indented as Python's triple-quoted strings are.

    `home` is the address of the page that the text stands on: its own words are not linked.
    """
    html = _MARKDOWN.render(cleandoc(text), {KNOWN: {home}})
    return Markup(html)  # noqa: S704 - html is disabled in the renderer


def line(text: str) -> Markup:
    """Render one line without a paragraph around it and without links, as in a label."""
    return Markup(_MARKDOWN.renderInline(text))  # noqa: S704 - html is disabled in the renderer
