"""Drawing the panels of a page, each only when something that it reads has changed.

A hand-written list of what a panel reads would be wrong one day. So the reads of its template are noted while it is
drawn. While all of them give the same values, the panel looks the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any

from flask import Flask
from jinja2 import Template

from vango.verbs.registry import REGISTRY

TO_THE_RELAY = ("verdict", "strip", "truth", "relay")
BESIDE = ("guests", "code", "broker", "trials")

Reads = dict[tuple[str, ...], Any]
"""A read value: the name in the context and the attributes on the way to it."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel's HTML, and what it was drawn from."""

    html: str
    reads: Reads

    def is_as_of(self, context: Mapping[str, Any]) -> bool:
        """Return whether it would be drawn the same from this context."""
        for (name, *way), value in self.reads.items():
            now = context.get(name)
            for attribute in way:
                now = getattr(now, attribute, None)
            if now is not value and now != value:
                return False
        return True


class Noted:
    """Stands for a value in a template, and notes its reads: an attribute, or the whole.

    An observation consists of records, and the attributes of the records are noted: `deep` is 1 for it.
    """

    def __init__(self, reads: Reads, value: Any, *way: str, deep: int = 0) -> None:
        self._reads, self._value, self._way, self._deep = reads, value, way, deep

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._value, name)
        if self._deep and is_dataclass(found):
            found = Noted(self._reads, found, *self._way, name, deep=self._deep - 1)
        elif callable(found):
            # The reads of a method are not visible here.
            self._whole()
        else:
            self._reads[*self._way, name] = found
        # It is noted now: from here on Python finds it without asking this method.
        self.__dict__[name] = found
        return found

    def __iter__(self) -> Iterator[Any]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def __bool__(self) -> bool:
        if is_dataclass(self._value):
            # A record is true. That there is one was read, and nothing of it.
            self._reads[*self._way, "__class__"] = type(self._value)
            return True
        return bool(self._whole())

    def __getitem__(self, key: Any) -> Any:
        return self._whole()[key]

    def __contains__(self, key: object) -> bool:
        return key in self._whole()

    def _whole(self) -> Any:
        self._reads[self._way] = self._value
        return self._value


def draw(app: Flask, context: Mapping[str, Any], before: Mapping[str, Drawn]) -> Iterator[dict[str, Drawn]]:
    """Draw the panels of a page from one observation, panel id to what was drawn; unchanged ones are as in `before`.

    They come in parts, so that a browser has a few short tasks instead of a long one. The edges come first, because a
    learner waits for them, and they are sent while the rest is drawn. The journal and the guide come last: what they
    name is on the page by then.
    """
    everywhere: dict[str, Any] = {"REGISTRY": REGISTRY}
    with app.app_context():
        app.update_template_context(everywhere)
    for panels in (_edges(context), _to_the_relay(context), _stream(context), _beside(context), _told(context)):
        drawn = {}
        with app.app_context():
            for panel, template, own in panels:
                known = before.get(panel)
                if known is None or not known.is_as_of(own):
                    known = _draw(app.jinja_env.get_template(template), everywhere, own)
                drawn[panel] = known
        yield drawn


_Panel = tuple[str, str, Mapping[str, Any]]
"""A panel's id, its template and its context."""


def _edges(context: Mapping[str, Any]) -> Iterator[_Panel]:
    for edge in context["seen"].edges:
        yield f"panel-edge-{edge.name}", "panels/edge.html", {**context, "edge": edge}


def _to_the_relay(context: Mapping[str, Any]) -> Iterator[_Panel]:
    for name in TO_THE_RELAY:
        yield f"panel-{name}", f"panels/{name}.html", context
    yield "controls-verdict", "controls/verdict.html", context


def _stream(context: Mapping[str, Any]) -> Iterator[_Panel]:
    """Yield the stream, and what goes with the bench and is none of its parts."""
    yield "panel-stream", "panels/stream.html", context
    for panel, template in context.get("more", ()):
        yield panel, template, context


def _beside(context: Mapping[str, Any]) -> Iterator[_Panel]:
    """Yield what is beside the scene: guests, the broker, and the inspector of every place."""
    for name in BESIDE:
        yield f"panel-{name}", f"panels/{name}.html", context
    yield "code-latest", "panels/latest.html", context
    for name in ("truth", "relay", "stream"):
        yield from _inspected(name, name, context)
    if "own" in context:
        yield "panel-acts", "panels/acts.html", context
    for edge in context["seen"].edges:
        yield from _inspected("edge", f"edge-{edge.name}", {**context, "edge": edge})


def _told(context: Mapping[str, Any]) -> Iterator[_Panel]:
    yield "panel-journal", "panels/journal.html", context
    if context["guide"] is not None:
        yield "panel-guide", "panels/guide.html", context


def _inspected(template: str, name: str, context: Mapping[str, Any]) -> Iterator[_Panel]:
    """Yield what the inspector shows of a place. Its controls are drawn separately: they seldom change."""
    yield f"now-{name}", f"now/{template}.html", context
    yield f"controls-{name}", f"controls/{template}.html", context
    yield f"rules-{name}", f"rules/{template}.html", context


def _draw(template: Template, everywhere: Mapping[str, Any], context: Mapping[str, Any]) -> Drawn:
    reads: Reads = {}
    noted = {name: _noted(name, value, reads) for name, value in context.items()}
    return Drawn(template.render({**everywhere, **noted}), reads)


def _noted(name: str, value: Any, reads: Reads) -> Any:
    if value is None or isinstance(value, str | bool | int | float):
        reads[(name,)] = value
        return value
    return Noted(reads, value, name, deep=1 if name == "seen" else 0)
