"""One of a class who harms the others: with verbs as fast as answers come, or with a broker that never rests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from urllib.parse import urljoin, urlsplit

from benchmarks.room_people import OWNERS, Learner
from vango.actors.errors import Unavailable

CONNECTIONS = 6
"""As many as a browser opens to one origin."""
SPINNER = """
import json, socket, sys
host, port, as_who = json.loads(sys.stdin.readline())
with socket.create_connection((host, port)) as line:
    line.recv(65536)
    line.sendall(f"CONNECT {json.dumps(as_who)}\\r\\nPING\\r\\n".encode())
    assert line.recv(100) == b"PONG\\r\\n"
    messages = b"PUB spin 0\\r\\n\\r\\n" * 5_000
    while True:
        for _ in range(10):
            line.sendall(messages)
        print(flush=True)
"""
"""A program of its own, so that the others of the class do not wait for it. It says a line for each 50,000 messages."""


async def flood(learner: Learner) -> None:
    """Ask for promotions on one more connection until this is cancelled."""
    flooder = learner.double()
    try:
        while True:
            answer = await flooder.press("promote", route="shop", to=OWNERS[learner.asked % 2])
            learner.asked += 1
            learner.granted += answer.status == 200
    finally:
        await flooder.close()


async def spin(learner: Learner) -> None:
    """Keep the learner's broker busy, with messages that nobody gets, until this is cancelled. Raises `Unavailable`."""
    answer = await learner.browser.ask(urljoin(learner.at, "/bench.json"), headers={"Accept": "application/json"})
    broker = json.loads(answer.text)["broker"]
    at = urlsplit(broker["url"])
    as_who = {"verbose": False, "pedantic": False, "user": broker["user"], "pass": broker["password"]}
    spinner = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", "-c", SPINNER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert spinner.stdin is not None
        assert spinner.stdout is not None
        spinner.stdin.write(json.dumps([at.hostname, at.port, as_who]).encode() + b"\n")
        await spinner.stdin.drain()
        while await spinner.stdout.readline():
            learner.asked += 1
        raise Unavailable("The broker let nobody in, or none stay.")
    finally:
        with contextlib.suppress(ProcessLookupError):
            spinner.kill()
        await spinner.wait()
