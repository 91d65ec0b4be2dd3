"""Subjects: what a stream stores, what a filter hands over, and what reading other people's events leads to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vango.conftest import Hands
from vango.actors.errors import BadInput, NotThere, Refused
from vango.broker.connection import Connection

EVERYTHING = "route.> telemetry.>"


def everything_in_routes(hands: Hands) -> None:
    hands.do("stream_subjects", stream="TELEMETRY", subjects="unused.telemetry")
    hands.do("stream_subjects", stream="ROUTES", subjects=EVERYTHING)


def test_a_stream_stores_what_it_is_set_to_and_keeps_what_it_has(hands: Hands) -> None:
    before = hands.settle().stream("ROUTES").messages
    everything_in_routes(hands)
    assert "stored in ROUTES" in hands.do("telemetry", n=3)
    seen = hands.settle().stream("ROUTES")
    assert (seen.subjects, seen.messages) == (("route.>", "telemetry.>"), before + 3)


def test_an_overlap_is_refused_in_the_servers_words_and_changes_nothing(hands: Hands) -> None:
    with pytest.raises(Refused, match="10065: subjects overlap with an existing stream"):
        hands.do("stream_subjects", stream="ROUTES", subjects=EVERYTHING)
    assert any("10065" in text for text in hands.told("learner", "refused"))
    assert hands.settle().stream("ROUTES").subjects == ("route.>",)
    hands.do("stream_limits", max_msgs=50)
    assert hands.settle().stream("ROUTES").subjects == ("route.>",)


@pytest.mark.parametrize("subjects", ["", " , ", " ".join(f"a{n}.>" for n in range(17))])
def test_no_subject_and_too_many_are_refused_with_a_sentence(hands: Hands, subjects: str) -> None:
    with pytest.raises(BadInput, match="expected 1 to 16"):
        hands.do("stream_subjects", stream="TELEMETRY", subjects=subjects)


def test_a_stream_whose_old_files_are_in_the_way_is_created_at_the_next_try(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, refused = Connection.api, list[str]()

    async def refuse_once(self: Connection, subject: str, body: Any = None, **how: Any) -> Any:
        if subject == "STREAM.CREATE.ROUTES" and not refused:
            refused.append(subject)
            raise Refused("The broker says 10049: directory not empty.", err_code=10049)
        return await api(self, subject, body, **how)

    monkeypatch.setattr(Connection, "api", refuse_once)
    hands.do("recreate_stream", stream="ROUTES")
    assert (refused, hands.settle().stream("ROUTES").messages) == (["STREAM.CREATE.ROUTES"], 0)


def test_a_recreated_stream_keeps_its_subjects(hands: Hands) -> None:
    everything_in_routes(hands)
    hands.do("recreate_stream", stream="ROUTES")
    assert hands.settle().stream("ROUTES").subjects == ("route.>", "telemetry.>")


def test_samples_that_nobody_stores_are_said_to_be_lost(hands: Hands) -> None:
    hands.do("stream_subjects", stream="TELEMETRY", subjects="unused.telemetry")
    assert "not stored" in hands.do("telemetry", n=2)


def test_noise_is_counted_in_deliveries_and_bytes_and_told_in_one_moment(hands: Hands) -> None:
    everything_in_routes(hands)
    hands.do("edge_rules", edge="fra", subject_filter=">")
    hands.settle()
    hands.do("telemetry", n=40)
    seen = hands.until(lambda seen: seen.edge("fra").counters["foreign"] == 40)
    assert seen.edge("fra").counters["bytes"] > 40 * 100
    assert seen.edge("iad").counters["foreign"] == 0
    hands.until(lambda _: bool(hands.told("fra", "noise")))
    assert sum(int(text.split()[2]) for text in hands.told("fra", "noise")) == 40
    assert len(hands.told("fra", "noise")) <= 3


@pytest.mark.parametrize("foreign", ["skip", "read"])
def test_only_an_edge_that_reads_other_domains_is_stuck_when_their_shape_changes(hands: Hands, foreign: str) -> None:
    everything_in_routes(hands)
    hands.do("edge_rules", edge="fra", subject_filter=">", foreign=foreign, poison="retry")
    hands.settle()
    hands.do("telemetry", n=2)
    hands.do("telemetry", n=1, shape="a field renamed")
    hands.do("promote", route="shop", to="alloc-c")
    if foreign == "read":
        seen = hands.until(lambda seen: seen.edge("fra").stuck)
        assert "has no field 'cpu'" in seen.edge("fra").stuck
        assert seen.edge("fra").sequence < seen.truth.sequence
    else:
        seen = hands.settle()
        assert seen.edge("fra").counters["foreign"] == 3
        assert seen.edge("fra").sequence == seen.truth.sequence


def test_a_deleted_consumer_takes_its_cursor_along_and_the_edges_position_makes_up_for_it(hands: Hands) -> None:
    hands.do("kill_edge", edge="fra")
    hands.do("burst", n=3)
    hands.do("delete_consumer", consumer="fra")
    seen = hands.until(lambda seen: seen.consumer("fra") is None)
    assert "consumer deleted: fra" in hands.told("broker", "advisory")
    hands.do("start_edge", edge="fra")
    seen = hands.settle()
    assert seen.edge("fra").sequence == seen.truth.sequence
    assert seen.edge("fra").counters["rebuilds"] == 0


def test_there_is_no_deleting_a_consumer_that_is_not_there(hands: Hands) -> None:
    with pytest.raises(NotThere, match="10014"):
        hands.do("delete_consumer", consumer="nobody")


@pytest.mark.parametrize(("begin", "handed"), [("own position", 3), ("new", 0), ("all", 6)])
def test_where_a_consumer_begins_that_the_server_does_not_know(hands: Hands, begin: str, handed: int) -> None:
    hands.do("edge_rules", edge="fra", begin=begin, ask_high_water_mark=False)
    hands.until(lambda seen: seen.edge("fra").mode == "current")
    before = hands.settle().edge("fra").counters["received"]
    hands.do("kill_edge", edge="fra")
    hands.do("burst", n=3)
    hands.do("delete_consumer", consumer="fra")
    hands.until(lambda seen: seen.outbox.waiting == 0)
    hands.do("start_edge", edge="fra")
    seen = hands.until(lambda seen: seen.edge("fra").mode == "current")
    assert seen.edge("fra").counters["received"] - before == handed


@pytest.mark.parametrize("durable", [True, False])
def test_a_consumer_with_a_threshold_is_gone_when_its_edge_stays_away(hands: Hands, durable: bool) -> None:
    hands.do("edge_rules", edge="fra", durable=durable, inactive_threshold_s=0.3)
    seen = hands.until(lambda seen: any(consumer.inactive_threshold_s == 0.3 for consumer in seen.consumers))
    mine = next(consumer for consumer in seen.consumers if consumer.inactive_threshold_s)
    assert mine.durable is durable
    assert (mine.name == "fra") is durable
    hands.do("kill_edge", edge="fra")
    hands.until(lambda seen: seen.consumer(mine.name) is None)
    assert f"consumer deleted: {mine.name}" in hands.told("broker", "advisory")


def test_an_edge_with_an_ephemeral_consumer_that_missed_something_is_found_out(hands: Hands) -> None:
    hands.do("edge_rules", edge="fra", durable=False, ask_high_water_mark=False)
    hands.until(lambda seen: seen.edge("fra").mode == "current")
    hands.do("kill_edge", edge="fra")
    hands.do("burst", n=3)
    hands.until(lambda seen: seen.outbox.waiting == 0)
    hands.do("start_edge", edge="fra")
    seen = hands.until(lambda seen: bool(seen.audit.findings))
    assert [(finding.kind, finding.where) for finding in seen.audit.findings] == [("lost", "fra")]


def test_lowering_a_limit_evicts_at_once_and_the_journal_has_both_numbers(hands: Hands) -> None:
    hands.do("burst", n=9)
    hands.settle()
    hands.do("stream_limits", max_msgs=4)
    assert hands.told("stream", "limits") == ["ROUTES: max_msgs=4; 12 messages before, 4 after"]
    assert hands.settle().stream("ROUTES").first_seq == 9
