"""The keeper's own process: it forks the brokers, waits for them, and ends them all when its standard input closes.

`vango.broker.keeper` runs it as a script with `python -I -S`, so it imports little and nothing of this project. One
JSON object per line. In: `{"n": 1, "do": "start", "id": …, "argv": […], "log": …}` and `{"n": 2, "do": "signal",
"id": …, "signal": "KILL"}`. Out: `{"event": "started"|"signalled"|"failed", "n": …}` for each of them, and `{"event":
"exited", "id": …}` for every end. No broker outlives it: on Linux not even when it is killed itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time

SIGNALS = ("KILL", "TERM", "STOP", "CONT")
STOPPED_WITHIN_S = 1.0
ENDED_WITHIN_S = 5.0
THREAD_STACK_BYTES = 256 * 1024
PR_SET_PDEATHSIG = 1
GIVES_WAY, NICE = "gives-way", 5
"""Where many benches share a machine a broker runs at this niceness: what serves everybody comes first."""


class Child:
    """One broker process and the thread that waits for its end."""

    def __init__(self, name: str, process: subprocess.Popen[bytes]) -> None:
        self.name = name
        self.process = process
        self.lock = threading.Lock()
        self.waiter = threading.Thread(target=self._wait, name=f"wait-{process.pid}", daemon=True)

    def send(self, name: str) -> None:
        """Send a signal. Under the lock the process is not reaped, so the pid is still its own."""
        number = getattr(signal, f"SIG{name}", 0)
        if name not in SIGNALS or (not number and name != "KILL"):
            raise OSError(f"this system has no signal {name}")
        with self.lock:
            if self.process.returncode is not None:
                raise OSError("the process has ended")
            if name == "KILL":
                self.process.kill()
            else:
                self.process.send_signal(number)
            if name == "STOP":
                self._wait_stopped()

    def _wait_stopped(self) -> None:
        if sys.platform == "linux":
            deadline = time.monotonic() + STOPPED_WITHIN_S
            states = os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT
            while os.waitid(os.P_PID, self.process.pid, states) is None and time.monotonic() < deadline:
                time.sleep(0.0005)

    def _wait(self) -> None:
        if sys.platform == "linux":
            # `kill` and `send_signal` first check whether the process has ended, and may have reaped it.
            with contextlib.suppress(ChildProcessError):
                os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)
        else:
            self.process.wait()
        with self.lock:
            code = self.process.wait()
        tell({"event": "exited", "id": self.name, "pid": self.process.pid, "code": code})


class Children:
    """All brokers of one app. Only the main thread forks: the parent-death signal is tied to the thread that did."""

    def __init__(self) -> None:
        self.running: dict[str, Child] = {}
        self.reading = self.stopping = False
        self.libc = ctypes.CDLL(None) if sys.platform == "linux" else None
        self.pid = os.getpid()
        self.nice = NICE if GIVES_WAY in sys.argv else 0

    def obey(self, order: dict[str, object]) -> None:
        """Execute one order and answer it."""
        try:
            answer = self._start(order) if order["do"] == "start" else self._signal(order)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            answer = {"event": "failed", "error": str(error)[:500]}
        tell({"n": order["n"], "do": order["do"], "id": order["id"], **answer})
        if answer["event"] == "started":
            self.running[str(order["id"])].waiter.start()

    def _start(self, order: dict[str, object]) -> dict[str, object]:
        name = str(order["id"])
        old = self.running.get(name)
        if old is not None and old.process.returncode is None:
            raise OSError(f"{name} still runs as process {old.process.pid}")
        argv = order["argv"]
        assert isinstance(argv, list)
        with open(str(order["log"]), "ab") as log:  # noqa: PTH123 - importing pathlib would double the start time
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=self._die_together if self.libc else None,
                # One learner's broker never needs more, and many idle brokers then cost less.
                env={"GOMAXPROCS": "1", **os.environ},
            )
        self.running[name] = Child(name, process)
        return {"event": "started", "pid": process.pid}

    def _die_together(self) -> None:
        assert self.libc is not None
        self.libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        os.nice(self.nice)
        if os.getppid() != self.pid:
            os._exit(127)

    def _signal(self, order: dict[str, object]) -> dict[str, object]:
        child = self.running.get(str(order["id"]))
        if child is None:
            raise OSError(f"no process of {order['id']} runs")
        child.send(str(order["signal"]))
        return {"event": "signalled"}

    def stop(self, number: int, frame: object) -> None:
        """Handle SIGTERM. It interrupts only the reading, so that no fork is interrupted."""
        self.stopping = True
        if self.reading:
            raise SystemExit

    def serve(self) -> None:
        """Execute orders until standard input ends or SIGTERM comes."""
        while True:
            self.reading = True
            if self.stopping:
                return
            line = sys.stdin.buffer.readline()
            self.reading = False
            if not line:
                return
            self.obey(json.loads(line))

    def end(self) -> None:
        """Kill all brokers, stopped ones too, and wait for them."""
        self.reading = False
        for child in self.running.values():
            try:
                child.send("KILL")
            except OSError:
                continue
        deadline = time.monotonic() + ENDED_WITHIN_S
        for child in self.running.values():
            child.waiter.join(max(0.0, deadline - time.monotonic()))


def tell(event: dict[str, object]) -> None:
    """Write one line. Shorter than PIPE_BUF, so lines of several threads never mix."""
    try:
        os.write(1, json.dumps(event).encode() + b"\n")
    except OSError:
        return  # The reader is gone; the end of standard input says the same.


def main() -> None:
    """Serve until told to stop, then end every broker."""
    threading.stack_size(THREAD_STACK_BYTES)
    children = Children()
    signal.signal(signal.SIGTERM, children.stop)
    # A handler, and not SIG_IGN, which the brokers would inherit.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        children.serve()
    finally:
        children.end()


if __name__ == "__main__":
    main()
