from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import stat
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import nats.errors
import pytest
from nats.aio.client import Client

from vango.actors.errors import Refused, Unavailable
from vango.broker.broker import Broker
from vango.broker.keeper import Keeper, is_running
from vango.broker.restarts import BACK_OFF_S

DEADLINE_S = 5.0
ELSEWHERE = "127.0.0.2"
"""An address of this machine beside the one that brokers listen on."""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

Run = Callable[..., Any]


@asynccontextmanager
async def broker_in(folder: Path, told: list[str] | None = None, open_at: str = "") -> AsyncIterator[Broker]:
    keeper = await Keeper.start(open_at=open_at)
    told = [] if told is None else told
    broker = Broker(folder, keeper, name="bench", on_exit=told.append, on_restart=told.append)
    try:
        yield broker
    finally:
        await broker.close()
        await keeper.close()


@asynccontextmanager
async def client_of(broker: Broker) -> AsyncIterator[Client]:
    client = await nats.connect(
        broker.url,
        user=broker.user,
        password=broker.password,
        max_reconnect_attempts=1,
        reconnect_time_wait=0.1,
        allow_reconnect=False,
        error_cb=_ignore,
    )
    try:
        yield client
    finally:
        await client.close()


async def _ignore(error: Exception) -> None:
    return None


async def until(condition: Callable[[], bool], broker: Broker) -> None:
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.005)
    except TimeoutError:
        log = (broker.folder / "server.log").read_text()[-1000:]
        pytest.fail(
            f"not within {DEADLINE_S:g} s; the broker is {broker.state} ({broker.reason}); its log ends:\n{log}"
        )


def state_of(broker: Broker) -> str:
    return broker.state


async def publish(broker: Broker, count: int) -> int:
    """Store that many messages more and return the last seq of the stream."""
    async with client_of(broker) as client:
        js = client.jetstream()
        await js.add_stream(name="S", subjects=["s"])
        for _ in range(count):
            ack = await js.publish("s", b"x")
        return ack.seq


async def last_seq(broker: Broker) -> int:
    async with client_of(broker) as client:
        return (await client.jetstream().stream_info("S")).state.last_seq


