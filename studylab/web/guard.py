"""The guard in front of every route: known hosts only, own pages only for what changes something, strict headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from flask import Flask, Response, request

from vango.errors import StudyLabError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_BODY = 64 * 1024
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SAFE = ("GET", "HEAD", "OPTIONS")
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


class Forbidden(StudyLabError):
    """A request that did not come from a page of this site."""

    status_hint = 403


def protect(app: Flask, hosts: Sequence[str]) -> None:
    """Put the guard in front of an app."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.wsgi_app = HostGuard(app.wsgi_app, hosts)  # type: ignore[method-assign]
    app.before_request(_check)
    app.after_request(_harden)


class HostGuard:
    """Answers only for known hosts, before anything else looks at a request: pages, streams and files alike.

    Flask's TRUSTED_HOSTS knows no IPv6 address and leaves no way to draw a page once it has refused one.
    """

    def __init__(self, app: WSGIApplication, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = {_bare(host) for host in hosts}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        found = HOST.fullmatch(environ.get("HTTP_HOST", ""))
        if found is not None and _bare(found[1]) in self._hosts:
            return self._app(environ, start_response)
        body = b"This app does not answer to that Host. Whoever runs it can allow a name with --allow-host NAME.\n"
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        start_response("400 Bad Request", headers)
        return [body]


def _bare(host: str) -> str:
    return host.lower().strip("[]")


def _check() -> None:
    host_url = request.host_url.rstrip("/").lower()
    if request.method in SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site in ("same-origin", "none"):
            return
        raise Forbidden("This request came from another site and was not carried out.")
    origin = request.headers.get("Origin")
    if origin is None:
        raise Forbidden(f"This request does not say where it comes from. Send the header Origin: {host_url}.")
    if origin != host_url:
        raise Forbidden(f"This request came from {origin[:100]}, not from {host_url}; it was not carried out.")


def _harden(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
