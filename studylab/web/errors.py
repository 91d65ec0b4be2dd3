"""Errors as sentences, in the requested form: a page, a line in the status, or JSON. Never a trace."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from studylab.sessions import Full
from studylab.web.htmx import back, htmx, say, wants_json
from vango.actors.errors import VangoError

log = logging.getLogger(__name__)

UNFORESEEN = "An unexpected error occurred. It is in the log of the app. Nothing more was done."
SENTENCES = {
    400: "The request cannot be understood.",
    404: "There is no such page. The course is at /, the sandbox at /sandbox.",
    405: "This address does not allow that method.",
    413: "The request is too large.",
}


def register(app: Flask) -> None:
    """Let an app answer every error with a sentence."""
    app.register_error_handler(VangoError, _expected)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def _expected(error: VangoError) -> AnyResponse:
    if not isinstance(error, Full):
        return answer(str(error), error.status_hint, definite=error.definite)
    if request.method == "POST" and not wants_json() and not htmx:
        # The page of the form asks again automatically; a form cannot be asked again.
        return back()
    response = answer(str(error), error.status_hint, again_s=error.retry_s)
    response.headers["Retry-After"] = str(error.retry_s)
    return response


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    return answer(SENTENCES.get(status, error.description or error.name), status)


def _unforeseen(error: Exception) -> Response:
    log.error("an unexpected error", exc_info=error)
    return answer(UNFORESEEN, 500)


def answer(sentence: str, status: int, *, definite: bool = True, again_s: int = 0) -> Response:
    """Answer with a sentence and a status. With `again_s`, a page asks again after this many seconds."""
    if wants_json():
        return make_response(jsonify(ok=False, error=sentence, definite=definite), status)
    if htmx:
        return say(sentence, ok=False, status=status)
    return make_response(render_template("error.html", sentence=sentence, status=status, again_s=again_s), status)
