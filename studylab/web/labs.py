"""The guide's buttons. Each is one act of the lab's play; its effect reaches the page by its stream."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from itertools import takewhile
from typing import Any

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response as AnyResponse

from studylab.hub import Hub
from studylab.lab.model import Lab
from studylab.lab.playing import what
from studylab.lab.runner import LabRun
from studylab.lab.seen import GuideSeen
from studylab.web.given import fields
from studylab.web.htmx import back, htmx, say, wants_json
from studylab.web.limits import limits
from studylab.web.state import acting, call, state
from vango.actors.errors import BadInput, NotThere
from vango.actors.tasks import to_its_end

labs = Blueprint("labs", __name__)

Act = Callable[[LabRun], Coroutine[Any, Any, None]]
WATCHED_S = 1.0
"""How long the answer waits for what is done for a person who watches: what is refused, is refused by then."""


@labs.post("/labs/<slug>/start")
def start(slug: str) -> AnyResponse:
    """Put the bench into the lab's opening state: the beginning, and the way back to it."""
    limits().check(_lab(slug).setup)
    return _carry_out(slug, lambda run: run.start(), "The lab is set up.", new=True)


@labs.post("/labs/<slug>/predict")
def predict(slug: str) -> AnyResponse:
    """Commit to a prediction."""
    step, option, confidence = _field("step"), _field("option"), _field("confidence")
    return _carry_out(
        slug, lambda run: run.predict(step, option, confidence), "Your prediction is saved.", is_on_page=True
    )


@labs.post("/labs/<slug>/proceed")
def proceed(slug: str) -> AnyResponse:
    """Go on: from an explain step, or from one that has passed and stays."""
    step = _field("step")
    return _carry_out(slug, lambda run: run.proceed(step), "The next step is open.", is_on_page=True)


@labs.post("/labs/<slug>/hint")
def hint(slug: str) -> AnyResponse:
    """Reveal the next rung of the ladder."""
    step = _field("step")
    return _carry_out(slug, lambda run: run.hint(step), "The next hint is shown.")


@labs.post("/labs/<slug>/do-it")
def do_it(slug: str) -> AnyResponse:
    """Play the current step's solution for the learner: at once for a program, act by act for a person."""
    step = _field("step")
    limits().check(what(one for one in _lab(slug).steps if one.id == step))
    if wants_json():
        return _carry_out(slug, lambda run: run.do_it(step), "The step was done for you.")
    watched = "The step is being done for you. The guide says each act."
    return _carry_out(slug, lambda run: run.do_it(step, slowly=True), watched, within_s=WATCHED_S)


@labs.post("/labs/<slug>/catch-up")
def catch_up(slug: str) -> AnyResponse:
    """Bring bench and attempt to a step."""
    step = _field("step")
    lab = _lab(slug)
    limits().check((*lab.setup, *what(takewhile(lambda one: one.id != step, lab.steps))))
    return _carry_out(slug, lambda run: run.catch_up(step), "The bench is ready for that step.", new=True)


@labs.post("/labs/<slug>/quiz")
def quiz(slug: str) -> AnyResponse:
    """Answer a question."""
    step, question, option = _field("step"), _field("question"), _field("option")
    return _carry_out(slug, lambda run: run.answer(step, question, option), "Your answer is saved.")


def _carry_out(
    slug: str, act: Act, sentence: str, *, new: bool = False, within_s: float | None = None, is_on_page: bool = False
) -> AnyResponse:
    """Act, and answer with the sentence: unseen where the guide itself shows that it was done."""
    _lab(slug)
    guide = call(_act(acting(new=new), slug, act, goes_on=wants_json(), within_s=within_s))
    if wants_json():
        step = guide.current.id if guide.current else None
        return jsonify(ok=True, sentence=sentence, step=step, done=guide.done, finished=guide.finished)
    return say(sentence, is_on_page=is_on_page) if htmx else back()


async def _act(found: Hub, slug: str, act: Act, *, goes_on: bool, within_s: float | None) -> GuideSeen:
    """Act, and look. Only a person is shown what a passed step was about: a program goes on at once."""
    run = found.run(slug)
    # A request that takes too long is given up; a lab that is half-way to a step must not be.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await to_its_end(act(run), f"lab {slug}")
    run.look(await run.bench.observe(), goes_on=goes_on)
    return run.guide()


def _lab(slug: str) -> Lab:
    """Return a lab. Raises `NotThere`."""
    if slug not in state().benches.labs:
        raise NotThere(f"There is no lab {slug[:40]!r}. The labs are listed at /.")
    return state().benches.labs[slug]


def _field(name: str) -> str:
    """Return a field of the form or of the JSON object. Raises `BadInput` when it is missing."""
    value = fields().get(name)
    if not isinstance(value, str) or not value:
        raise BadInput(f"The field {name!r} is missing. Choose an answer, or reload the page and try again.")
    return value
