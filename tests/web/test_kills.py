"""Nothing that was answered is lost, whenever the app or the broker is killed; `make test-all` kills each sixty times."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests.web.learner import Running, brokers_under, until

SEED = int(os.environ.get("STUDYLAB_SEED") or random.randrange(1 << 32))
OPENS_WITHIN_S = 30.0
ROUNDS = pytest.mark.parametrize("rounds", [2, pytest.param(60, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
WITHIN_S = 0.4
"""The kill comes at any time in which about twenty promotions are asked for."""


def see(running: Running, cookie: str) -> dict[str, Any]:
    seen: dict[str, Any] = json.loads(running.ask("/bench.json", Cookie=cookie).body)
    return seen


def promote_until_it_falls(running: Running, cookie: str, answered: list[int]) -> None:
    """Promote without a pause, and note the truth's sequence as each answer tells it; end when no answer comes."""
    with suppress(OSError, HTTPException, KeyError, ValueError):
        for to in ("alloc-b", "alloc-c", "alloc-a") * 40:
            if running.do(cookie, "promote", route="shop", to=to).status == 200:
                answered.append(see(running, cookie)["truth"]["sequence"])


def all_is_told(running: Running, cookie: str) -> bool:
    seen = see(running, cookie)
    there = seen["truth"]["sequence"]
    return seen["outbox"]["waiting"] == 0 and {edge["claim"] for edge in seen["edges"]} == {f"current at {there}"}


def while_promoting(running: Running, cookie: str, wait_s: float, kill: Callable[[], object]) -> int:
    """Kill something while a learner promotes. Returns the last sequence that the learner was told."""
    answered: list[int] = [see(running, cookie)["truth"]["sequence"]]
    learner = threading.Thread(target=promote_until_it_falls, args=(running, cookie, answered))
    learner.start()
    threading.Event().wait(wait_s)
    kill()
    learner.join()
    return answered[-1]


@ROUNDS
def test_the_app_may_be_killed_at_any_moment(start: Callable[..., Running], tmp_path: Path, rounds: int) -> None:
    chance, running = random.Random(SEED), start()
    cookie = running.enter()
    for number in range(rounds):
        told = while_promoting(running, cookie, chance.random() * WITHIN_S, partial(running.end, signal.SIGKILL))
        until(lambda: not brokers_under(tmp_path), "the broker has ended")
        running, began = start(), time.monotonic()
        there = see(running, cookie)["truth"]["sequence"]
        assert time.monotonic() - began < OPENS_WITHIN_S, f"round {number}, STUDYLAB_SEED={SEED}"
        assert there >= told, f"round {number}, STUDYLAB_SEED={SEED}"
        until(partial(all_is_told, running, cookie), f"every edge is current, round {number}, STUDYLAB_SEED={SEED}")
        assert see(running, cookie)["audit"]["soundness"] == "sound"


@ROUNDS
def test_the_broker_may_be_killed_at_any_moment_and_is_started_again(
    start: Callable[..., Running], tmp_path: Path, rounds: int
) -> None:
    chance, running = random.Random(SEED), start()
    cookie = running.enter()
    for number in range(rounds):
        broker = see(running, cookie)["broker"]["pid"]
        told = while_promoting(running, cookie, chance.random() * WITHIN_S, partial(os.kill, broker, signal.SIGKILL))
        # It is started again automatically, later and later; a learner may press Start first.
        assert running.do(cookie, "start_broker").status in (200, 409)
        assert see(running, cookie)["truth"]["sequence"] >= told
        until(partial(all_is_told, running, cookie), f"every edge is current, round {number}, STUDYLAB_SEED={SEED}")
        assert see(running, cookie)["audit"]["soundness"] == "sound"
