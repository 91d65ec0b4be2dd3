"""The moments of a step: each is taken in once, all checks of a look see the same, and what is held of them is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from labs import LABS
from studylab.lab import Evidence, Moment, reading
from studylab.lab.ledgers import HELD, HELD_EACH, HELD_NUMBERS, ByName, Latest
from studylab.lab.moments import Moments, listed
from studylab.lab.runner import READ_AT_ONCE
from tests.labs.conftest import Learner
from tests.labs.small import SEEN
from vango.actors.crash_points import Point
from vango.journal import journal as journal_module
from vango.journal.journal import Journal
from vango.journal.moment import moment_of


def told(n: int, actor: str = "fra", kind: str = "got", **detail: object) -> Moment:
    return Moment(n, float(n), actor, kind, f"{kind} {n}", detail)


def commit(n: int) -> Moment:
    return told(n, "database", "commit", event_id=f"route-{n}", subject="route.owner.updated.shop", sequence=n)


class Fragile(Latest):
    """A ledger with a mistake."""

    def add(self, moment: Moment) -> None:
        super().add(moment)
        if moment.detail.get("odd"):
            raise KeyError("odd")


def test_moments_stand_still_until_they_are_read_up(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", lambda: None)
    try:
        moments = Moments(journal, 0)
        journal.write("syd", "kill", "syd killed")
        assert moments.ask(Latest, [("syd", "kill")]).held == []
        assert moments.read_up()
        assert [moment.n for moment in moments.ask(Latest, [("syd", "kill")]).held] == [1]
        assert moments.first_at == journal.since(0)[0].at
    finally:
        journal.close()


def test_a_ledger_that_is_asked_for_late_has_what_was_before(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", lambda: None)
    try:
        for name in ("fra", "iad", "fra"):
            journal.write(name, "kill", f"{name} killed")
        moments = Moments(journal, 1)
        moments.read_up()
        assert [m.n for m in moments.ask(Latest, [("iad", "kill"), ("fra", "kill")]).held] == [2, 3]
    finally:
        journal.close()


def test_a_ledger_that_raises_is_told_to_who_asks_and_holds_nobody_up(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", lambda: None)
    try:
        moments = Moments(journal, 0)
        moments.ask(Fragile, [("fra", "got")])
        moments.ask(Latest, [("fra", "got")])
        journal.write("fra", "got", "got 1", odd=True)
        journal.write("fra", "got", "got 2")
        assert moments.read_up()
        assert len(moments.ask(Latest, [("fra", "got")]).held) == 2
        with pytest.raises(KeyError, match="odd"):
            moments.ask(Fragile, [("fra", "got")])
    finally:
        journal.close()


def test_much_that_is_new_is_read_in_several_turns_of_the_loop_also_after_a_restart(
    learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = learner.opens(LABS[0])
    learner.does(run.start())
    seen = learner.sees()
    for n in range(5 * READ_AT_ONCE):
        learner.bench.journal.write("database", "commit", f"commit r{n}", subject="", event_id=f"route-{n}")
    turns = Turns(monkeypatch)
    assert learner.does(turns.most(run.read_up(seen))) <= READ_AT_ONCE
    assert turns.decoded >= 5 * READ_AT_ONCE

    learner.leaves_and_comes_back()
    turns.decoded = 0
    assert learner.does(turns.most(learner.lab_run.read_up(seen))) <= READ_AT_ONCE
    assert turns.decoded >= 5 * READ_AT_ONCE
    turns.decoded = 0
    learner.lab_run.look(seen)
    assert turns.decoded == 0


class Turns:
    """Counts the moments that are decoded, and the most in one turn of the loop."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.decoded = 0
        self._decode = moment_of
        monkeypatch.setattr(journal_module, "moment_of", self._decoded)

    def _decoded(self, row: tuple[Any, ...]) -> Moment:
        self.decoded += 1
        return self._decode(row)

    async def most(self, work: Coroutine[Any, Any, None]) -> int:
        """Do something, and return how many moments it decoded in one turn at most."""
        most, doing = 0, asyncio.create_task(work)
        while not doing.done():
            before = self.decoded
            await asyncio.sleep(0)
            most = max(most, self.decoded - before)
        return most


def test_of_one_kind_the_latest_are_held() -> None:
    evidence = Evidence(SEEN, listed(told(n) for n in range(1, 5 * HELD)), {})
    held = reading.moments(evidence, "fra", "got")
    assert HELD <= len(held) <= 2 * HELD
    assert [moment.n for moment in held] == list(range(5 * HELD - len(held), 5 * HELD))


def test_of_a_name_the_first_and_the_last_moments_are_held() -> None:
    ledger = ByName("stream_seqs")
    for n in range(1, 100):
        ledger.add(told(n, stream_seqs=[7, n + 1_000]))
    half = HELD_EACH // 2
    assert [moment.n for moment in ledger.held[7]] == [*range(1, half + 1), *range(100 - half, 100)]
    for n in range(100, 3 * HELD_NUMBERS):
        ledger.add(told(n, stream_seqs=[n + 1_000]))
    assert HELD_NUMBERS <= len(ledger.held) <= 2 * HELD_NUMBERS


def test_commits_are_counted_also_when_they_are_held_no_more() -> None:
    last = 5 * HELD_NUMBERS
    evidence = Evidence(SEEN, listed(commit(n) for n in range(1, last + 1)), {})
    assert HELD_NUMBERS <= len(reading.commits(evidence)) <= 2 * HELD_NUMBERS
    assert reading.count_commits(evidence) == last
    assert reading.count_commits(evidence, up_to=last - 10) == last - 10
    assert reading.last_commit(evidence) == f"route-{last}"
    assert reading.last_commit(evidence, before=last) == f"route-{last - 1}"
    assert reading.last_commit(evidence, after=last) == ""
    assert reading.last_commits(evidence, 2, before=last) == [f"route-{last - 2}", f"route-{last - 1}"]


def test_what_was_handed_is_added_up_also_when_it_is_held_no_more() -> None:
    last = 5 * HELD_NUMBERS
    handed = (told(n, count=2, foreign=1, bytes=10) for n in range(1, last + 1))
    evidence = Evidence(SEEN, listed(handed), {})
    assert reading.handed(evidence, "fra") == (2 * last, last, 10 * last)
    assert reading.handed(evidence, "fra", after=last - 3) == (6, 3, 30)


def test_what_was_in_hand_at_a_crash_stays_known_however_much_comes_after() -> None:
    crash = Moment(2, 2.0, "fra", "crash", "crashed", {"point": "after ack, before apply"})
    after = [told(n, stream_seqs=[n + 10]) for n in range(3, 4 * HELD)]
    evidence = Evidence(SEEN, listed([told(1, stream_seqs=[11]), crash, *after]), {})
    assert reading.crashed_with(evidence, "fra", Point.AFTER_ACK) == 11
    assert reading.crashed_with(evidence, "fra", Point.AFTER_APPLY) == 0