def test_a_started_broker_answers_with_jetstream_and_a_second_start_changes_nothing(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with broker_in(tmp_path) as broker:
            await broker.start()
            pid = broker.pid
            await broker.start()
            assert (broker.pid, broker.state, broker.reason) == (pid, "up", "")
            async with client_of(broker) as client:
                await client.jetstream().account_info()

    run(story())


def test_a_new_broker_is_up_well_within_a_second_and_a_stop_and_a_start_within_300_ms(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with broker_in(tmp_path) as broker:
            began = time.perf_counter()
            await broker.start()
            assert time.perf_counter() - began < 1.0
            await publish(broker, 100)
            began = time.perf_counter()
            await broker.stop()
            await broker.start()
            assert time.perf_counter() - began < 0.3
            assert await publish(broker, 1) == 101

    run(story())


def test_nobody_gets_in_without_the_password_and_only_the_owner_reads_it(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with broker_in(tmp_path) as broker:
            await broker.start()
            # Said by hand: a client that was turned away leaves its socket open.
            reader, writer = await asyncio.open_connection("127.0.0.1", int(broker.url.rpartition(":")[2]))
            writer.write(b'CONNECT {"user":"bench","pass":"guessed"}\r\nPING\r\n')
            assert b"Authorization Violation" in await reader.read()
            writer.close()
            await writer.wait_closed()
        for name in ("credentials.json", "nats.conf"):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600

    run(story())


@pytest.mark.parametrize("open_at", ["", ELSEWHERE])
def test_only_an_open_broker_is_reached_at_another_address(run: Run, tmp_path: Path, open_at: str) -> None:
    async def reached(broker: Broker) -> bool:
        port = int(broker.url.rpartition(":")[2])
        try:
            socket.create_connection((ELSEWHERE, port), DEADLINE_S).close()
            client = await nats.connect(
                f"nats://{ELSEWHERE}:{port}", user=broker.edge_user, password=broker.edge_password,
                allow_reconnect=False, error_cb=_ignore,
            )  # fmt: skip
        except ConnectionRefusedError:
            return False
        await client.close()
        return True

    async def scenario() -> None:
        async with broker_in(tmp_path, open_at=open_at) as broker:
            await broker.start()
            assert broker.url.startswith("nats://127.0.0.1:")
            assert broker.open_url == (broker.url.replace("127.0.0.1", ELSEWHERE) if open_at else "")
            assert await reached(broker) is bool(open_at)

    run(scenario())


def test_a_killed_broker_stays_down_and_starts_on_its_old_port_and_store(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        told: list[str] = []
        async with broker_in(tmp_path, told) as broker:
            await broker.start()
            url, pid = broker.url, broker.pid
            await publish(broker, 3)
            await broker.kill()
            assert not is_running(pid)
            with pytest.raises(Unavailable, match="killed on request"):
                await broker.ready(timeout_s=BACK_OFF_S[0] * 2)
            assert (broker.state, broker.pid, told) == ("down", 0, [])
            await broker.start()
            assert (broker.url, broker.restarts) == (url, 1)
            assert await last_seq(broker) == 3

    run(story())


def test_a_broker_somebody_else_killed_is_told_and_started_again(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        told: list[str] = []
        async with broker_in(tmp_path, told) as broker:
            await broker.start()
            url = broker.url
            os.kill(broker.pid, signal.SIGKILL)
            await until(lambda: broker.state == "down", broker)
            assert broker.reason == "killed by signal 9"
            await until(lambda: broker.state == "up", broker)
            assert told == ["The broker died: killed by signal 9.", "The broker was started again after 0.1 s."]
            assert (broker.url, broker.restarts) == (url, 1)

    run(story())


def test_a_broker_killed_on_request_while_it_waits_to_restart_stays_down(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        told: list[str] = []
        async with broker_in(tmp_path, told) as broker:
            await broker.start()
            os.kill(broker.pid, signal.SIGKILL)
            await until(lambda: broker.state == "down", broker)
            await broker.kill()
            with pytest.raises(Unavailable):
                await broker.ready(timeout_s=BACK_OFF_S[0] * 3)
            assert told == ["The broker died: killed by signal 9."]

    run(story())


def test_a_start_on_request_takes_the_place_of_a_restart_that_waits(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        told: list[str] = []
        async with broker_in(tmp_path, told) as broker:
            await broker.start()
            os.kill(broker.pid, signal.SIGKILL)
            await until(lambda: broker.state == "down", broker)
            await broker.start()
            pid = broker.pid
            async with client_of(broker) as client:
                with pytest.raises(nats.errors.TimeoutError):
                    await (await client.subscribe("nothing")).next_msg(timeout=BACK_OFF_S[0] * 3)
            assert (broker.pid, broker.state) == (pid, "up")
            assert told == ["The broker died: killed by signal 9."]

    run(story())


def test_a_broker_that_cannot_come_back_is_given_up_with_a_reason(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vango.broker.restarts.BACK_OFF_S", (0.01, 0.01, 0.01))

    async def story() -> None:
        told: list[str] = []
        async with broker_in(tmp_path, told) as broker:
            await broker.start()
            shutil.rmtree(tmp_path / "store")
            (tmp_path / "store").write_text("in the way of a folder")
            os.kill(broker.pid, signal.SIGKILL)
            await until(lambda: "stays down" in told[-1] if told else False, broker)
            assert sum("could not be started again" in sentence for sentence in told) == 3
            assert "3 times within a minute" in broker.reason
            (tmp_path / "store").unlink()
            await broker.start()
            assert broker.state == "up"

    run(story())


def test_a_frozen_broker_answers_nothing_until_it_is_thawed(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with broker_in(tmp_path) as broker:
            await broker.start()
            async with client_of(broker) as client:
                await broker.freeze()
                with pytest.raises(nats.errors.TimeoutError):
                    await client.jetstream(timeout=0.2).account_info()
                await broker.thaw()
                await client.jetstream().account_info()

    run(story())


def test_what_does_not_fit_the_state_is_refused(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with broker_in(tmp_path) as broker:
            with pytest.raises(Refused, match="is down"):
                await broker.freeze()
            with pytest.raises(Refused, match="nothing to thaw"):
                await broker.thaw()
            with pytest.raises(Refused, match="No copy"):
                await broker.rollback()
            await broker.start()
            await broker.freeze()
            with pytest.raises(Refused, match="thaw it"):
                await broker.start()

    run(story())


def test_a_frozen_broker_can_be_killed_and_closed(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with broker_in(tmp_path) as broker:
            for end in (broker.kill, broker.close):
                await broker.start()
                await broker.freeze()
                pid = broker.pid
                await end()
                assert broker.state == "down"
                assert not is_running(pid)

    run(story())


def test_a_rollback_brings_the_kept_state_back_and_numbers_are_reused(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with broker_in(tmp_path) as broker:
            await broker.start()
            url = broker.url
            await publish(broker, 3)
            await broker.keep()
            assert broker.kept
            assert broker.state == "up"
            for _ in range(2):
                assert await publish(broker, 2) == 5
                await broker.rollback()
                assert await last_seq(broker) == 3
            assert broker.url == url

    run(story())


def test_a_store_can_be_kept_while_the_broker_is_down_or_frozen(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with broker_in(tmp_path) as broker:
            await broker.start()
            await publish(broker, 2)
            await broker.kill()
            await broker.keep()
            assert state_of(broker) == "down"
            await broker.start()
            await publish(broker, 2)
            await broker.freeze()
            await broker.keep()
            assert state_of(broker) == "frozen"
            await broker.rollback()
            assert await last_seq(broker) == 4

    run(story())


def test_a_stop_keeps_the_store_and_a_broker_that_was_stopped_stays_down(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with broker_in(tmp_path) as broker:
            await broker.start()
            await publish(broker, 2)
            await broker.freeze()
            await broker.stop()
            assert (state_of(broker), broker.meant) == ("down", "down")
            await broker.start()
            assert await last_seq(broker) == 2

    run(story())


def test_another_run_of_the_app_finds_port_credentials_and_store_again(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with broker_in(tmp_path) as first:
            await first.start()
            await publish(first, 2)
        async with broker_in(tmp_path) as second:
            await second.start()
            assert (second.url, second.user, second.password) == (first.url, first.user, first.password)
            assert second.restarts == 0
            assert await last_seq(second) == 2

    run(story())


def test_a_port_that_somebody_took_meanwhile_is_given_up(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with broker_in(tmp_path) as broker:
            await broker.start()
            old = broker.url
            await broker.kill()
            with socket.create_server(("127.0.0.1", int(old.rpartition(":")[2]))):
                await broker.start()
                assert broker.url != old
                async with client_of(broker) as client:
                    await client.jetstream().account_info()

    run(story())


def test_a_failed_start_says_what_the_log_says(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        (tmp_path / "store").write_text("in the way of a folder")
        async with broker_in(tmp_path) as broker:
            with pytest.raises(Unavailable, match="not a directory"):
                await broker.start()
            assert "not a directory" in broker.reason

    run(story())


def test_a_start_that_is_cancelled_leaves_no_process(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with broker_in(tmp_path) as broker:
            for turns in range(12):
                starting = asyncio.create_task(broker.start())
                for _ in range(turns):
                    await asyncio.sleep(0)
                starting.cancel()
                await asyncio.wait([starting])
                # A process left over would hold the store, and this start would be refused.
                await broker.start()
                await broker.kill()

    run(story())


@LINUX
@pytest.mark.long
def test_twenty_brokers_opened_and_closed_leave_nothing_behind(run: Run, tmp_path: Path) -> None:
    async def round_of(count: int) -> list[int]:
        keeper = await Keeper.start()
        brokers = [Broker(tmp_path / str(n), keeper, name=f"b{n}", on_exit=pytest.fail) for n in range(count)]
        await asyncio.gather(*(broker.start() for broker in brokers))
        pids = [broker.pid for broker in brokers]
        assert len(set(pids)) == count
        await asyncio.gather(*(broker.close() for broker in brokers))
        await keeper.close()
        await asyncio.sleep(0)
        return [keeper.pid, *pids]

    def open_things() -> tuple[int, int]:
        # The loop's pool keeps its few threads, named asyncio_0 and so on, until the loop is closed.
        threads = [thread for thread in threading.enumerate() if not thread.name.startswith("asyncio_")]
        return len(list(Path("/proc/self/fd").iterdir())), len(threads)

    run(round_of(1))
    before = open_things()
    pids = run(round_of(20))
    assert [pid for pid in pids if pid and is_running(pid)] == []
    deadline = time.monotonic() + DEADLINE_S
    while max(more := [now - then for now, then in zip(open_things(), before, strict=True)]) > 0:
        assert time.monotonic() < deadline, f"{more} more file descriptors and threads than before"
        threading.Event().wait(0.005)
