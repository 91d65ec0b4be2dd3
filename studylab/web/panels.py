"""Drawing the panels of a page, each only when something that it reads has changed.

Nobody writes down what a panel reads, which would be wrong one day: what its template asks for is noted while it is
drawn. A panel whose reads all give what they gave then looks as it looked then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, render_template

from vango.registry import REGISTRY

PATH = ("verdict", "truth", "relay", "stream")
BESIDE = ("guests", "journal", "code", "broker")
WHOLE = ""

Reads = dict[tuple[str, str], Any]
"""What was read: the name in the context and the attribute, or `WHOLE`, to the value that was found."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel's HTML, and what it was drawn from."""

    html: str
    reads: Reads

    def is_as_of(self, context: Mapping[str, Any]) -> bool:
        """Say whether it would be drawn the same from this context."""
        return all(_read(context.get(name), part) == value for (name, part), value in self.reads.items())


class Noted:
    """Stands for a value in a template, and notes what of it is read: an attribute of a record, or the whole."""

    def __init__(self, name: str, value: Any, reads: Reads) -> None:
        self._name, self._value, self._reads = name, value, reads

    def __getattr__(self, part: str) -> Any:
        found = getattr(self._value, part)
        # What a method reads is not seen from here.
        self._note(WHOLE if callable(found) else part)
        return found

    def __iter__(self) -> Iterator[Any]:
        return iter(self._note())

    def __len__(self) -> int:
        return len(self._note())

    def __bool__(self) -> bool:
        return bool(self._note())

    def __getitem__(self, key: Any) -> Any:
        return self._note()[key]

    def __contains__(self, key: object) -> bool:
        return key in self._note()

    def _note(self, part: str = WHOLE) -> Any:
        self._reads[self._name, part] = _read(self._value, part)
        return self._value


def _read(value: Any, part: str) -> Any:
    return getattr(value, part, None) if part else value


def draw(app: Flask, context: Mapping[str, Any], before: Mapping[str, Drawn]) -> Iterator[dict[str, Drawn]]:
    """Draw the panels of a page from one observation, panel id to what was drawn; what stays as it was is as in `before`.

    They come in two parts, so that the path from truth to edges is on its way while the rest is drawn, and a browser
    has two short tasks instead of a long one.
    """
    for panels in (_along_the_path(context), _beside_it(context)):
        drawn = {}
        with app.test_request_context("/", base_url="http://127.0.0.1"):
            for panel, template, own in panels:
                known = before.get(panel)
                drawn[panel] = known if known and known.is_as_of(own) else _draw(template, own)
        yield drawn


_Panel = tuple[str, str, Mapping[str, Any]]
"""A panel's id, its template and its context."""


def _along_the_path(context: Mapping[str, Any]) -> Iterator[_Panel]:
    """Yield the panels in the direction of flow: what a learner waits for."""
    for name in PATH:
        yield f"panel-{name}", f"panels/{name}.html", context
    for edge in context["seen"].edges:
        yield f"panel-edge-{edge.name}", "panels/edge.html", {**context, "edge": edge}


def _beside_it(context: Mapping[str, Any]) -> Iterator[_Panel]:
    """Yield what is beside the path, and the guide."""
    for name in BESIDE:
        yield f"panel-{name}", f"panels/{name}.html", context
    if context["guide"] is not None:
        yield "panel-guide", "panels/guide.html", context


def _draw(template: str, context: Mapping[str, Any]) -> Drawn:
    reads: Reads = {}
    noted = {name: _noted(name, value, reads) for name, value in context.items()}
    return Drawn(render_template(template, REGISTRY=REGISTRY, **noted), reads)


def _noted(name: str, value: Any, reads: Reads) -> Any:
    if value is None or isinstance(value, str | bool | int | float):
        reads[name, WHOLE] = value
        return value
    return Noted(name, value, reads)
