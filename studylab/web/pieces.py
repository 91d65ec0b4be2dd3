"""How templates are drawn: shared names, no indentation, and pieces of pages that are drawn once and kept."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any

from flask import current_app
from flask.templating import Environment
from markupsafe import Markup

KEPT = 20_000
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)


class Templates(Environment):
    """Templates that share one plain dictionary of global names, and whose indentation does not travel.

    Jinja's own chain of two is asked for each of a hundred names at every import, a fifth of the time of a panel.
    """

    def preprocess(self, source: str, name: str | None = None, filename: str | None = None) -> str:
        """Return a template's text with one space for the indentation of each line; only its readers need more."""
        return _INDENTATION.sub(" ", super().preprocess(source, name, filename))

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the global names of a template, with its own if it has any."""
        return {**self.globals, **d} if d else self.globals


def kept(template: str, **values: Hashable) -> Markup:
    """Return a template drawn from these values only. The pieces not used for longest are forgotten."""
    return _drawn(template, tuple(values.items()))


def kept_each(template: str, name: str, values: Iterable[Hashable], **shared: Hashable) -> Markup:
    """Return what a template makes of each of many values, given under that name, one piece a line; see `kept`."""
    rest = tuple(shared.items())
    return Markup("\n".join([_drawn(template, ((name, value), *rest)) for value in values]))  # noqa: S704 - pieces


def arguments_of(named: Mapping[str, Hashable]) -> tuple[tuple[str, Hashable], ...]:
    """Return named arguments as a piece takes them."""
    return tuple(named.items())


@lru_cache(maxsize=KEPT)
def _drawn(template: str, values: tuple[tuple[str, Hashable], ...]) -> Markup:
    # A template escapes its values automatically.
    return Markup(current_app.jinja_env.get_template(template).render(dict(values)).strip())  # noqa: S704
