"""Answers for htmx 4: the one place that uses flask-htmx, of which `if htmx:` is what still fits that version."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, redirect, request
from flask_htmx import HTMX
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as AnyResponse

from studylab.web.guard import own_origins
from studylab.web.public import below

htmx = HTMX()


def partial(target: str, html: str, swap: str = "innerMorph") -> str:
    """Wrap HTML for one target of an answer or a stream message."""
    return f'<hx-partial hx-target="#{target}" hx-swap="{swap}">{html}</hx-partial>'


def wants_json() -> bool:
    """Return whether the answer should be JSON: the request asks for it, or does not ask for a page."""
    accepts = request.accept_mimetypes
    return (
        request.is_json
        or not accepts.accept_html
        or accepts["application/json"] > accepts["text/html"]
        or (request.headers.get("Accept", "*/*") == "*/*")
    )


def say(sentence: str, *, ok: bool = True, status: int = 200, is_on_page: bool = False) -> Response:
    """Answer htmx with a sentence in the status line; for screen readers alone if the page has it (`is_on_page`)."""
    if is_on_page:
        line = Markup('<span class="unseen">{}</span>').format(escape(sentence))
    else:
        line = Markup('<p class="{}">{}</p>').format("is-ok" if ok else "is-error", escape(sentence))
    return Response(partial("status", line, "innerHTML"), status, mimetype="text/html")


def back() -> AnyResponse:
    """Send a plain form back to the page it came from, or to the sandbox."""
    referer = request.headers.get("Referer", "")
    own = any(referer.lower().startswith(f"{origin}/") for origin in own_origins())
    # A learner who acts on a recording, by forking it, continues live.
    return redirect(referer if own and path_of_referer() != "/recording" else "/sandbox", 303)


def path_of_referer() -> str:
    """Return the path of the page of the request, as the app knows it; empty when that is not an address."""
    try:
        return below(urlsplit(request.headers.get("Referer", "")).path)
    except ValueError:
        return ""
