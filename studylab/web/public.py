"""The address by which visitors know the app behind a proxy: its scheme, its host and its path.

Pages and answers are written as if the app were at the root of its host. Here, in one place, the proxy's prefix is
removed from each request and put before each link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, current_app

from vango.actors.errors import BadInput

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*", re.ASCII)
# Every attribute in which the templates write an address of the app. Typed text cannot look like this, because its
# quotes are escaped.
LINK = re.compile(r'((?:href|src|action|hx-get|hx-post|hx-sse:connect|data-fetched)=")/(?!/)')
PLACE = "STUDYLAB_PUBLIC"


@dataclass(frozen=True, slots=True)
class Public:
    """A public address: `origin` as browsers send it, `host` without its port, `prefix` without a slash at its end."""

    origin: str
    host: str
    prefix: str = ""

    @property
    def is_secret(self) -> bool:
        """Whether the traffic over the network is encrypted."""
        return self.origin.startswith("https:")


def parse(url: str) -> Public:
    """Read the value of `--public-url`. Raises `BadInput`."""
    try:
        parts = urlsplit(url.strip())
        port = "" if parts.port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f":{parts.port}"
    except ValueError:
        parts, port = urlsplit(""), ""
    path = parts.path.rstrip("/")
    whole = (
        parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment or parts.username)
    )
    if not whole or not PATH.fullmatch(path):
        raise BadInput(
            f"--public-url is {url[:100]!r}; expected the address that visitors type, such as https://lab.example.org "
            "or https://example.org/lab."
        )
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    return Public(f"{parts.scheme}://{shown}{port}", host, path)


def register(app: Flask, public: Public) -> None:
    """Put an app at a public address."""
    app.extensions[PLACE] = public
    app.config.update(SESSION_COOKIE_SECURE=public.is_secret, SESSION_COOKIE_PATH=f"{public.prefix}/")
    if public.prefix:
        app.wsgi_app = _Below(app.wsgi_app, public.prefix)  # type: ignore[method-assign]
        app.after_request(_linked)


def prefix() -> str:
    """Return the prefix of each path of the app, empty at the root of a host."""
    public: Public | None = current_app.extensions.get(PLACE)
    return public.prefix if public else ""


def linked(html: str, prefix: str) -> str:
    """Return HTML with links that work for visitors."""
    return LINK.sub(rf"\1{prefix}/", html) if prefix else html


def below(path: str) -> str:
    """Return a path that a browser named as the app knows it: without the prefix."""
    before = prefix()
    return path.removeprefix(before) if path.startswith(f"{before}/") else path


def _linked(response: Response) -> Response:
    if response.mimetype == "text/html" and not response.is_streamed:
        response.set_data(linked(response.get_data(as_text=True), prefix()))
    if response.location and response.location.startswith("/"):
        response.location = f"{prefix()}{response.location}"
    return response


class _Below:
    """Removes the prefix from a request's path, if the proxy has left it there."""

    def __init__(self, app: WSGIApplication, prefix: str) -> None:
        self._app, self._prefix = app, prefix

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == self._prefix or path.startswith(f"{self._prefix}/"):
            environ["PATH_INFO"] = path[len(self._prefix) :] or "/"
        return self._app(environ, start_response)
