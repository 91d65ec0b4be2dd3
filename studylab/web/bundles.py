"""Sheets and scripts of a page as one answer each. The files stay as they are written; there is no step of building.

A page with a stage has forty of them, and each request costs its headers and a round trip. Sheets are joined in their
order. Of the modules, each becomes a function of its own, in the order in which they need one another.
"""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, request

from studylab.once import once
from vango.actors.errors import NotThere

FONTS_KEPT_S = 7 * 24 * 3600
STATIC = Path(__file__).resolve().parents[2] / "static"
BEFORE = ("fonts", "tokens", "frame", "controls")
ON_A_STAGE = ("stage", "verdict", "stream", "edges", "journal", "guide", "travel")
LAST = ("projector", "everybody")
"""These override the others."""
OF_A_ROOM = ("course", "progress", *LAST, "room", "wall")
SHEETS = {
    "page.css": (*BEFORE, "course"), "stage.css": (*BEFORE, *ON_A_STAGE, *LAST), "last.css": LAST,
    "room.css": (*BEFORE, *OF_A_ROOM),
}  # fmt: skip
SCRIPTS = {"page.js": ("page",), "stage.js": ("page", "bench"), "room.js": ("room",)}
LIBRARIES = {"htmx.js": ("htmx.min", "hx-sse.min")}
"""Files of others, as they are. htmx begins when its file has run, with what is registered by then: its extension for
streams must not come later, or the page would never be told anything."""
IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"\./([\w-]+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:const|function) (\w+))", re.MULTILINE)


def register(app: Flask) -> None:
    """Serve the bundles where the files are, so that a sheet finds its fonts. A browser keeps the fonts.

    A page uses a font only if it is there at the first paint: to ask whether it has changed would take too long.
    """
    app.add_url_rule("/static/bundle/<name>", "bundle", _bundle)
    app.get_send_file_max_age = _kept_for_s  # type: ignore[assignment, method-assign]


def _kept_for_s(name: str | Path | None) -> int | None:
    return FONTS_KEPT_S if name and "fonts" in Path(name).parts else None


def _bundle(name: str) -> Response:
    if name in SHEETS:
        text = sheets(SHEETS[name])
    elif name in SCRIPTS:
        text = scripts(SCRIPTS[name])
    elif name in LIBRARIES:
        text = libraries(LIBRARIES[name])
    else:
        raise NotThere(f"There is no bundle {name[:40]!r}.")
    response = Response(text, mimetype="text/css" if name in SHEETS else "text/javascript")
    response.cache_control.no_cache = True
    response.set_etag(sha256(text.encode()).hexdigest()[:16], weak=True)
    response.make_conditional(request)
    return response


@once
def sheets(names: tuple[str, ...]) -> str:
    """Return sheets as one, without comments."""
    text = "".join(_text(f"css/{name}.css") for name in names)
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)).strip() + "\n"


@once
def scripts(names: tuple[str, ...]) -> str:
    """Return modules and all that they import as one, each once and after what it imports."""
    order: list[str] = []
    for name in names:
        _arrange(name, order)
    return "".join(map(_as_function, order))


@once
def libraries(names: tuple[str, ...]) -> str:
    """Return scripts of others one after the other."""
    return ";\n".join(_text(f"vendor/{name}.js") for name in names)


def _arrange(name: str, order: list[str]) -> None:
    for _, needed in IMPORT.findall(_text(f"js/{name}.js")):
        if needed not in order:
            _arrange(needed, order)
    order.append(name)


def _as_function(name: str) -> str:
    text = re.sub(r"^\s*//.*\n", "", _text(f"js/{name}.js"), flags=re.MULTILINE)
    exported = ", ".join(EXPORT.findall(text))
    body = EXPORT.sub("", IMPORT.sub(lambda found: _taken(found[1], found[2]), text))
    return f"const {_variable(name)} = (() => {{\n{body}return {{ {exported} }};\n}})();\n"


def _taken(names: str | None, module: str) -> str:
    return f"const {{{names}}} = {_variable(module)};\n" if names else ""


def _variable(name: str) -> str:
    return f"${name.replace('-', '_')}"


def _text(path: str) -> str:
    return (STATIC / path).read_text(encoding="utf-8")
