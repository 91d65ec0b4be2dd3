"""Undo is exact, or it is refused in a sentence and changes nothing. What a reset ends can be brought back."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.vango.conftest import Hands, Run, settled
from tests.vango.test_full_disk import full
from vango.actors.crash_points import RELAY_POINTS, Point
from vango.actors.errors import Refused, Unavailable
from vango.bench import plan
from vango.bench.bench import Bench
from vango.bench.bench_connection import BenchConnection
from vango.broker.keeper import Keeper
from vango.journal import journal
from vango.journal.verb_log import Row

pytestmark = pytest.mark.long

SHOP = {"route": "shop", "to": "alloc-c"}


def state(hands: Hands) -> Any:
    """Return what undo must bring back: truth, streams, and what each edge holds under which rules."""
    hands.until(lambda seen: all(stream.available for stream in seen.streams))
    seen = hands.settle()
    return (
        seen.truth.sequence,
        seen.truth.revision,
        [(route.name, route.owner, route.epoch) for route in seen.truth.routes],
        [(stream.name, stream.messages, stream.last_seq) for stream in seen.streams],
        [(edge.name, edge.mode, edge.sequence, edge.rules) for edge in seen.edges],
    )


def rows(hands: Hands) -> list[Row]:
    return hands.bench.journal.lives.current.rows


@pytest.fixture
def again(run: Run[Any], keeper: Keeper, hands: Hands) -> Iterator[Any]:
    """Close the bench, do something to its files, and open it again."""
    opened: list[Generator[Hands, None, None]] = []

    def open_again(meanwhile: Any = lambda folder: None) -> Hands:
        run(hands.bench.close())
        meanwhile(hands.bench.folder)
        opened.append(settled(run, keeper, hands.bench.folder))
        return next(opened[0])

    yield open_again
    for bench in opened:
        bench.close()


def test_more_moments_than_the_journal_keeps_do_not_shorten_the_list(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MAX_MOMENTS", 100)
    monkeypatch.setattr(journal, "OLDEST", 0)
    hands.do("burst", n=300)
    hands.do("burst", n=300)
    before = state(hands)
    hands.do("promote", route="shop", to="alloc-a")
    hands.settle()
    assert hands.bench.journal.first > rows(hands)[1].moment
    assert hands.do("undo").startswith("promote was undone: 2 verbs were")
    assert state(hands) == before
    assert before[0] == 603


def test_after_a_storm_undo_goes_back_by_one_verb_and_plays_no_storm(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    hands.do("storm", seed=3, length=2)
    after_storm = state(hands)
    hands.do("promote", route="blog", to="alloc-b")
    between = state(hands)
    hands.do("promote", route="api", to="alloc-c")
    for expected, left in ((between, 3), (after_storm, 2)):
        assert "played again on a copy of the bench after storm" in hands.do("undo")
        assert state(hands)[:3] == expected[:3]
        assert state(hands)[3] == expected[3]
        assert [row.verb for row in rows(hands)] == ["promote", "storm", "promote"][:left]
    assert len(hands.told("learner", "storm")) == 1
    assert hands.do("undo") == "storm was undone: 1 verb was played again on a fresh bench."
    assert state(hands)[0] == 4


def test_a_storm_of_which_no_copy_is_kept_is_not_played_again(hands: Hands) -> None:
    hands.do("storm", seed=3, length=1)
    hands.do("promote", route="blog", to="alloc-b")
    before = state(hands)
    hands.bench.history.aside.drop(rows(hands)[0].copy)
    with pytest.raises(Refused, match="No copy of the bench after storm exists"):
        hands.do("undo")
    assert state(hands) == before


def test_what_was_refused_is_refused_again_and_stays_on_the_list(hands: Hands) -> None:
    with pytest.raises(Refused):
        hands.do("promote", route="shop", to="alloc-d")
    hands.do("promote", route="shop", to="alloc-c")
    hands.do("promote", route="blog", to="alloc-b")
    hands.do("undo")
    assert [(row.verb, row.outcome) for row in rows(hands)] == [("promote", "Refused"), ("promote", "done")]


@pytest.mark.parametrize(("outcome", "revision"), [("Refused", None), ("done", 99)])
def test_a_verb_that_comes_to_something_else_puts_the_bench_back(
    hands: Hands, outcome: str, revision: int | None
) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    hands.do("edge_rules", edge="syd", check_epochs=False)
    hands.settle()
    hands.do("crash_edge", edge="fra", at="after receive")
    hands.do("kill_relay")
    hands.do("promote", route="blog", to="alloc-b")
    before = hands.bench.truth.owners(), hands.bench.truth.revision()
    rows(hands)[0].outcome, rows(hands)[0].revision = outcome, revision
    with pytest.raises(Refused, match=r"verb 1 \(promote\).*nothing was changed"):
        hands.do("undo")
    assert (hands.bench.truth.owners(), hands.bench.truth.revision()) == before
    assert [row.verb for row in rows(hands)] == ["promote", "edge_rules", "crash_edge", "kill_relay", "promote"]
    seen = hands.until(lambda seen: all(edge.mode == "catching up" for edge in seen.edges))
    assert {edge.sequence for edge in seen.edges} == {4}
    assert (seen.relay.state, seen.outbox.waiting, seen.edge("fra").armed) == ("down", 1, "after receive")
    assert not seen.edge("syd").rules.check_epochs


def test_what_has_to_connect_first_is_waited_for(hands: Hands) -> None:
    def there() -> None:
        hands.until(lambda seen: all(stream.available for stream in seen.streams))
        hands.until(lambda seen: not any(edge.is_connecting for edge in hands.bench.edges.values()))
        hands.settle()

    for verb in (
        "restart_broker",
        "take_snapshot",
        "load_snapshot",
        "restart_edge",
        "replay",
        "rollback_store",
        "purge",
    ):
        there()
        if verb == "rollback_store":
            hands.do("keep_store")
        hands.do(verb, **({"edge": "iad"} if verb in ("load_snapshot", "restart_edge", "replay") else {}))
    there()
    hands.do("promote", route="shop", to="alloc-c")
    assert hands.do("undo").startswith("promote was undone: 8 verbs")
    assert {row.outcome for row in rows(hands)} == {"done"}


def test_a_row_that_the_relay_finds_without_notice_is_waited_for(hands: Hands) -> None:
    hands.do("crash_control")
    hands.do("promote", route="shop", to="alloc-c")
    hands.until(lambda seen: seen.outbox.waiting == 0)
    hands.do("keep_store")
    hands.do("promote", route="blog", to="alloc-b")
    hands.settle()
    hands.do("rollback_store")
    before = state(hands)
    assert before[3][0] == ("ROUTES", 4, 4)
    hands.do("promote", route="api", to="alloc-c")
    hands.do("undo")
    assert state(hands)[:4] == before[:4]


def crashed(hands: Hands, stored: int) -> tuple[int, int, Point | None]:
    """Return the bench after the crash of its relay. A look that began before the crash may not show what is stored."""
    seen = hands.until(
        lambda seen: (
            seen.relay.state == "down"
            and seen.relay.reason.startswith("crashed")
            and seen.stream("ROUTES").last_seq == stored
        )
    )
    return seen.stream("ROUTES").last_seq, seen.outbox.waiting, hands.bench.relay.path.armed


@pytest.mark.parametrize("is_awaited", [True, False])
@pytest.mark.parametrize("at", RELAY_POINTS)
def test_a_relay_that_crashes_as_soon_as_it_is_started_is_waited_for(
    hands: Hands, monkeypatch: pytest.MonkeyPatch, at: Point, is_awaited: bool
) -> None:
    connect = BenchConnection.connect

    async def connect_slowly(link: BenchConnection, name: str) -> Any:
        await asyncio.sleep(0.1 if name == "relay" else 0)
        return await connect(link, name)

    monkeypatch.setattr(BenchConnection, "connect", connect_slowly)
    for verb, arguments in (("crash_relay", {"at": at}), ("kill_relay", {}), ("promote", SHOP), ("start_relay", {})):
        hands.do(verb, **arguments)
    stored = 3 + (at is Point.BEFORE_MARK)
    if is_awaited:
        crashed(hands, stored)
    hands.do("promote", route="blog", to="alloc-b")
    assert hands.do("undo").startswith("promote was undone: 4 verbs")
    assert crashed(hands, stored) == (stored, 1, None)


def test_a_stream_that_comes_to_another_end_is_noticed(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    hands.settle()
    hands.do("promote", route="blog", to="alloc-b")
    before = state(hands)
    assert rows(hands)[0].stored == 4
    rows(hands)[0].stored = 7
    with pytest.raises(
        Refused, match=r"led to stream seq 4 with 0 events waiting\. The first time it led to 7 with 0 waiting"
    ):
        hands.do("undo")
    assert state(hands) == before


def test_undo_undo_undo_never_doubles_the_list(hands: Hands) -> None:
    states = []
    for owner in ("alloc-b", "alloc-c", "alloc-b", "alloc-c"):
        states.append(state(hands))
        hands.do("promote", route="shop", to=owner)
    for left in (3, 2, 1, 0):
        hands.do("undo")
        assert len(rows(hands)) == left
        assert state(hands) == states[left]


def test_a_reset_is_undone_with_all_that_stood_there(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    hands.do("edge_rules", edge="syd", deduplicate=False)
    hands.do("kill_edge", edge="iad")
    hands.settle()
    hands.do("kill_relay")
    hands.do("promote", route="blog", to="alloc-b")
    before = hands.bench.truth.owners(), [row.verb for row in rows(hands)]
    hands.do("reset")
    hands.do("reset")
    assert state(hands)[0] == 3
    assert hands.do("undo") == "Reset was undone: the bench is as it was before."
    assert (hands.bench.truth.owners(), [row.verb for row in rows(hands)]) == before
    seen = hands.until(lambda seen: seen.edge("fra").claim == "catching up from 4")
    assert (seen.relay.state, seen.outbox.waiting, seen.edge("iad").mode) == ("down", 1, "down")
    assert not seen.edge("syd").rules.deduplicate
    hands.do("undo")
    assert state(hands)[0] == 4
    assert [row.verb for row in rows(hands)] == before[1][:-1]


def test_a_broker_that_was_down_before_the_reset_is_down_after_its_undo(hands: Hands) -> None:
    hands.do("kill_broker")
    hands.do("promote", route="shop", to="alloc-c")
    hands.do("reset")
    hands.do("undo")
    seen = hands.until(lambda seen: seen.broker.state == "down")
    assert (seen.outbox.waiting, seen.broker.reason) == (1, "it was killed on request")
    hands.do("start_broker")
    assert hands.settle().edge("fra").claim == "current at 4"


def test_the_verbs_after_a_reset_are_undone_before_it(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    before = state(hands)
    hands.do("reset")
    hands.do("promote", route="blog", to="alloc-b")
    assert hands.do("undo").startswith("promote was undone: 0 verbs")
    assert hands.do("undo").startswith("Reset was undone")
    assert state(hands) == before


def test_a_fork_is_undone_as_a_whole(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    hands.settle()
    then = hands.bench.journal.last
    hands.do("promote", route="blog", to="alloc-b")
    before = state(hands)
    hands.do("fork", moment=then)
    assert state(hands)[0] == 4
    assert hands.do("undo") == "Fork was undone: the bench is as it was before."
    assert state(hands) == before


def test_a_fork_to_a_moment_before_an_undo_finds_what_was_undone(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    before = state(hands)
    then = hands.bench.journal.last
    hands.do("undo")
    hands.do("fork", moment=then)
    assert state(hands) == before


def test_more_verbs_than_are_run_again_are_refused(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MAX_VERBS", 2)
    for owner in ("alloc-b", "alloc-c", "alloc-b", "alloc-c"):
        hands.do("promote", route="shop", to=owner)
    before = state(hands)
    with pytest.raises(Refused, match="3 verbs precede that moment; at most 2 are played again"):
        hands.do("undo")
    assert state(hands) == before


def test_the_list_and_what_was_set_aside_survive_the_app(again: Any, hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    before = state(hands)
    hands.do("reset")
    hands.do("promote", route="blog", to="alloc-b")
    later = again()
    later.do("undo")
    assert later.do("undo").startswith("Reset was undone")
    assert state(later)[:3] == before[:3]


def test_an_undo_that_a_kill_cut_off_is_put_back_at_the_next_start(
    again: Any, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    for owner in ("alloc-b", "alloc-c", "alloc-b"):
        hands.do("promote", route="shop", to=owner)
    before = state(hands)

    async def dies(*_: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr("vango.bench.rerun.follow", dies)
        patch.setattr(hands.bench.history, "_bring_back", dies)
        with pytest.raises(KilledError):
            hands.do("undo")
    later = again()
    assert state(later)[:4] == before[:4]
    assert len(rows(later)) == 3
    assert later.do("undo").startswith("promote was undone: 2 verbs")


class KilledError(Exception):
    pass


def forget_the_list(folder: Path) -> None:
    """Leave a journal as an earlier version wrote it."""
    with closing(sqlite3.connect(folder / "journal.db")) as db:
        db.executescript("DROP TABLE verb; DROP TABLE life;")


def test_the_journal_of_an_earlier_version_gives_its_verbs(again: Any, hands: Hands) -> None:
    hands.do("promote", route="api", to="alloc-c")
    hands.do("reset")
    with pytest.raises(Refused):
        hands.do("promote", route="shop", to="alloc-d")
    hands.do("promote", route="shop", to="alloc-c")
    before = state(hands)
    hands.do("burst", n=5)
    later = again(forget_the_list)
    assert [(row.verb, row.outcome) for row in rows(later)] == [
        ("promote", "refused"), ("promote", "done"), ("burst", "done"),
    ]  # fmt: skip
    later.do("undo")
    assert state(later) == before


@pytest.mark.parametrize("lost", ["n <= 10", "n = 12"])
def test_what_an_earlier_version_no_longer_knew_is_refused_until_a_reset(again: Any, hands: Hands, lost: str) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    hands.do("promote", route="blog", to="alloc-c")

    def trim(folder: Path) -> None:
        forget_the_list(folder)
        with closing(sqlite3.connect(folder / "journal.db")) as db, db:
            db.execute(f"DELETE FROM moment WHERE {lost}")

    later = again(trim)
    before = state(later)
    with pytest.raises(Refused, match=r"no longer had every verb\. The earlier state cannot be restored"):
        later.do("undo")
    assert state(later) == before
    later.do("reset")
    later.do("promote", route="shop", to="alloc-c")
    later.do("undo")
    later.do("undo")
    assert state(later) == before


def damage_the_list(file: Path) -> None:
    """Write over the page that the list of verbs begins on; the file still opens."""
    with closing(sqlite3.connect(file)) as db:
        page, size = (db.execute(say).fetchone()[0] for say in (
            "SELECT rootpage FROM sqlite_schema WHERE name = 'verb'", "PRAGMA page_size"
        ))  # fmt: skip
    content = bytearray(file.read_bytes())
    content[(page - 1) * size : page * size] = b"x" * size
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda file: file.write_bytes(b"this is no database " * 500), "The journal was damaged"),
        (lambda file: file.unlink(), "The journal with the list of verbs is no longer"),
        (lambda file: damage_the_list(file), "The journal was damaged"),
    ],
)
def test_without_its_journal_undo_is_refused(again: Any, hands: Hands, harm: Any, words: str) -> None:
    hands.do("promote", route="shop", to="alloc-c")

    def harm_the_journal(folder: Path) -> None:
        for file in folder.glob("journal.db*"):
            harm(file)

    later = again(harm_the_journal)
    later.do("promote", route="blog", to="alloc-c")
    before = state(later)
    with pytest.raises(Refused, match=f"{words}.*nothing was changed"):
        later.do("undo")
    assert state(later) == before


def test_a_truth_that_somebody_else_changed_is_not_undone(again: Any, hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    hands.do("promote", route="blog", to="alloc-c")

    def write(folder: Path) -> None:
        with closing(sqlite3.connect(folder / "truth.db")) as db, db:
            db.execute("INSERT INTO revision VALUES (99, 'now', 'by hand')")

    later = again(write)
    with pytest.raises(Refused, match="changed by more than the verbs on the list"):
        later.do("undo")


def test_a_verb_that_the_end_of_the_app_cut_off_is_not_done_again(again: Any, hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    hands.do("promote", route="blog", to="alloc-c")
    rows(hands)[0].outcome = ""
    hands.bench.journal.lives.note(rows(hands)[0])
    later = again()
    with pytest.raises(Refused, match="The app ended in the middle of promote"):
        later.do("undo")


def test_a_reset_works_also_when_nothing_can_be_set_aside(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    (hands.bench.folder / "aside").write_text("in the way")
    hands.do("reset")
    assert state(hands)[0] == 3
    with pytest.raises(Refused, match="There is nothing to undo"):
        hands.do("undo")


def test_what_a_full_disk_did_not_take_of_the_list_is_written_later(again: Any, hands: Hands) -> None:
    with full(hands.bench.journal._db):
        for n in range(150):
            hands.do("add_route", route=f"route-{n}", owner="alloc-a")
        assert hands.bench.journal.trouble
    hands.do("promote", route="shop", to="alloc-c")
    later = again()
    assert [row.verb for row in rows(later)] == ["add_route"] * 150 + ["promote"]


def test_a_verb_is_on_the_list_in_one_transaction_before_it_acts_and_in_one_after(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    hands.settle()
    ran: list[str] = []
    hands.bench.journal._db.conn.set_trace_callback(ran.append)
    hands.do("promote", route="shop", to="alloc-b")
    hands.settle()
    hands.bench.journal._db.conn.set_trace_callback(None)
    lists = [each for each in "\n".join(ran).split("COMMIT") if "INTO verb" in each]
    assert [each.count("INTO verb") for each in lists] == [2, 1]


def test_what_another_program_held_up_is_not_done_again(hands: Hands) -> None:
    with closing(sqlite3.connect(hands.bench.folder / "truth.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="another program holds the database"):
            hands.do("promote", route="shop", to="alloc-c")
        other.rollback()
    before = state(hands)
    hands.do("promote", route="shop", to="alloc-b")
    hands.do("undo")
    assert state(hands) == before


def test_lives_that_no_moment_is_left_of_are_forgotten_but_for_the_one_before(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MAX_MOMENTS", 100)
    monkeypatch.setattr(journal, "OLDEST", 0)
    for _ in range(3):
        hands.do("burst", n=200)
        hands.settle()
        hands.do("reset")
    kept = hands.bench.journal._db.conn.execute("SELECT life, verb FROM verb").fetchall()
    assert kept == [(3, "burst")]
    hands.do("undo")
    assert state(hands)[0] == 203
    hands.do("undo")
    assert state(hands)[0] == 3


def test_the_life_before_is_not_forgotten_however_long_ago_it_ended(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MAX_MOMENTS", 100)
    hands.do("promote", route="shop", to="alloc-c")
    hands.do("reset")
    for _ in range(2):
        hands.do("burst", n=200)
        hands.settle()
    for _ in range(3):
        hands.do("undo")
    assert [row.verb for row in rows(hands)] == ["promote"]
    hands.do("undo")
    assert state(hands)[0] == 3


def test_a_bench_on_which_nothing_was_done_has_nothing_to_undo_when_it_is_opened_again(
    run: Run[Any], keeper: Keeper, tmp_path: Path
) -> None:
    for _ in range(2):
        run(run_bench(tmp_path / "bench", keeper))


async def run_bench(folder: Path, keeper: Keeper) -> None:
    bench = await Bench.open(folder, keeper)
    assert bench.history.undoes == ""
    await bench.close()
