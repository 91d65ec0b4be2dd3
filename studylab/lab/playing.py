"""Playing: one item of a script, done on a bench as a learner would do it. Every observer sees what it does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from studylab.lab.calls import Call, Script, Wait
from studylab.lab.model import Do, Step
from vango.actors.errors import Refused, Unavailable, VangoError

if TYPE_CHECKING:
    from vango.bench.bench import Bench


def what(steps: Iterable[Step]) -> Script:
    """Return what is done when steps are played. Of a solution that depends on what is seen: the verbs of its step."""
    found: list[Call | Wait] = []
    for step in steps:
        if isinstance(step, Do):
            found += map(Call, step.controls or ()) if callable(step.solution) else step.solution
    return tuple(found)


async def follow(bench: Bench, item: Call | Wait) -> None:
    """Issue a verb, or wait until something is so. Raises `Unavailable` when what it waits for does not come."""
    if isinstance(item, Call):
        await _issue(bench, item)
    else:
        await _wait(bench, item)


async def _issue(bench: Bench, item: Call) -> None:
    try:
        await bench.perform(item.verb, dict(item.arguments))
    except VangoError as error:
        if not (item.refusal and isinstance(error, Refused | Unavailable)):
            raise


async def _wait(bench: Bench, item: Wait) -> None:
    try:
        await bench.wait_until(item.until, timeout_s=item.timeout_s)
    except VangoError as error:
        raise Unavailable(f"Waited {item.timeout_s:g} s for {item.what} and it did not come. {error}") from error
