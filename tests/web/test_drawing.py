"""The tape: what is drawn where, for streams that are whole, evicted, holed, unknown or empty."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from studylab.web.drawing import FULL, cursors, depth, outcomes, strip, tape
from studylab.web.stream_words import consumer_words
from vango.core.rules import ROUTE_EVENTS, StreamRules
from vango.observe.model import CellSeen, ConsumerSeen, ProbeSeen, StreamSeen


def cell(seq: int, *, known: bool = True) -> CellSeen:
    return CellSeen(seq, "route.owner.updated.shop", f"e{seq}", seq, "shop", "alloc-a", seq, 270, known)


def stream(first: int, last: int, *, cells: tuple[CellSeen, ...], holes: tuple[int, ...] = ()) -> StreamSeen:
    return StreamSeen(
        "ROUTES", True, "", ("route.>",), len(cells), 0, first, last, len(holes), StreamRules(), cells, holes
    )


def consumer(delivered: int, acked: int) -> ConsumerSeen:
    return ConsumerSeen("ROUTES", "fra", True, "route.>", delivered, acked, 0, 0, 0, 0)


def kinds(seen: StreamSeen) -> list[tuple[int, int, str]]:
    return [(slot.seq, slot.last, slot.kind) for slot in tape(seen).slots]


def test_every_stored_message_is_a_cell_and_the_last_is_the_newest() -> None:
    drawn = tape(stream(1, 3, cells=(cell(1), cell(2), cell(3))))
    assert [(slot.label, slot.newest) for slot in drawn.slots] == [("1", False), ("2", False), ("3", True)]


def test_evicted_messages_are_one_hole_before_the_first() -> None:
    assert kinds(stream(5, 6, cells=(cell(5), cell(6)))) == [(1, 4, "evicted"), (5, 5, "stored"), (6, 6, "stored")]


def test_a_deleted_message_is_a_hole_in_its_place_and_a_long_run_is_drawn_as_one() -> None:
    holed = stream(1, 9, cells=(cell(1), cell(3), cell(9)), holes=(2, 4, 5, 6, 7, 8))
    assert kinds(holed) == [(1, 1, "stored"), (2, 2, "hole"), (3, 3, "stored"), (4, 8, "hole"), (9, 9, "stored")]


def test_stored_messages_before_the_window_are_said_to_be_stored() -> None:
    assert kinds(stream(1, 70, cells=(cell(70),)))[:2] == [(1, 1, "earlier"), (2, 69, "earlier")]


def test_a_long_tape_shows_both_ends_and_counts_what_lies_between() -> None:
    cells = tuple(map(cell, range(9_942, 10_001)))
    long = replace(stream(11, 10_000, cells=cells, holes=(9_941,)), messages=9_800, deleted=190)
    drawn = tape(long)
    ends = [(slot.seq, slot.last, slot.label) for slot in (*drawn.slots[:3], drawn.slots[-1])]
    assert ends == [(1, 10, "×"), (11, 11, "11"), (12, 9_941, "…"), (10_000, 10_000, "10000")]
    assert drawn.slots[2].title.endswith("9741 stored, 189 deleted or lost")
    assert "stream seq 11 to 10000, drawn from 9942; 190 missing between them" in drawn.words


def test_a_cursor_before_the_window_stands_within_what_is_not_drawn() -> None:
    long = replace(stream(1, 10_000, cells=tuple(map(cell, range(9_941, 10_001)))), messages=10_000)
    share = FULL / (60 + 3 + 3)
    for acked, slots in ((0, 0), (1, 3), (4_971, 4.5), (9_940, 6), (9_941, 7)):
        track = cursors(tape(long), consumer(10_000, acked))
        assert float(track.acked.rstrip("%")) == pytest.approx(share * slots, abs=0.01)


def test_an_event_that_no_history_has_looks_different() -> None:
    assert kinds(stream(1, 1, cells=(cell(1, known=False),))) == [(1, 1, "unknown")]


def test_a_message_of_another_domain_is_no_unknown_event() -> None:
    sample = CellSeen(1, "telemetry.sampled.host-1", "", 0, "", "", 0, 150, known=False)
    drawn = tape(stream(1, 1, cells=(sample,))).slots[0]
    assert (drawn.kind, drawn.title) == ("foreign", "stream seq 1: telemetry.sampled.host-1")


@pytest.mark.parametrize(
    ("particulars", "words"),
    [
        ({"subject_filter": ROUTE_EVENTS}, ""),
        ({"subject_filter": ">"}, "filter >"),
        ({"subject_filter": ROUTE_EVENTS, "durable": False, "inactive_threshold_s": 0.5},
         "ephemeral, deleted after 0.5s unread"),
    ],
)  # fmt: skip
def test_a_consumers_line_says_only_what_is_particular_about_it(particulars: dict[str, Any], words: str) -> None:
    assert consumer_words(replace(consumer(1, 1), **particulars)) == words


def test_a_purged_stream_is_one_hole_and_an_untouched_one_is_nothing() -> None:
    assert kinds(stream(8, 7, cells=())) == [(1, 7, "evicted")]
    assert kinds(stream(0, 0, cells=())) == []


def test_cursors_stand_behind_the_cells_that_they_passed() -> None:
    track = cursors(tape(stream(1, 4, cells=tuple(map(cell, range(1, 5))))), consumer(4, 2))
    assert (track.acked, track.delivered, track.between) == ("25.00%", "50.00%", "25.00%")


@pytest.mark.parametrize(
    ("waiting", "boxes", "lines"), [(0, 0, 0), (1, 1, 1), (16, 16, 1), (17, 17, 2), (10_000, 64, 4)]
)
def test_the_outbox_is_drawn_as_boxes_up_to_the_end_of_the_picture(waiting: int, boxes: int, lines: int) -> None:
    picture = depth(waiting)
    assert (len(picture.boxes), picture.height) == (boxes, lines * 10)
    assert all(y < picture.height for _, y in picture.boxes)


def test_a_late_answer_is_drawn_as_late_and_not_as_misrouted() -> None:
    probes = (
        ProbeSeen("shop", "wrong", "alloc-a", "alloc-b"),
        ProbeSeen("shop", "wrong", "alloc-a", "alloc-b", late=True),
    )
    assert [*strip(outcomes(probes))] == ["wrong", "late"]


def test_without_its_colour_each_outcome_still_has_a_shape_of_its_own() -> None:
    alone = [strip((outcome,))[outcome] for outcome in ("right", "late", "wrong", "refused")]
    assert len(set(alone)) == 4


def test_the_newest_message_of_a_full_tape_has_room_for_its_label() -> None:
    last = tape(stream(1, 300, cells=tuple(cell(seq) for seq in range(200, 301)))).ends[-1]
    assert last == pytest.approx(FULL)
