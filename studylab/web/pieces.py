"""Pieces of pages that look the same whenever they are drawn from the same values: drawn once, and kept."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import lru_cache

from flask import current_app
from markupsafe import Markup

KEPT = 20_000


def kept(template: str, **values: Hashable) -> Markup:
    """Return what a template makes of these values and of nothing else. The pieces longest not asked for are forgotten."""
    return _drawn(template, tuple(values.items()))


def arguments_of(named: Mapping[str, Hashable]) -> tuple[tuple[str, Hashable], ...]:
    """Return named arguments as a piece takes them."""
    return tuple(named.items())


@lru_cache(maxsize=KEPT)
def _drawn(template: str, values: tuple[tuple[str, Hashable], ...]) -> Markup:
    # A template escapes what it is given by itself.
    return Markup(current_app.jinja_env.get_template(template).render(dict(values)).strip())  # noqa: S704
