"""The guard in front of every route: known hosts only, own pages only for what changes something, strict headers."""

from __future__ import annotations

from flask import Flask, Response, request

from vango.errors import StudyLabError

MAX_BODY = 64 * 1024
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SAFE = ("GET", "HEAD", "OPTIONS")


class Forbidden(StudyLabError):
    """A request that did not come from a page of this site."""

    status_hint = 403


def protect(app: Flask, hosts: list[str]) -> None:
    """Put the guard in front of an app."""
    app.config.update(
        TRUSTED_HOSTS=hosts, MAX_CONTENT_LENGTH=MAX_BODY, SESSION_COOKIE_SAMESITE="Strict", SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_NAME="studylab",
    )  # fmt: skip
    app.before_request(_check)
    app.after_request(_harden)


def _check() -> None:
    # Reading the host makes Flask compare it with the trusted ones, on every route.
    host_url = request.host_url.rstrip("/")
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
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
