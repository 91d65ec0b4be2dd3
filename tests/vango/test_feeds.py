"""One row that the broker does not take: its own feed waits behind it, in order, and nobody else does."""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from contextlib import closing
from typing import Any

import pytest

from tests.vango.conftest import DEADLINE_S, Hands
from vango.core.findings import Kind
from vango.relay.heartbeat import BEAT_S
from vango.truth.outbox import LEASE_S

pytestmark = pytest.mark.long

TOO_LONG = b"x" * 70_000


def edit(hands: Hands, sql: str, *values: object) -> None:
    """Do what a learner does with a tool of their own on the database."""
    with closing(sqlite3.connect(hands.bench.folder / "truth.db", timeout=DEADLINE_S)) as db, db:
        assert db.execute(sql, values).rowcount == 1


def set_row(hands: Hands, column: str, value: object, *, feed: str = "route", sequence: int = 4) -> None:
    edit(hands, f"UPDATE event SET {column} = CAST(? AS {'BLOB' if column == 'body' else 'TEXT'}) WHERE feed = ? AND sequence = ?",
         value, feed, sequence)  # fmt: skip


def promote_all(hands: Hands) -> None:
    """Commit events 4, 5 and 6 of the routes, and two of the allocations, while no relay runs."""
    hands.settle()
    hands.do("kill_relay")
    for route, owner in (("shop", "alloc-b"), ("blog", "alloc-c"), ("shop", "alloc-c")):
        hands.do("promote", route=route, to=owner)
    hands.do("add_allocation", allocation="late")
    hands.do("allocation_ready", allocation="late")


def stored(seen: Any, stream: str = "ROUTES") -> list[int]:
    return [cell.sequence for cell in seen.stream(stream).cells]


def all_stored(seen: Any) -> bool:
    """A look sees the streams first and the outbox last: both must say it."""
    return not seen.outbox.waiting and seen.stream("ROUTES").last_seq == 6


def waiting(seen: Any) -> list[str]:
    return [row.event_id.rpartition("-")[0] for row in seen.outbox.rows]


def test_a_stream_that_does_not_take_one_feed_stops_no_other_and_nothing_is_stored_twice(hands: Hands) -> None:
    promote_all(hands)
    hands.do("stream_limits", duplicate_window_s=0.2)
    hands.do("stream_subjects", stream="ALLOCATIONS", subjects="operation.>")
    before = hands.until(lambda _: True).stream("ALLOCATIONS").last_seq
    hands.do("start_relay")
    seen = hands.until(lambda seen: seen.relay.refused > 4)
    assert (stored(seen), len(waiting(seen))) == ([1, 2, 3, 4, 5, 6], 2)
    hands.do("stream_subjects", stream="ALLOCATIONS", subjects="allocation.> operation.>")
    seen = hands.until(lambda seen: not seen.outbox.waiting and seen.stream("ALLOCATIONS").last_seq == before + 2)
    assert (seen.stream("ROUTES").last_seq, hands.settle().audit.soundness) == (6, "sound")


@pytest.mark.parametrize("head", [4, 5])
def test_behind_a_row_that_no_stream_takes_nothing_of_its_feed_is_sent(hands: Hands, head: int) -> None:
    promote_all(hands)
    set_row(hands, "subject", "nowhere.at.all", sequence=head)
    hands.do("start_relay")
    seen = hands.until(lambda seen: seen.relay.refused > 3)
    assert stored(seen) == list(range(1, head))
    assert "503: no stream listens" in seen.relay.reason
    assert [(f.kind, "nowhere.at.all" in f.repair) for f in seen.audit.findings] == [(Kind.STUCK, True)]
    assert stored(seen, "ALLOCATIONS")[-2:] == sorted(stored(seen, "ALLOCATIONS"))[-2:]
    set_row(hands, "subject", "route.owner.updated.shop", sequence=head)
    assert stored(hands.until(all_stored)) == [1, 2, 3, 4, 5, 6]
    assert not hands.settle().audit.findings


def test_a_listener_of_somebody_else_makes_it_silent_and_still_nothing_passes_it(hands: Hands) -> None:
    async def ignore(_: Any) -> None: ...

    hands.do("relay_rules", ack_timeout_s=0.1)
    promote_all(hands)
    set_row(hands, "subject", "nowhere.at.all", sequence=5)
    hands._run(hands.bench.wire().client.subscribe("nowhere.>", cb=ignore))
    hands.do("stream_limits", duplicate_window_s=0.1)
    hands.do("start_relay")
    seen = hands.until(lambda seen: seen.relay.unanswered > 3)
    assert (stored(seen), seen.stream("ROUTES").last_seq) == ([1, 2, 3, 4], 4)
    assert "stored or not is unknown" in seen.relay.reason


NEVER = [
    ("body", TOO_LONG, "70,000 bytes"),
    ("body", b"x" * 65_530, "of headers"),
    ("subject", "route.owner.updated.sh op", "space or a control character"),
    ("subject", "route.owner.updated.shop\r\nPUB", "space or a control character"),
    ("subject", "route.owner.updated.sh\0op", "space or a control character"),
    ("subject", "", "is empty"),
    ("subject", "route..shop", "empty token"),
    ("subject", "route.owner.updated.", "empty token"),
    ("subject", "route.owner.*.shop", "wildcard"),
    ("subject", "route.>", "wildcard"),
    ("subject", b"route.owner.updated.\xff", "no valid text"),
    ("subject", f"route.{'a' * 5000}", "5,006 bytes"),
    ("subject", "$JS.API.STREAM.DELETE.ROUTES", "belongs to the server"),
]


