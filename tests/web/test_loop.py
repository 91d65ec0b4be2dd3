"""The loop thread: one door, with a time limit, that cannot be walked through from inside."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from studylab.loop import LoopThread
from vango.actors.errors import Unavailable


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    loop = LoopThread()
    yield loop
    loop.close()


def test_a_call_returns_what_the_coroutine_returns(loop: LoopThread) -> None:
    assert loop.call(asyncio.sleep(0, "done"), timeout_s=5) == "done"


def test_a_call_raises_what_the_coroutine_raises(loop: LoopThread) -> None:
    async def fail() -> None:
        raise KeyError("shop")

    with pytest.raises(KeyError, match="shop"):
        loop.call(fail(), timeout_s=5)


def test_a_coroutine_s_own_time_out_is_not_mistaken_for_the_door_s(loop: LoopThread) -> None:
    async def too_slow() -> None:
        async with asyncio.timeout(0.01):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        loop.call(too_slow(), timeout_s=5)


def test_a_call_that_takes_too_long_has_an_unknown_outcome_and_is_cancelled(loop: LoopThread) -> None:
    cancelled = threading.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(Unavailable) as caught:
        loop.call(endless(), timeout_s=0.05)
    assert not caught.value.definite
    assert cancelled.wait(5)


def test_a_call_from_the_loop_itself_is_refused(loop: LoopThread) -> None:
    async def walk_back_in() -> None:
        loop.call(asyncio.sleep(0), timeout_s=5)

    with pytest.raises(RuntimeError, match="its own loop"):
        loop.call(walk_back_in(), timeout_s=5)


def test_closing_cancels_what_runs_and_leaves_no_thread() -> None:
    before = threading.active_count()
    loop = LoopThread()
    begun = threading.Event()

    async def endless() -> None:
        begun.set()
        await asyncio.Event().wait()

    async def begin() -> asyncio.Task[None]:
        return asyncio.create_task(endless())

    running = loop.call(begin(), timeout_s=5)
    assert begun.wait(5)
    loop.close()
    assert running.cancelled()
    assert threading.active_count() == before
