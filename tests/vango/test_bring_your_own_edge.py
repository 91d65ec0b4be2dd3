"""The examples of docs/bring-your-own-edge.md as processes against a real bench: joined, current, following, killed, fooled."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.vango.conftest import Hands
from vango.core.modes import Mode
from vango.observe.model import GuestSeen, Observation

pytestmark = pytest.mark.long

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NODE_PACKAGES = EXAMPLES / "node_modules" / "@nats-io" / "transport-node"
Start = Callable[[], "subprocess.Popen[str]"]


def in_python() -> list[str]:
    return [sys.executable, str(EXAMPLES / "edge.py")]


def in_forty_lines() -> list[str]:
    return [sys.executable, str(EXAMPLES / "small_edge.py")]


def in_javascript() -> list[str]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not on this machine, and `make test` could not install it: see what it printed.")
    if not NODE_PACKAGES.is_dir():
        pytest.skip("The packages of examples/package.json are not installed: see what `make test` printed.")
    return [node, str(EXAMPLES / "edge.mjs")]


@pytest.fixture(params=[in_python, pytest.param(in_javascript, marks=pytest.mark.slow)], ids=["python", "javascript"])
def start(request: pytest.FixtureRequest, hands: Hands, tmp_path: Path) -> Iterator[Start]:
    """Start an example that keeps its view on disk."""
    yield from starting(request.param(), hands, tmp_path, str(tmp_path))


@pytest.fixture
def start_small(hands: Hands, tmp_path: Path) -> Iterator[Start]:
    """Start the example that keeps its view in memory."""
    yield from starting(in_forty_lines(), hands, tmp_path)


def starting(command: list[str], hands: Hands, tmp_path: Path, *kept_in: str) -> Iterator[Start]:
    """Start an example under the name mine; it ends with the test. What it wrote on standard error is in the failure."""
    running: list[subprocess.Popen[str]] = []
    log = tmp_path / "example.log"

    def begin() -> subprocess.Popen[str]:
        broker = hands.bench.broker
        arguments = ["mine", broker.url, broker.edge_user, broker.edge_password, *kept_in]
        with log.open("a") as said:
            running.append(subprocess.Popen([*command, *arguments], stderr=said, text=True))
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.wait()
    print(log.read_text())


def mine(seen: Observation) -> GuestSeen | None:
    return seen.guest("mine")


def is_current_at(sequence: int) -> Callable[[Observation], bool]:
    def is_so(seen: Observation) -> bool:
        guest = mine(seen)
        return guest is not None and not guest.silent and guest.claim == f"current at {sequence}"

    return is_so


def test_it_joins_becomes_current_and_follows_a_promotion(hands: Hands, start: Start) -> None:
    start()
    hands.until(is_current_at(3))
    hands.do("promote", route="shop", to="alloc-c")
    guest = mine(hands.until(is_current_at(4)))
    assert guest is not None
    assert [(row.route, row.owner) for row in guest.rows if row.route == "shop"] == [("shop", "alloc-c")]
    assert guest.findings == ()
    hands.until(lambda seen: seen.consumer("mine").ack_floor == 4)


def test_killed_its_card_says_so_and_started_again_it_goes_on_where_it_was(hands: Hands, start: Start) -> None:
    process = start()
    hands.until(is_current_at(3))
    process.kill()
    silent = mine(hands.until(lambda seen: mine(seen) is not None and mine(seen).silent))  # type: ignore[union-attr]
    assert silent is not None
    assert (silent.mode, silent.claim) == (Mode.DOWN, "current at 3")
    hands.do("burst", n=40)
    start()
    guest = mine(hands.until(is_current_at(43)))
    assert guest is not None
    assert guest.findings == ()
    assert guest.instance != silent.instance


def test_what_comes_twice_and_what_is_late_changes_nothing(hands: Hands, start: Start) -> None:
    start()
    hands.do("burst", n=6)
    hands.until(is_current_at(9))
    hands.do("stream_limits", duplicate_window_s=0.1)
    hands.do("republish", sequence=1, after_window=True)
    hands.do("republish", sequence=9, after_window=True)
    hands.do("promote", route="shop", to="alloc-a")
    guest = mine(hands.until(is_current_at(10)))
    assert guest is not None
    assert guest.findings == ()


def test_a_gap_makes_it_fail_closed_with_the_reason(hands: Hands, start: Start) -> None:
    process = start()
    hands.until(is_current_at(3))
    process.kill()
    process.wait()
    hands.do("promote", route="shop", to="alloc-c")
    hands.settle()
    hands.do("purge")
    start()
    hands.do("promote", route="shop", to="alloc-b")
    closed = mine(hands.until(lambda seen: mine(seen) is not None and mine(seen).mode is Mode.FAILED_CLOSED))  # type: ignore[union-attr]
    assert closed is not None
    assert closed.reason == "event 5 does not follow 3: something is missing"
    assert closed.findings == ()


def test_after_a_reset_its_view_is_of_another_truth_and_it_fails_closed(hands: Hands, start: Start) -> None:
    start()
    hands.do("burst", n=6)
    hands.until(is_current_at(9))
    hands.do("reset")
    hands.until(lambda seen: mine(seen) is not None and mine(seen).mode is Mode.FAILED_CLOSED)  # type: ignore[union-attr]


def test_forty_lines_are_enough_to_join_follow_and_begin_again(hands: Hands, start_small: Start) -> None:
    assert len(Path(in_forty_lines()[1]).read_text(encoding="utf-8").splitlines()) <= 40
    process = start_small()
    hands.until(is_current_at(3))
    hands.do("burst", n=20)
    hands.do("stream_limits", duplicate_window_s=0.1)
    hands.do("republish", sequence=5, after_window=True)
    hands.until(is_current_at(23))
    process.kill()
    process.wait()
    start_small()
    guest = mine(hands.until(is_current_at(23)))
    assert guest is not None
    assert guest.findings == ()


def test_forty_lines_are_enough_to_fail_closed_and_to_end_with_the_broker(hands: Hands, start_small: Start) -> None:
    hands.do("purge")
    process = start_small()
    hands.do("promote", route="shop", to="alloc-c")
    closed = mine(hands.until(lambda seen: mine(seen) is not None and mine(seen).mode is Mode.FAILED_CLOSED))  # type: ignore[union-attr]
    assert closed is not None
    assert closed.reason == "what came after event 0 is unknown"
    assert closed.findings == ()
    hands.do("kill_broker")
    assert process.wait(timeout=10) == 0


def test_the_packages_of_the_javascript_example_are_pinned_and_name_no_host() -> None:
    wanted = json.loads((EXAMPLES / "package.json").read_text(encoding="utf-8"))["dependencies"]
    lock = (EXAMPLES / "package-lock.json").read_text(encoding="utf-8")
    locked = json.loads(lock)["packages"]
    assert all(locked[f"node_modules/{name}"]["version"] == version for name, version in wanted.items())
    assert all(found["integrity"] for place, found in locked.items() if place)
    assert "resolved" not in lock
    assert "://" not in lock
