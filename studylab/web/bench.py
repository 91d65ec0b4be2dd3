"""A bench for programs and buttons: the observation, the journal, the verbs, and the health of the app."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request
from werkzeug.wrappers import Response as AnyResponse

from studylab.hub import Hub
from studylab.web.given import fields
from studylab.web.htmx import back, htmx, say, wants_json
from studylab.web.state import acting, call, hub, page_of_request, promise_bench, state
from vango.actors.errors import BadInput, Refused
from vango.observe.model import as_json

bench = Blueprint("bench", __name__)
MAX_MOMENTS = 1000
ANSWER_S = 20.0


@bench.get("/healthz")
def healthz() -> Response:
    """Return that pages are ready."""
    return jsonify(ok=True, benches=state().benches.live, streams=state().benches.viewers)


@bench.post("/bench")
def begin() -> AnyResponse:
    """Make a bench for the visitor, or keep an existing one. A form goes back to its page, which opens it."""
    promise_bench()
    if not wants_json():
        return back()
    seen = call(hub().bench.observe())
    return jsonify(ok=True, sentence="You have your own bench. Keep the cookie of this answer.", moment=seen.moment)


@bench.get("/bench.json")
def observation() -> Response:
    """Return the observation that the panels are drawn from."""
    return jsonify(as_json(call(hub().bench.observe())))


@bench.get("/bench/journal.json")
def journal() -> Response:
    """Return the moments after a number, oldest first, at most 1000."""
    after = request.args.get("after", "0")
    if not after.isascii() or not after.isdigit() or len(after) > 15:
        raise BadInput(f"after is {after[:40]!r}; expected a whole number from 0, the last moment that you know.")
    found = hub().bench.journal
    return jsonify(last=found.last, moments=[asdict(m) for m in call(_since(found, int(after)))])


async def _since(journal: Any, after: int) -> Any:
    return journal.since(after, MAX_MOMENTS)


@bench.post("/bench/verbs/<verb>")
def verbs(verb: str) -> AnyResponse:
    """Perform a verb with arguments from a form or from a JSON object."""
    found, page = acting(), page_of_request()
    sentence = call(_perform(found, page, verb, fields()))
    if sentence is None:
        return _still_at_it(found)
    if wants_json():
        return jsonify(ok=True, sentence=sentence, moment=found.bench.journal.last)
    return say(sentence) if htmx else back()


@bench.post("/bench/stop")
def stop() -> AnyResponse:
    """Stop the running long verb, between two of its steps."""
    sentence = call(_stop(acting()))
    if wants_json():
        return jsonify(ok=True, sentence=sentence)
    return say(sentence) if htmx else back()


async def _stop(found: Hub) -> str:
    return found.bench.progress.stop()


async def _perform(found: Hub, page: str, verb: str, arguments: dict[str, Any]) -> str | None:
    """Perform a verb and return its sentence; None when it takes longer than an answer may. It then continues."""
    if page:
        if reason := found.locked(page).get(verb):
            raise Refused(f"{verb} is locked here: {reason}")
        found.run(page).acted()
    try:
        async with asyncio.timeout(ANSWER_S) as limit:
            return await found.bench.perform(verb, arguments)
    except TimeoutError:
        if not limit.expired():
            raise
        return None


def _still_at_it(found: Hub) -> AnyResponse:
    work = found.bench.progress.see()
    sentence = f"It is still running{f': {work.words}' if work else ''}. The page shows its progress."
    if wants_json():
        return make_response(jsonify(ok=True, sentence=sentence, under_way=True, moment=found.bench.journal.last), 202)
    return say(sentence, status=202) if htmx else back()
