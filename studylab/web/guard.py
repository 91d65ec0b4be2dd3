"""The guard in front of every route: known hosts only, own pages only for writes, strict headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING

from flask import Flask, Response, current_app, request

from vango.actors.errors import VangoError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_BODY = 64 * 1024
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PUBLIC_ORIGIN = "STUDYLAB_ORIGIN"
EVERYWHERE = {"0.0.0.0", "::"}
SAFE = ("GET", "HEAD", "OPTIONS")
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


class Forbidden(VangoError):
    """A request that did not come from a page of this site."""

    status_hint = 403


def protect(app: Flask, hosts: Sequence[str], origin: str = "") -> None:
    """Put the guard in front of an app. `origin` is that of its public address, if it has one."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.extensions[PUBLIC_ORIGIN] = origin
    app.wsgi_app = HostGuard(app.wsgi_app, hosts)  # type: ignore[method-assign]
    app.before_request(_check)
    app.after_request(_harden)


class HostGuard:
    """Answers only for known hosts, before anything else looks at a request: pages, streams and files alike.

    Flask's TRUSTED_HOSTS knows no IPv6 address and leaves no way to draw a page once it has refused one. An app that
    listens everywhere, at 0.0.0.0 or ::, answers to every IP address: the machine's own may change. The guard is
    against names that were made to lead here, and an address leads where it says.
    """

    def __init__(self, app: WSGIApplication, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = {bare(host) for host in hosts}

    def _knows(self, host: str) -> bool:
        return host in self._hosts or (bool(EVERYWHERE & self._hosts) and _is_address(host))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        found = HOST.fullmatch(environ.get("HTTP_HOST", ""))
        if found is not None and self._knows(bare(found[1])):
            return self._app(environ, start_response)
        body = b"This app does not answer to that Host. Whoever runs it can allow a name with --allow-host NAME.\n"
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body))), *HEADERS.items()]
        start_response("400 Bad Request", headers)
        return [body]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def bare(host: str) -> str:
    """Return a host in the form for comparing and listening: in lower case, an IPv6 address without its brackets."""
    return host.lower().strip("[]")


def own_origins() -> tuple[str, ...]:
    """Return the origins of this site's pages: that of the request, and the public one."""
    asked = request.host_url.rstrip("/").lower()
    public: str = current_app.extensions[PUBLIC_ORIGIN]
    return (public, asked) if public else (asked,)


def _check() -> None:
    if request.method in SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site in ("same-origin", "none"):
            return
        raise Forbidden("This request came from another site and was refused.")
    origin, own = request.headers.get("Origin"), own_origins()
    if origin is None:
        raise Forbidden(f"This request does not name its origin. Send the header Origin: {own[0]}.")
    if origin.lower() not in own:
        raise Forbidden(
            f"This request came from {origin[:100]}, not from {own[0]}, and was refused. If visitors type that "
            "address, the operator of this app can set it with --public-url."
        )


def _harden(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
