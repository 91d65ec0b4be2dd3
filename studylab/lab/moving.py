"""The moves of the current step as the guide draws them: which is next, which are done, what each button issues."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from studylab.lab.attempt import Attempt, current, has_passed, predicted_by
from studylab.lab.labels import DIALOGS, label, panel, plain
from studylab.lab.model import Call, Do, Evidence, Lab
from studylab.lab.move import Move
from studylab.lab.seen import ButtonSeen, MoveSeen
from studylab.lab.ticks import is_done, moves_now, ticks

SOON = "Wait until the bench is ready."
log = logging.getLogger(__name__)


class Moving:
    """Holds the moves of the last look, so that the guide can be drawn at any time."""

    def __init__(self) -> None:
        self._step = ""
        self._seen: tuple[MoveSeen, ...] = ()

    def look(self, lab: Lab, attempt: Attempt, evidence: Evidence) -> None:
        """Look which moves of the current step are done. What a lab's own function raises costs it its moves only."""
        step = current(lab, attempt)
        if not isinstance(step, Do):
            return
        self._step = step.id
        try:
            self._seen = see(step, evidence, is_predicted=predicted_by(lab, attempt.step) is not None)
        except Exception:
            log.exception("the moves of %s, %s could not be made", lab.slug, step.id)
            self._seen = ()

    def of(self, lab: Lab, attempt: Attempt) -> tuple[MoveSeen, ...]:
        """Return the moves of the current step, none when it has passed."""
        step = current(lab, attempt)
        is_open = step is not None and step.id == self._step and not has_passed(lab, attempt)
        return self._seen if is_open else ()


def see(step: Do, evidence: Evidence, *, is_predicted: bool = False) -> tuple[MoveSeen, ...]:
    """Return the moves of a step as they stand: done, now (the first that is open), later. Pure."""
    moves = moves_now(step, evidence)
    ticked = ticks(moves, evidence)
    done = [is_done(move, each) for move, each in zip(moves, ticked, strict=True)]
    states = list(_states(moves, done))
    return tuple(
        MoveSeen(
            words=move.words,
            state=state,
            is_choice=move.one,
            buttons=() if move.asks else tuple(_button(c, move, d) for c, d in zip(move.calls, each, strict=True)),
            dialog=_dialog(move),
            at=move.at or (panel(move.calls[0].verb, move.calls[0].arguments) if move.calls else ""),
            wait=_wait(move, evidence, is_predicted=is_predicted) if state == "now" else "",
        )
        for move, each, state in zip(moves, ticked, states, strict=True)
    )  # fmt: skip


def _states(moves: Sequence[Move], done: Sequence[bool]) -> Iterator[str]:
    """What is only to be watched is done with anything after it."""
    found = False
    for at, move in enumerate(moves):
        if done[at] or (not move.calls and any(done[at:])):
            yield "done"
        elif not found:
            found = True
            yield "now"
        else:
            yield "later"


def _button(call: Call, move: Move, is_ticked: bool) -> ButtonSeen:
    return ButtonSeen(label(call.verb, call.arguments), _short(call, move), call.verb, _given(call), is_ticked)


def _short(call: Call, move: Move) -> str:
    """Return what tells a button from its like: the one argument in which calls of the same verb differ."""
    alike = [other for other in move.calls if other.verb == call.verb]
    differing = [name for name, value in call.arguments.items() if any(o.arguments.get(name) != value for o in alike)]
    return plain(call.arguments[differing[0]]) if len(differing) == 1 else ""


def _dialog(move: Move) -> ButtonSeen | None:
    if not (move.asks or move.others) or move.calls[0].verb not in DIALOGS:
        return None
    call = move.calls[0]
    return ButtonSeen(move.words if move.asks else "other values", "", call.verb, _given(call), False)


def _given(call: Call) -> tuple[tuple[str, str], ...]:
    return tuple((name, plain(value)) for name, value in call.arguments.items())


def _wait(move: Move, evidence: Evidence, *, is_predicted: bool) -> str:
    """Say what to wait for before this move; what it is could answer a prediction."""
    try:
        if move.after is None or move.after.until(evidence.now):
            return ""
    except Exception:  # noqa: BLE001 - a wait that cannot be asked yet is one to wait for
        return SOON
    return SOON if is_predicted else f"Wait for {move.after.what}."
