"""The sandbox's scenes: scenarios to play, the learner's own acts played again, named and shared.

A GET never plays anything. What a link brings is shown in words first, and a person's press plays it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from flask import Blueprint, jsonify, make_response, request
from werkzeug.wrappers import Response as AnyResponse

from studylab.hub import Hub
from studylab.lab.calls import Script
from studylab.scenes import acts, links
from studylab.scenes.playing import play
from studylab.scenes.scenarios import scenario
from studylab.web.given import fields
from studylab.web.htmx import back, htmx, say, wants_json
from studylab.web.limits import Limits, limits
from studylab.web.state import acting, call
from vango.actors.errors import BadInput, VangoError
from vango.actors.tasks import to_its_end
from vango.verbs.script import Act

scenes = Blueprint("scenes", __name__)
ANSWER_S = 25.0
SHOWN = 32
OWN, LINKED = "my last acts", "the script of a link"


class Proposal:
    """What a link brought: its acts in words, or why there are none to play."""

    def __init__(self, link: str) -> None:
        self.link, self.words, self.refusal = link, tuple[str, ...](), ""
        try:
            self.words = tuple(map(links.words, links.read(link)))
        except VangoError as error:
            self.refusal = str(error)


def proposal() -> Proposal | None:
    """Return what the request's address brings; None when it brings nothing."""
    link = request.args.get("script", "")
    return Proposal(link) if link else None


@scenes.post("/bench/scenarios/<key>")
def play_scenario(key: str) -> AnyResponse:
    """Reset the bench and play a scenario."""
    card = scenario(key)
    return _play(acting(), card.name, card.script)


@scenes.post("/bench/scripts/play")
def play_script() -> AnyResponse:
    """Reset the bench and play the script of a link, a named one, or this life's own acts."""
    given = _texts()
    found = acting()
    if "script" in given:
        return _play(found, LINKED, acts.script_of(links.read(given["script"])))
    if "name" in given:
        return _play(found, _short(given["name"]), acts.script_of(acts.find(found.bench.folder, given["name"])))
    return _play(found, OWN, acts.script_of(call(_own(found))))


@scenes.post("/bench/scripts/keep")
def keep() -> AnyResponse:
    """Keep this life's acts under a name."""
    found, name = acting(), _texts().get("name", "")
    own = call(_own(found))
    return _changed(found, lambda: acts.keep(found.bench.folder, name, own))


@scenes.post("/bench/scripts/forget")
def forget() -> AnyResponse:
    """Delete a named script."""
    found, name = acting(), _texts().get("name", "")
    return _changed(found, lambda: acts.forget(found.bench.folder, name))


async def _own(found: Hub) -> tuple[Act, ...]:
    return acts.acts_of(found.bench)


def _changed(found: Hub, change: Callable[[], str]) -> AnyResponse:
    async def work() -> str:
        sentence = change()
        found.bench.changes.note()
        return sentence

    return _answer(call(work()))


def _play(found: Hub, name: str, script: Script) -> AnyResponse:
    held_to = limits()
    held_to.check(script)
    sentence = call(_begin(found, name, script, held_to))
    if sentence is None:
        return _answer(f"“{name}” is still being played. The page shows its progress.", under_way=True)
    return _answer(sentence)


async def _begin(found: Hub, name: str, script: Script, held_to: Limits) -> str | None:
    """Play, and return how it ended; None when it takes longer than an answer may. It then continues."""
    try:
        async with asyncio.timeout(ANSWER_S) as limit:
            return await to_its_end(_held(found, name, script, held_to), f"plays {name}")
    except TimeoutError:
        if not limit.expired():
            raise
        return None


async def _held(found: Hub, name: str, script: Script, held_to: Limits) -> str:
    """Play while the bench is held awake."""
    is_held = found.hold()
    try:
        return await play(found.bench, name, script, held_to.turn)
    except VangoError as error:
        # The request that asked may be over.
        found.bench.journal.write("learner", "refused", f"{name}: {error}", verb="script")
        raise
    finally:
        if is_held:
            found.release()


def _answer(sentence: str, *, under_way: bool = False) -> AnyResponse:
    status = 202 if under_way else 200
    if wants_json():
        return make_response(jsonify(ok=True, sentence=sentence, **({"under_way": True} if under_way else {})), status)
    return say(sentence, status=status) if htmx else back()


def _short(name: str) -> str:
    """Return a name as undo and the progress show it."""
    return name if len(name) <= SHOWN else f"{name[: SHOWN - 1]}…"


def _texts() -> dict[str, str]:
    """Return the request's fields, which must be texts. Raises `BadInput`."""
    given = fields()
    for name, value in given.items():
        if not isinstance(value, str):
            raise BadInput(f"The field {name[:40]!r} is not a text.")
    return given
