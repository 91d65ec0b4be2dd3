"""Plays a lab on a real bench, as its learners will: it must not pass untouched or with wrong scripts, and must pass
with the solution.

Each fault is a slip with its place in the lab. A fault that ends a play ends only that play.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from studylab.lab import attempt as moves
from studylab.lab.model import Do, Explain, Lab, Predict, Quiz, Wrong
from studylab.lab.runner import LabRun
from studylab.lab.shape import Path as Place
from studylab.lab.shape import Slip
from vango.actors.errors import VangoError
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper
from vango.core.modes import Mode
from vango.observe.model import Observation

ROUNDS = 2
"""How often the solution is played, on one bench: the remains of the first round must not help the second."""
STANDING_S = 5.0


async def play(lab: Lab, nats_server: Path | None = None) -> list[Slip]:
    """Play a lab on its own bench and return what went wrong. Raises `Unavailable` when no bench is available."""
    async with _bench(nats_server) as bench:
        run = LabRun(lab, bench)
        found = await _guarded(lambda: _through(run), Slip("the lab cannot be played through", ()))
        if found:
            return found
        for index, step in enumerate(lab.steps):
            if isinstance(step, Do):
                here: Place = ("steps", index)
                found += await _guarded(_left_alone(run, step, here), Slip(f"{step.id}: cannot be left alone", here))
                for number, wrong in enumerate(step.wrong):
                    where = (*here, "wrong", number)
                    failed = Slip(f"{step.id}, {wrong.name}: the wrong script cannot be played", where)
                    found += await _guarded(_wrongly(run, step, wrong, where), failed)
        return found


@asynccontextmanager
async def _bench(nats_server: Path | None) -> AsyncIterator[Bench]:
    keeper = await Keeper.start(nats_server)
    try:
        with tempfile.TemporaryDirectory(prefix="studylab-check-", ignore_cleanup_errors=True) as folder:
            bench = await Bench.open(Path(folder) / "bench", keeper)
            try:
                yield bench
            finally:
                await bench.close()
    finally:
        await keeper.close()


async def _guarded(act: Callable[[], Awaitable[list[Slip]]], failed: Slip) -> list[Slip]:
    try:
        return await act()
    except VangoError as error:
        return [Slip(f"{failed.sentence}: {error}", failed.path)]
    except Exception as error:  # noqa: BLE001 - whatever a lab's function raises is what its author must hear of
        return [Slip(f"{failed.sentence}: {type(error).__name__} {error}", failed.path)]


async def _through(run: LabRun) -> list[Slip]:
    """Play the solution of every step, round after round, and compare where each round begins."""
    begins: list[object] = []
    for _ in range(ROUNDS):
        await run.start()
        begins.append(_state(await _stands(run)))
        for index in range(len(run.lab.steps)):
            if slips := await _pass(run, index):
                return slips
    if begins[0] != begins[1]:
        return [Slip("starting again does not return to where the lab began", ("setup",))]
    return [*_measured(run), *_ended(run)]


async def _pass(run: LabRun, index: int) -> list[Slip]:
    """Pass one step as a learner would; yield a slip when it does not pass."""
    step, here = run.lab.steps[index], ("steps", index)
    if run.attempt.step != index:
        where = run.lab.steps[index - 1].id
        return [Slip(f"{where}: the lab moved past {step.id} without a solution", here)]
    try:
        if isinstance(step, Predict):
            await run.predict(step.id, step.options[0].key, "certain")
        elif isinstance(step, Explain):
            await run.proceed(step.id)
        elif isinstance(step, Do):
            await run.do_it(step.id)
        else:
            for question in step.questions:
                await run.answer(step.id, question.id, question.right(run.attempt.memory))
    except VangoError as error:
        return [
            Slip(f"{step.id}: the solution does not pass it: {_differs(run, step.id) or error}", _way(run.lab, index))
        ]
    if run.attempt.step == index:
        return [Slip(f"{step.id}: it does not pass", here)]
    return [Slip(f"{step.id}: {run.attempt.trouble}", here)] if run.attempt.trouble else []


def _way(lab: Lab, index: int) -> Place:
    return ("steps", index, "solution") if isinstance(lab.steps[index], Do) else ("steps", index)


def _differs(run: LabRun, step_id: str) -> str:
    said = run.attempt.said.get(step_id, {})
    return " ".join(f"“{label}”: {answer.text}" for label, answer in said.items() if not answer.passed)


def _measured(run: LabRun) -> Iterator[Slip]:
    for index, step in enumerate(run.lab.steps):
        if isinstance(step, Predict):
            measured = run.attempt.predictions[step.id].measured
            expected = next(option.key for option in step.options if option.happens)
            if measured != expected:
                sentence = f"{step.id}: measured was {measured or 'nothing'!r}; the option that happens is {expected!r}"
                yield Slip(sentence, ("steps", index, "measure"))


def _ended(run: LabRun) -> Iterator[Slip]:
    guide = run.guide()
    if guide.debrief is None:
        yield Slip("the lab does not end in its debrief", ("steps",))
    elif not all(guide.debrief.happened):
        yield Slip("the debrief has an empty line of what happened", ("debrief", "happened"))


def _left_alone(run: LabRun, step: Do, here: Place) -> Callable[[], Awaitable[list[Slip]]]:
    async def act() -> list[Slip]:
        await run.catch_up(step.id)
        await _stands(run)
        if not _is_at(run, step):
            return [Slip(f"{step.id}: it passes untouched, so there is nothing to do", here)]
        said = run.attempt.said.get(step.id, {})
        broken = [f"“{label}”: {answer.text}" for label, answer in said.items() if answer.broken or not answer.text]
        return [Slip(f"{step.id}: {text}", (*here, "checks")) for text in broken]

    return act


def _wrongly(run: LabRun, step: Do, wrong: Wrong, where: Place) -> Callable[[], Awaitable[list[Slip]]]:
    async def act() -> list[Slip]:
        await run.catch_up(step.id)
        await run.play(wrong.script)
        await _stands(run)
        if not _is_at(run, step):
            return [Slip(f"{step.id}: {wrong.name} passes, but is meant to be wrong", where)]
        differs = _differs(run, step.id)
        if wrong.says not in differs:
            return [
                Slip(f"{step.id}, {wrong.name}: no check says {wrong.says!r}. They say: {differs}", (*where, "says"))
            ]
        return []

    return act


def _is_at(run: LabRun, step: Do) -> bool:
    here = moves.current(run.lab, run.attempt)
    return here is not None and not isinstance(here, Quiz) and here.id == step.id


async def _stands(run: LabRun) -> Observation:
    """Wait until no edge is loading, and let the checks look."""
    async with asyncio.timeout(STANDING_S * 2):
        seen = await run.bench.wait_until(lambda seen: all(e.mode is not Mode.LOADING for e in seen.edges), STANDING_S)
    run.look(seen)
    return seen


def _state(seen: Observation) -> object:
    """Return what must be the same each time that a lab begins."""
    return (
        seen.truth.routes,
        seen.truth.sequence,
        seen.truth.write_order,
        seen.relay.rules,
        [(edge.name, edge.rules) for edge in seen.edges],
        [(stream.name, stream.rules, stream.last_seq) for stream in seen.streams],
    )
