"""The cookie that leads a visitor to their bench: it is valid as long as its signature is, whatever a clock says."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature

if TYPE_CHECKING:
    from flask import Flask, Request

KEPT = timedelta(days=365)


class Visit(SecureCookieSessionInterface):
    """Flask's signed cookie without its age: a clock that steps, or a year, must not part a learner from a bench."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie. A cookie with another signature does not count."""
        signer = self.get_signing_serializer(app)
        if signer is None:
            return None
        try:
            return self.session_class(signer.loads(request.cookies.get(self.get_cookie_name(app), "")))
        except BadSignature:
            return self.session_class()


def register(app: Flask) -> None:
    """Give an app this cookie, under a name that belongs to its key.

    Cookies do not depend on ports: another Study Lab on this machine, or one with another key, must not overwrite
    this one's. Lax: a link from mail, chat or a QR code finds the bench; the guard protects writes.
    """
    assert isinstance(app.secret_key, bytes)
    app.session_interface = Visit()
    app.permanent_session_lifetime = KEPT
    app.config.update(
        SESSION_COOKIE_NAME=f"studylab_{sha256(app.secret_key).hexdigest()[:8]}",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_REFRESH_EACH_REQUEST=False,
    )
