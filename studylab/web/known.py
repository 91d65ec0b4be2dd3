"""A page with a stage as it is loaded: its panels are drawn as for its stream, which need not send them again.

The page names the checksum of each panel that it shows when it opens its stream for the first time, and the stream
leaves out the panels that look the same as they did then. This saves most of the first frame's bytes, and the browser
the work of comparing the whole page with itself. Nor are they drawn again: the hub keeps what was drawn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from flask import request
from markupsafe import Markup

from studylab.drawn import Drawn
from studylab.hub import Hub
from studylab.web.state import call
from vango.verbs.registry import REGISTRY

HEADER = "Study-Lab-Known"
MOST = 200
# A place inside of a panel that is drawn separately. Typed text cannot look like it, because its brackets are escaped.
_APART = re.compile(r'(<div[^>]* id="([\w-]+)" hx-morph-skip>)(?=</div>)')


class Placed:
    """The drawn panels of a page, which its template places by their ids. What stands inside of one comes with it.

    `sums` are the checksums of those that were placed. `alone` is what this page alone has in some of their places.
    """

    def __init__(self, drawn: Mapping[str, Drawn]) -> None:
        self.sums: list[str] = []
        self.alone: dict[str, str] = {}
        self._drawn = drawn

    def __getitem__(self, panel: str) -> Markup:
        return Markup(self._whole(panel))  # noqa: S704 - what templates have drawn

    def _whole(self, panel: str) -> str:
        html = self._drawn[panel].html
        self.sums.append(_sum(html))
        return _APART.sub(lambda place: place[1] + self._inside(place[2]), html)

    def _inside(self, place: str) -> str:
        return self._whole(place) if place in self._drawn else self.alone.get(place, "")


def loaded(hub: Hub, page: str, *, by_others: bool = False) -> dict[str, Any]:
    """Observe a bench, and return what the template of a page with a stage needs, its panels drawn."""
    context = call(hub.context(page, by_others=by_others))
    return {"REGISTRY": REGISTRY, **context, "panels": Placed(hub.drawn(page, context))}


def named() -> set[str]:
    """Return the checksums that the request names. A page that had a message since then is not as it was loaded."""
    if request.headers.get("Last-Event-ID"):
        return set()
    return set(request.headers.get(HEADER, "").split()[:MOST])


class FirstLook:
    """Leaves out of the frames of one stream what its page has shown since it was loaded."""

    def __init__(self, known: set[str]) -> None:
        self._known = known
        self._sent: set[str] = set()

    def news(self, panels: Mapping[str, str]) -> dict[str, str]:
        """Return the panels that the page has to be told. Only a panel's first drawing may be known."""
        found = {}
        for panel, html in panels.items():
            if panel in self._sent or _sum(html) not in self._known:
                found[panel] = html
            self._sent.add(panel)
        return found


def _sum(html: str) -> str:
    return f"{crc32(html.encode()):x}"
