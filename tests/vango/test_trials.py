"""Trials on real benches: what a fault leaves when one protection is missing, and storms that find, shrink and replay."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.vango.conftest import Hands
from vango.actors.errors import BadInput, Refused
from vango.core.audit import Soundness
from vango.observe.model import StormSeen
from vango.storm.fault_table import fault
from vango.storm.matrix import ALL_ON, DOES_NOT_HAPPEN, NOT_KNOWN, SOUND, STAYS_CLOSED, script, word
from vango.storm.play import Verdict, play
from vango.storm.protections import prepare, protection
from vango.storm.storm import script as storm_of
from vango.verbs.script import act, parse

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
STORM_WITHIN_S = 120


@pytest.mark.parametrize("key", ["crash-after-commit", "zombie", "gap", "purged-tail", "rollback", "bad-snapshot"])
def test_with_every_protection_a_fault_leaves_nothing_wrong(hands: Hands, run: Any, key: str) -> None:
    verdict = run(play(hands.bench, script(ALL_ON, fault(key))))
    assert word(verdict) == SOUND, verdict


@pytest.mark.parametrize(
    ("without", "key", "found"),
    [
        ("outbox", "crash-after-commit", "untold"),
        ("event-ids", "second-copy", "double effect"),
        ("continuity", "gap", "false confidence"),
        ("mark", "purged-tail", "lost"),
        ("checksum", "bad-snapshot", "false confidence"),
        ("commit-first+mark", "refusal", "phantom"),
    ],
)
def test_without_its_protection_a_fault_is_found_under_its_name(
    hands: Hands, run: Any, without: str, key: str, found: str
) -> None:
    verdict = run(play(hands.bench, script(protection(without), fault(key))))
    assert found in verdict.kinds
    assert verdict.records


def test_a_fault_that_cannot_be_done_is_said_not_to_happen(hands: Hands, run: Any) -> None:
    assert word(run(play(hands.bench, script(protection("commit-first"), fault("relay-crash"))))) == DOES_NOT_HAPPEN


def test_an_old_event_that_is_not_stored_again_is_a_fault_that_did_not_happen(hands: Hands, run: Any) -> None:
    """Without the short window of a trial the offer is refused: nobody may read that as a fault withstood."""
    assert word(run(play(hands.bench, fault("zombie").script))) == DOES_NOT_HAPPEN


def test_everything_that_a_script_has_stopped_runs_again_at_the_end(hands: Hands, run: Any) -> None:
    acts = (
        act("kill_relay"),
        act("kill_edge", edge="fra"),
        act("freeze_broker"),
        act("crash_edge", edge="iad", at="after receive"),
    )
    assert run(play(hands.bench, acts)).soundness is Soundness.SOUND
    seen = hands.settle()
    assert (seen.relay.state, seen.broker.state) == ("up", "up")
    assert [(edge.claim, edge.armed) for edge in seen.edges] == [("current at 3", "")] * 3


def test_an_act_that_nobody_could_do_is_refused_before_the_first_is_done(hands: Hands, run: Any) -> None:
    with pytest.raises(BadInput, match="promote has no argument 'rout'"):
        run(play(hands.bench, parse("purge\npromote rout=shop to=alloc-b")))
    assert hands.told("stream", "purge") == []


def test_an_event_is_offered_until_the_broker_has_forgotten_its_id(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-b")
    hands.settle()
    assert hands.do("republish", sequence=4) == "Event 4 was published again: the broker says duplicate."
    hands.do("stream_limits", duplicate_window_s=0.2)
    assert hands.do("republish", sequence=4, after_window=True) == "Event 4 was published again: stored as seq 5."


def test_nobody_waits_for_a_long_duplicate_window(hands: Hands) -> None:
    with pytest.raises(Refused, match="The duplicate window of ROUTES is 120 s"):
        hands.do("republish", sequence=3, after_window=True)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_storm_leaves_nothing_wrong_on_a_bench_with_every_protection(hands: Hands, run: Any, seed: int) -> None:
    verdict = run(play(hands.bench, (*prepare(), *storm_of(seed))))
    assert verdict.soundness is Soundness.SOUND, verdict
    assert verdict.closed == ()


def test_the_words_of_a_cell() -> None:
    assert word(Verdict(Soundness.VIOLATED, ("lost", "stuck"), "")) == "lost, stuck"
    assert word(Verdict(Soundness.SOUND, (), "", closed=("iad",))) == STAYS_CLOSED
    assert word(Verdict(Soundness.NOT_YET_KNOWN, (), "")) == NOT_KNOWN


def storm(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vango", "storm", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=STORM_WITHIN_S, cwd=ROOT, check=False)


@pytest.mark.slow
def test_a_storm_from_a_shell_prints_its_seed_its_finding_and_a_minimal_script_that_plays_again(tmp_path: Path) -> None:
    first = storm("--seed", "4", "--length", "5", "--rules", "naive", "--without", "checksum")
    assert first.returncode == 1, first.stdout + first.stderr
    assert first.stdout.startswith("# seed 4, length 5\n")
    minimal = first.stdout.partition(" acts are enough.")[2].partition("\n")[2]
    assert 1 <= len(minimal.splitlines()) <= 3
    (tmp_path / "minimal").write_text(minimal)
    again = storm("--replay", str(tmp_path / "minimal"), "--rules", "naive", "--without", "checksum", "--no-shrink")
    assert again.returncode == 1, again.stdout
    assert storm("--replay", str(tmp_path / "minimal")).returncode == 0


def test_a_storm_from_a_shell_says_what_is_wrong_with_its_input(tmp_path: Path) -> None:
    assert "expected 1 to 40" in storm("--length", "99").stderr
    assert "cannot be read" in storm("--replay", str(tmp_path / "nothing")).stderr


@pytest.mark.slow
def test_while_a_storm_shrinks_it_is_told_how_many_acts_are_enough_so_far(
    hands: Hands, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands.do("take_away", protection="outbox")
    acts = ("promote route=blog to=alloc-b", "crash_control", "promote route=shop to=alloc-b")
    hands.bench.trials.found.storms = (StormSeen(1, 3, ("outbox",), acts, "violated", ("untold",), "", (), (), ()),)
    told: list[str] = []
    step = hands.bench.progress.step

    async def listens(done: int, of: str) -> bool:
        stops = await step(done, of)
        told.append(hands.bench.progress.see().words)  # type: ignore[union-attr]
        return stops

    monkeypatch.setattr(hands.bench.progress, "step", listens)
    assert hands.do("shrink_storm").startswith("2 of 3 acts are enough.")
    assert list(dict.fromkeys(told)) == ["3 of 3 acts are enough so far", "2 of 3 acts are enough so far"]
