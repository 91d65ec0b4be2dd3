"""Whatever others tell can be kept and shown: half characters, zero bytes, marks that turn the writing round, a megabyte."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.vango.conftest import Hands
from vango.actors import told
from vango.actors.sqlite import connect
from vango.journal import codec
from vango.journal.journal import Journal
from vango.relay.high_water import HEARTBEAT, read

HALF, NUL, TURNED = "\ud800", "\x00", "\u202e"
MUCH = ("x" * 2**20, f"{HALF}{NUL}" * 2**18)  # each is tried once, and not again and again by Hypothesis
ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.sampled_from([HALF, NUL, TURNED, f"{HALF}{NUL}" * 99])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4), max_leaves=8,
)  # fmt: skip
MAX_DELIVERIES = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.ROUTES.fra"
ODD = [
    b"", b"no JSON", b"\xff\xfe", b"null", b"5", b"[]", b'"text"', b"{}", b"[" * 30_000, b"1" * 5_000, b'{"stream_seq": NaN}',
    json.dumps({"consumer": HALF, "stream_seq": "seven", "deliveries": [], "reason": 5}).encode(),
    json.dumps({"consumer": f"{NUL}{TURNED}", "text": "t", "kind": "k", "actor": "a", "self": 1, "source": [], "api": 5}).encode(),
    json.dumps({"consumer": 5, "stream_seq": 2**70, "sql": 5, "message": {}, "headers": 5, "stored": 5, "stream_seqs": 5}).encode(),
    json.dumps({"consumer": "x" * 60_000}).encode(),
]  # fmt: skip


def is_fit(text: str) -> bool:
    text.encode()
    return not {NUL, TURNED} & set(text)


@given(ANY_TEXT)
@example(MUCH[0])
@example(MUCH[1])
def test_any_text_becomes_one_that_can_be_kept_and_shown(text: str) -> None:
    assert is_fit(told.fit(text))
    assert told.fit(told.fit(text)) == told.fit(text)


@pytest.mark.parametrize("text", ["shop → alloc-c", "größe\tund\nZeile", "日本", "🙂", "\\ud800"])
def test_text_that_is_fit_stays_as_it_is(text: str) -> None:
    assert told.fit(text) == text


def test_what_cannot_be_shown_is_kept_as_an_escape() -> None:
    assert told.fit(f"a{HALF}b{NUL}c{TURNED}") == r"a\ud800b\x00c\u202e"


@given(ANY_JSON.map(told.plain))
def test_json_that_is_kept_is_written_for_people_and_reads_as_the_same(value: Any) -> None:
    assert json.loads(codec.write_wide(value)) == json.loads(json.dumps(value))


def test_json_for_people_has_a_line_for_each_value() -> None:
    assert codec.write_wide({"route": "größe", "seqs": []}) == '{\n  "route": "größe",\n  "seqs": []\n}'


@given(st.binary() | ANY_JSON.map(lambda value: json.dumps(value).encode()))
@example(json.dumps(MUCH).encode())
def test_no_error_but_ours_leaves_the_boundary(payload: bytes) -> None:
    json.dumps(told.json_or_text(payload), allow_nan=False, ensure_ascii=False).encode()
    with contextlib.suppress(told.Unreadable):
        json.dumps(told.read_object(payload), allow_nan=False, ensure_ascii=False).encode()


@given(ANY_JSON)
@example({"subjects": ["route.>", "a\x08b", "c\x7fd"], "far": 1e308})
@example([[[[1] * 40] * 40] * 3])
def test_what_is_read_is_what_making_it_plain_gives(value: Any) -> None:
    written = json.dumps(value).replace(">", "\\u003e").encode()
    assert told.read(written) == told.plain(json.loads(written))


def test_plain_json_is_not_looked_through_value_by_value(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(value: Any, depth: int = 0) -> Any:
        raise AssertionError("looked through")

    monkeypatch.setattr(told, "plain", refuse)
    assert told.read(b'{"subjects": ["route.\\u003e"], "n": 1}') == {"subjects": ["route.>"], "n": 1}


@given(st.binary() | ANY_JSON.map(lambda value: json.dumps({"route": value}).encode()))
@example(json.dumps({"route": MUCH[1]}).encode())
def test_a_heartbeat_is_read_or_refused(payload: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert is_fit(read(payload).event_id)


def test_the_journal_keeps_any_text_and_any_detail_and_goes_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", lambda: None)
    circle: list[Any] = []
    circle.append(circle)

    @given(ANY_TEXT, ANY_JSON | st.just(circle))
    @example(MUCH[1], MUCH[0])
    def write(text: str, held: Any) -> None:
        journal.write(text, text, text, held=held, text=text, kind=1, actor=2)

    write()
    journal.write("broker", "exit", "the last")
    had, last = journal.tail(100), journal.last
    journal.close()
    again = Journal(tmp_path / "journal.db", lambda: None)
    assert (again.last, again.trouble) == (last, "")
    assert [m.text for m in again.tail(100)] == [m.text for m in had]
    assert all(is_fit(json.dumps([m.text, m.detail], ensure_ascii=False)) for m in again.up_to(last, last))
    again.close()


def test_a_row_that_somebody_spoiled_is_shown_as_it_is(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", lambda: None)
    journal.write("broker", "exit", "first")
    journal.close()
    database = connect(tmp_path / "journal.db")
    with database.conn as connection:
        connection.execute("UPDATE moment SET text = CAST(x'61ff00' AS TEXT), detail = 'not JSON'")
    database.close()
    again = Journal(tmp_path / "journal.db", lambda: None)
    (moment,) = again.tail(1)
    again.close()
    assert (moment.text, moment.detail) == (r"a\xff\x00", {"unreadable": "not JSON"})


@pytest.mark.parametrize("payload", ODD)
def test_an_odd_advisory_is_written_down_and_stops_nobody(hands: Hands, payload: bytes) -> None:
    hands._run(hands.bench.wire().publish(MAX_DELIVERIES, payload))
    hands._run(hands.bench.wire().publish("$JS.EVENT.ADVISORY.API", payload))
    hands._run(hands.bench.wire().publish(HEARTBEAT, payload))
    hands.until(lambda _: bool(hands.told("broker", "advisory")))
    hands.do("promote", route="shop", to="alloc-c")
    hands.settle()
    assert hands.bench.journal.trouble == ""
    assert all(is_fit(json.dumps([m.text, m.detail], ensure_ascii=False)) for m in hands.bench.journal.tail(100))