@pytest.mark.parametrize(("column", "value", "words"), NEVER)
def test_what_can_never_be_stored_is_told_once_is_not_sent_and_stops_no_other_feed(
    hands: Hands, column: str, value: object, words: str
) -> None:
    promote_all(hands)
    set_row(hands, column, value)
    hands.do("start_relay")
    seen = hands.until(lambda seen: "can never be stored" in seen.relay.reason and seen.outbox.waiting == 3)
    assert seen.relay.state == "up"
    (finding,) = seen.audit.findings
    assert (finding.kind, finding.where, words in finding.sentence) == (Kind.STUCK, "truth", True)
    assert "truth.db" in finding.repair
    assert stored(seen) == [1, 2, 3]
    row = hands.bench.truth.db.conn.execute("SELECT body, subject FROM event WHERE feed = 'route' AND sequence = 5")
    body, subject = row.fetchone()
    set_row(hands, column, body if column == "body" else subject)
    seen = hands.until(all_stored)
    assert [text for text in hands.told("relay", "refused") if words in text] == hands.told("relay", "refused")
    assert (len(hands.told("relay", "refused")), seen.relay.unanswered, seen.relay.refused) == (1, 0, 0)


def test_a_row_that_can_never_be_stored_is_a_finding_while_the_relay_is_down(hands: Hands) -> None:
    promote_all(hands)
    set_row(hands, "body", TOO_LONG)
    seen = hands.until(lambda seen: bool(seen.audit.findings))
    assert [(f.kind, "70,000 bytes" in f.sentence) for f in seen.audit.findings] == [(Kind.STUCK, True)]


@pytest.mark.parametrize("body", [b'{"broken', b"\xff\xfe\x00", b"", b"[" * 60_000, b"NaN", b"{}\0", b'"\\ud800"'])
def test_a_body_that_nobody_can_read_goes_as_it_is_and_the_journal_names_its_row(hands: Hands, body: bytes) -> None:
    promote_all(hands)
    set_row(hands, "body", body, sequence=4)
    hands.do("start_relay")
    assert hands.until(all_stored).relay.state == "up"
    found = hands._run(hands.bench.wire().api("STREAM.MSG.GET.ROUTES", {"seq": 4}))["message"]
    assert found.get("data", "") == b64encode(body).decode()
    told = hands.told("relay", "unreadable")
    assert len(told) == (body != b'"\\ud800"')
    assert all("route-4-" in text and "outbox row" in text for text in told)


@pytest.mark.parametrize(("value", "sent"), [(None, b""), (7, b"7"), ("{}", b"{}"), (1.5, b"1.5")])
def test_a_body_of_another_type_is_sent_as_its_bytes(hands: Hands, value: object, sent: bytes) -> None:
    promote_all(hands)
    loosen(hands)
    edit(hands, "UPDATE event SET body = ? WHERE feed = 'route' AND sequence = 4", value)
    hands.do("start_relay")
    hands.until(lambda seen: not seen.outbox.waiting)
    found = hands._run(hands.bench.wire().api("STREAM.MSG.GET.ROUTES", {"seq": 4}))["message"]
    assert found.get("data", "") == b64encode(sent).decode()


def loosen(hands: Hands) -> None:
    """Put a table of the same rows in the place of the strict one, as somebody may who does not like its types."""
    with closing(sqlite3.connect(hands.bench.folder / "truth.db", timeout=DEADLINE_S)) as db:
        db.executescript(
            "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; BEGIN; CREATE TABLE loose AS SELECT * FROM event;"
            " DROP TABLE event; CREATE TABLE event (feed, sequence, id UNIQUE, subject, body, route, owner, epoch, revision);"
            " INSERT INTO event SELECT * FROM loose; DROP TABLE loose; COMMIT;"
        )


def test_while_a_publish_is_under_way_the_heart_beats_and_the_lease_is_renewed(hands: Hands) -> None:
    async def ignore(_: Any) -> None: ...

    beats: list[float] = []

    async def hear(_: Any) -> None:
        beats.append(float(hands.bench.truth.db.conn.execute("SELECT expires_at FROM lease").fetchone()[0]))

    hands.do("relay_rules", ack_timeout_s=60)
    promote_all(hands)
    set_row(hands, "subject", "nowhere.at.all")
    client = hands.bench.wire().client
    hands._run(client.subscribe("nowhere.>", cb=ignore))
    hands.do("start_relay")
    hands.until(lambda seen: seen.stream("ALLOCATIONS").last_seq and seen.outbox.waiting == 3)
    hands._run(client.subscribe("control.heartbeat", cb=hear))
    hands.until(lambda _: len(set(beats)) > 1 and len(beats) > LEASE_S / 3 / BEAT_S)
    assert hands.until(lambda _: True).relay.unanswered == 0


def test_a_timer_that_dies_takes_the_relay_with_it_and_is_told(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    hands.settle()

    async def break_down(_: Any) -> None:
        raise ZeroDivisionError("the clock fell")

    monkeypatch.setattr("vango.relay.heartbeat.Heartbeat.beat", break_down)
    seen = hands.until(lambda seen: seen.relay.state == "down")
    assert "the clock fell" in seen.relay.reason
