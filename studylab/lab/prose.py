"""Markdown to safe HTML. Raw HTML in a lab's prose is shown as text, never as markup."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")


@cache
def block(text: str) -> Markup:
    """Render paragraphs and lists. The lines may be indented as Python's triple-quoted strings are."""
    from inspect import cleandoc

    return Markup(_MARKDOWN.render(cleandoc(text)))  # noqa: S704 - html is disabled in the renderer


def line(text: str) -> Markup:
    """Render one line without a paragraph around it."""
    return Markup(_MARKDOWN.renderInline(text))  # noqa: S704 - html is disabled in the renderer
