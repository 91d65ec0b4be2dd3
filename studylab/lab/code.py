"""The code shown is the code that runs: the source of a function of the running program, highlighted."""

from __future__ import annotations

import importlib
import inspect
from textwrap import dedent

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from studylab.lab.model import Code
from studylab.lab.seen import CodeSeen
from studylab.once import once


@once
def show(code: Code) -> CodeSeen:
    """Read a function from its module as it runs now. Raises AttributeError or ImportError for a wrong name."""
    found: object = importlib.import_module(code.module)
    for part in code.name.split("."):
        found = getattr(found, part)
    lines, first = inspect.getsourcelines(found)  # type: ignore[arg-type]
    source = dedent("".join(lines))
    where = f"{code.module.replace('.', '/')}.py, line {first}"
    return CodeSeen(code.role, code.title, where, source, highlighted(source))


def highlighted(source: str) -> Markup:
    """Return Python source as markup, escaped, each span ended at the end of its line."""
    escaped = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))
    return Markup(escaped)  # noqa: S704 - Pygments escapes the source
