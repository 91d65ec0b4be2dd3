"""What the blueprints share: the loop, the benches, and whose bench a request is about."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import current_app, g, session

from studylab import places
from studylab.author.source import Fault
from studylab.hub import Hub
from studylab.loop import LoopThread
from studylab.sessions import Benches
from studylab.web.htmx import path_of_referer
from vango.actors.errors import NotThere

T = TypeVar("T")
CALL_S = 30.0


@dataclass(frozen=True, slots=True)
class State:
    """The running parts of one app. `boot` changes with every start, `faults` are those of lab files."""

    loop: LoopThread
    benches: Benches
    boot: str
    faults: tuple[Fault, ...] = ()


def state() -> State:
    """Return the parts of the app that serves this request."""
    found: State = current_app.extensions["studylab"]
    return found


def call(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the loop and wait for it."""
    return state().loop.call(work, timeout_s=CALL_S)


def key() -> str:
    """Return the key of the bench that this request is about, empty when there is none: the visitor's own.

    Who goes before the routes may set `g.bench` to another: that of a bench which its learner lets somebody drive.
    """
    found: str = g.get("bench") or session.get("bench", "")
    return found


def hub() -> Hub:
    """Return the hub of the visitor's bench. Raises `NotThere` when the visitor has none."""
    if not key():
        raise NotThere("This visit has no bench yet. Press Start on a page, or send POST /bench and keep its cookie.")
    return hub_of(key())


def hub_of(key: str) -> Hub:
    """Return the hub of the bench with a key, held awake until the end of the request."""
    benches = state().benches
    found = benches.at_hand(key) or call(benches.hub(key))
    g.setdefault("held", []).append(found)
    return found


def acting(*, new: bool = False) -> Hub:
    """Return the hub of the visitor's bench for an act of theirs. With `new`, a visitor who has no bench gets one."""
    if new:
        promise_bench()
    found = hub()
    places.touch(found.bench.folder)
    return found


def promise_bench() -> None:
    """Give a visitor without a bench a key to one, made when there is a place. For a person's act, never a GET."""
    if "bench" not in session:
        session["bench"] = Benches.new_key()
        session.permanent = True


def release(_: BaseException | None = None) -> None:
    """At the end of a request, let the benches that it used be parked again."""
    for found in g.pop("held", []):
        found.release()


def page_of_request() -> str:
    """Return the slug of the lab that the request was made from, empty for the sandbox and for programs."""
    path = path_of_referer()
    slug = path.removeprefix("/labs/") if path.startswith("/labs/") else ""
    return slug if slug in state().benches.labs else ""
