"""The supervisor's side of one process of the room: started with its settings, started again when it dies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from studylab.room.child import END_WITHIN_S, Answer
from studylab.room.settings import Settings, written
from vango import kit
from vango.actors import tasks

START_WITHIN_S = 120.0
AGAIN_AFTER_S = (0.1, 0.5, 2.0, 5.0, 10.0)
LIVED_S = 60.0
"""A process that lived so long is started again at once; one that dies again and again is waited for longer."""


class Child:
    """One process of the room. `say` gets a sentence when it dies, and when it is back."""

    def __init__(self, name: str, command: Sequence[str], settings: Settings, say: Callable[[str], None]) -> None:
        self.name, self.settings = name, settings
        self._command, self._say = command, say
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """Its process id; 0 while it does not run."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else 0

    async def start(self) -> Answer:
        """Start it and wait until it serves. Raises `Unavailable` with the sentence why it does not."""
        answer = await self._launch()
        keeping = tasks.keep_going(self._keep, self._say, f"The keeping of {self.name}")
        self._watch = asyncio.create_task(keeping, name=f"keeps {self.name}")
        return answer

    def tell(self, settings: Settings) -> None:
        """Give it other settings, now and at each later start."""
        self.settings = settings
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(written(settings))

    async def end(self) -> None:
        """End it by the end of its input, and kill it when that takes too long."""
        await tasks.end(self._watch)
        process = self._process
        if process is None or process.returncode is not None:
            return
        _let_go(process)
        try:
            async with asyncio.timeout(END_WITHIN_S):
                await process.wait()
        except TimeoutError:
            await _kill(process)

    async def _launch(self) -> Answer:
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(written(self.settings))
        try:
            async with asyncio.timeout(START_WITHIN_S):
                line = await process.stdout.readline()
        except TimeoutError as error:
            await _kill(process)
            raise kit.Unavailable(f"{self.name} did not start within {START_WITHIN_S:g} s.") from error
        if not line:
            raise kit.Unavailable(f"{self.name} ended before it was ready: {_how(await process.wait())}.")
        answer = msgspec.json.decode(line, type=Answer)
        if answer.failed:
            _let_go(process)
            await process.wait()
            raise kit.Unavailable(answer.failed)
        return answer

    async def _keep(self) -> None:
        tries = 0
        while True:
            began = time.monotonic()
            assert self._process is not None
            code = await self._process.wait()
            tries = 0 if time.monotonic() - began > LIVED_S else tries
            self._say(f"{self.name} died: {_how(code)}. It is started again.")
            tries = await self._again(tries)

    async def _again(self, tries: int) -> int:
        """Start it until it runs. Returns how often that was tried by now."""
        while True:
            await asyncio.sleep(AGAIN_AFTER_S[min(tries, len(AGAIN_AFTER_S) - 1)])
            tries += 1
            try:
                await self._launch()
            except (kit.Unavailable, OSError) as error:
                self._say(f"{self.name} cannot be started again: {error}")
                continue
            self._say(f"{self.name} is back.")
            return tries


def _let_go(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()


async def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def _how(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"it ended with code {code}"
