"""What a page shows when it is loaded, so that its stream need not send it again.

Each panel drawn into a page is noted by a checksum. The page names them all when it opens its stream for the first
time, and the stream leaves out the panels that look the same as they did then. This saves most of the first frame's
bytes, and the browser the work of comparing the whole page with itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

from flask import Flask, g, request
from markupsafe import Markup

HEADER = "Study-Lab-Known"
MOST = 200


def register(app: Flask) -> None:
    """Give the templates the filters that note what they draw."""
    app.jinja_env.filters.update(known=_known, known_apart=_known_apart)
    app.jinja_env.globals["known_so_far"] = _so_far


def _known(html: str) -> Markup:
    """Note a panel of the page. What stands in it and is a panel of its own does not count."""
    own = str(html)
    for inner in g.pop("apart", ()):
        own = own.replace(inner, "", 1)
    g.setdefault("known", []).append(_sum(own))
    return Markup(html)  # noqa: S704 - what a template has drawn


def _known_apart(html: str) -> Markup:
    """Note a panel inside of another one."""
    g.setdefault("apart", []).append(str(html))
    g.setdefault("known", []).append(_sum(str(html)))
    return Markup(html)  # noqa: S704 - what a template has drawn


def _so_far() -> str:
    return " ".join(g.get("known", ()))


def _sum(html: str) -> str:
    return f"{crc32(html.encode()):x}"


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
