"""What moments tell, as records: what an older journal lacks is not known, and what was told now is read as it was meant."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.vango.conftest import Hands
from vango.actors.errors import Refused
from vango.core.causes import Cause
from vango.core.judge import Outcome
from vango.core.modes import Mode
from vango.journal import codec
from vango.journal.facts import FACTS, Ack, Applied, Asked, EdgeAck, Judged, ModeChange, Publish
from vango.journal.kinds import Advisory, How
from vango.journal.moment import Moment, moment_of, stored_detail, written_detail


def moment(kind: str, **detail: Any) -> Moment:
    return moment_of((1, 0.0, "fra", kind, "words", written_detail(detail)))


def test_what_a_detail_lacks_is_not_known() -> None:
    assert moment("verdict", stream_seq=7).read(Judged) == Judged(7, None)
    assert moment("mode", before="current", after="failed closed").read(ModeChange) == ModeChange(
        Mode.CURRENT, Mode.FAILED_CLOSED, Cause.NOT_KNOWN
    )


def test_what_a_detail_says_in_words_of_another_version_is_not_known() -> None:
    assert moment("verdict", stream_seq="seven", verdict="of another version").read(Judged) == Judged()


@pytest.mark.parametrize("kind", FACTS)
def test_every_record_can_be_made_of_nothing(kind: str) -> None:
    assert moment(kind).read(FACTS[kind]) == FACTS[kind]()


def test_what_is_written_is_read_as_it_was() -> None:
    told = Publish("route-4-abc", "route.owner.updated.shop", 1, How.ALTERED, Ack(4, duplicate=True))
    assert moment("publish", **codec.as_plain(told)).read(Publish) == told


def test_a_value_of_another_kind_is_named_by_its_place() -> None:
    with pytest.raises(codec.Misfit, match=r"^stored\.route-4 is not int$"):
        codec.read(FACTS["mark"], {"stored": {"route-4": "four"}})


def test_an_advisory_is_known_by_its_subject() -> None:
    of = {
        kind: Advisory.of(f"$JS.EVENT.ADVISORY.CONSUMER.{kind}.ROUTES.fra")
        for kind in ("DELETED", "MSG_TERMINATED", "NEW")
    }
    assert list(of.values()) == [Advisory.DELETED, Advisory.TERMINATED, Advisory.NOT_KNOWN]
    assert Advisory.of("$JS") is Advisory.NOT_KNOWN


def test_an_edge_tells_what_it_applied_and_what_it_made_of_a_second_copy(hands: Hands) -> None:
    hands.do("stream_limits", duplicate_window_s=0.1)
    hands.do("promote", route="shop", to="alloc-b")
    hands.settle()
    hands.do("republish", sequence=4, after_window=True)
    told = hands.bench.journal
    hands.until(lambda _: any(each.kind == "verdict" and each.actor == "fra" for each in told.tail(50)))
    of_fra = [each for each in told.since(0) if each.actor == "fra"]
    applied = [each.read(Applied) for each in of_fra if each.kind == "apply"][-1]
    assert (applied.before, applied.sequences, applied.routes, applied.owners) == (3, (4,), ("shop",), ("alloc-b",))
    assert [each.read(Judged).verdict for each in of_fra if each.kind == "verdict"] == [Outcome.DUPLICATE]


def test_a_refusal_of_the_broker_has_its_number(hands: Hands) -> None:
    with pytest.raises(Refused):
        hands.do("stream_subjects", stream="TELEMETRY", subjects="route.>")
    (asked,) = [each.read(Asked) for each in hands.bench.journal.tail(50) if each.kind == "refused"]
    assert (asked.verb, asked.err_code) == ("stream_subjects", 10065)
    assert asked.arguments["stream"] == "TELEMETRY"


@pytest.mark.parametrize(
    "value",
    ["plain", "é", "\u202e", "\x7f", None, float("nan"), 2**80, (1, 2), {"a": {1: "b"}}, Mode.CURRENT, EdgeAck()],
)
def test_a_detail_is_the_same_before_and_after_it_is_on_the_disk(value: object) -> None:
    written, as_read = stored_detail({"value": value})
    assert json.loads(written) == as_read == json.loads(written_detail({"value": value}))
