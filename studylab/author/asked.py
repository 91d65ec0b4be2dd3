"""Asks a lab's functions once, on a bench at rest: one that raises there would leave its learner without an answer.

A function that reads the memory is left out: what earlier steps keep is known only when they are played.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from studylab.author.rest import at_rest
from studylab.lab.model import Check, Do, Evidence, Lab, Memory, NotYet, Passed, Question, Quiz, Script, Wait
from studylab.lab.moments import listed
from studylab.lab.shape import Path

Raised = tuple[Path, str, BaseException | None]
"""The place in the lab, a sentence, and the exception."""


class Untold(dict[str, Any]):
    """An empty memory that notices when it is read."""

    looked = False

    def __getitem__(self, key: str) -> Any:
        self.looked = True
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.looked = True
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.looked = True
        return super().__contains__(key)


def ask(lab: Lab) -> Iterator[Raised]:
    """Yield what a lab's checks, waits and questions raise, and invalid answers."""
    yield from _ask_script(lab.setup, ("setup",))
    for index, step in enumerate(lab.steps):
        here: Path = ("steps", index)
        if isinstance(step, Do):
            for number, check in enumerate(step.checks):
                yield from _ask_check(check, (*here, "checks", number), step.id)
            if isinstance(step.solution, tuple):
                yield from _ask_script(step.solution, (*here, "solution"))
            for number, wrong in enumerate(step.wrong):
                yield from _ask_script(wrong.script, (*here, "wrong", number, "script"))
        elif isinstance(step, Quiz):
            for number, question in enumerate(step.questions):
                yield from _ask_question(question, (*here, "questions", number), step.id)


def _ask_check(check: Check, path: Path, step: str) -> Iterator[Raised]:
    memory = Untold()
    what = f"{step}: the check “{check.label}”"
    answer, raised = _try(lambda: check.test(Evidence(at_rest(), listed(), memory)))
    if memory.looked:
        return
    if raised is not None:
        yield path, f"{what} raised {_say(raised)} on a bench at rest; a check must answer on any bench", raised
    elif not isinstance(answer, Passed | NotYet):
        yield path, f"{what} answered {type(answer).__name__}; expected Passed or NotYet", None


def _ask_script(script: Script, path: Path) -> Iterator[Raised]:
    for number, item in enumerate(script):
        if isinstance(item, Wait):
            wait = item
            _, raised = _try(lambda: wait.until(at_rest()))  # noqa: B023 - it is called before the next one is taken
            if raised is not None:
                yield (*path, number), f"the wait for {item.what} raised {_say(raised)} on a bench at rest", raised


def _ask_question(question: Question, path: Path, step: str) -> Iterator[Raised]:
    for part in (question.text, lambda memory: _keys(question, memory)):
        memory = Untold()
        answer, raised = _try(lambda: part(memory))  # noqa: B023 - it is called before the next one is taken
        if memory.looked:
            continue
        if raised is not None:
            yield path, f"{step}: the question {question.id} raised {_say(raised)}", raised
        elif isinstance(answer, tuple) and answer[1] not in answer[0]:
            yield (
                path,
                f"{step}: the right answer {answer[1]!r} to {question.id} is none of {', '.join(answer[0])}",
                None,
            )


def _keys(question: Question, memory: Memory) -> tuple[list[str], str]:
    return [option.key for option in question.options(memory)], question.right(memory)


def _try(act: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return act(), None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a lab's function raises is what is looked for
        return None, error


def _say(error: BaseException) -> str:
    return f"{type(error).__name__} ({error})"[:200] if str(error) else type(error).__name__
