"""Guests: edges of others get a card, probes and findings; one that lies, floods or talks nonsense harms nobody else."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.vango.conftest import Hands, Run
from tests.vango.visitor import Visitor, visitor
from vango.actors.errors import NotThere
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper
from vango.core.audit import Soundness
from vango.core.findings import Kind
from vango.core.modes import Mode
from vango.guests import guests
from vango.guests.guest import MOMENTS_A_MINUTE
from vango.observe.model import GuestSeen


@pytest.fixture
def guest(hands: Hands) -> Iterator[Visitor]:
    with visitor(hands) as coming:
        yield coming


def seen(hands: Hands, name: str) -> GuestSeen:
    found: GuestSeen | None = hands._run(hands.bench.observe()).guest(name)
    assert found is not None, f"there is no guest {name}"
    return found


def kinds(hands: Hands, name: str) -> list[Kind]:
    return [finding.kind for finding in seen(hands, name).findings]


def test_a_true_claim_gets_a_card_with_right_probes_and_no_finding(hands: Hands, guest: Visitor) -> None:
    assert guest.claim("mine", guest.true_claim()) == {"ok": True}
    card = seen(hands, "mine")
    assert (card.mode, card.claim, card.findings, card.trouble) == (Mode.CURRENT, "current at 3", (), "")
    assert [row.route for row in card.rows] == [route.name for route in hands.settle().truth.routes]
    assert {probe.outcome for probe in card.probes} == {"right"}
    assert hands.told("mine", "joined") == ["mine joined: current at 3"]


def test_a_guest_that_is_behind_is_not_wrong_and_the_bench_is_not_held_up_by_it(hands: Hands, guest: Visitor) -> None:
    guest.claim("mine", guest.true_claim())
    hands.do("promote", route="shop", to="alloc-c")
    observed = hands.settle()
    card = observed.guest("mine")
    assert (card.findings, observed.audit.soundness) == ((), Soundness.SOUND)
    assert (card.rows[0].cause, card.rows[0].lie) == ("not delivered", False)
    assert [probe.outcome for probe in card.probes[-3:]] == ["wrong", "right", "right"]
    assert card.probes[-3].late


@pytest.mark.parametrize(
    ("lie", "expected"),
    [
        ({"routes": {"shop": {"owner": "alloc-b", "epoch": 1}}}, [Kind.PHANTOM, Kind.FALSE_CONFIDENCE]),
        ({"routes": {}}, [Kind.FALSE_CONFIDENCE]),
        ({"sequence": 9000, "event_id": "route-9000-aa"}, [Kind.FALSE_CONFIDENCE]),
        ({"event_id": "route-3-invented"}, [Kind.PHANTOM]),
    ],
)
def test_a_lie_gets_its_finding_and_no_other_edge_does(
    hands: Hands, guest: Visitor, lie: dict[str, Any], expected: list[Kind]
) -> None:
    guest.claim("honest", guest.true_claim())
    guest.claim("liar", guest.true_claim(**lie))
    assert kinds(hands, "liar") == expected
    assert kinds(hands, "honest") == []
    assert hands.settle().audit.soundness is Soundness.SOUND


def test_a_guest_that_goes_back_to_an_earlier_owner_is_found_out(hands: Hands, guest: Visitor) -> None:
    before = guest.true_claim()
    hands.do("promote", route="shop", to="alloc-c")
    now = guest.true_claim()
    guest.claim("mine", now)
    guest.claim("mine", {**now, "routes": before["routes"]})
    assert kinds(hands, "mine") == [Kind.RESURRECTED, Kind.FALSE_CONFIDENCE]
    guest.claim("mine", now)
    assert kinds(hands, "mine") == []


def test_with_a_consumer_of_its_name_what_was_acked_and_never_applied_is_found(hands: Hands, guest: Visitor) -> None:
    async def ack_all() -> None:
        follow = await guest.client.jetstream().pull_subscribe("route.owner.updated.>", durable="mine", stream="ROUTES")
        for message in await follow.fetch(10, timeout=10):
            await message.ack_sync()

    guest.claim("mine", guest.true_claim())
    claim = guest.true_claim()
    hands.do("promote", route="shop", to="alloc-c")
    hands.settle()
    hands._run(ack_all())
    guest.claim("mine", claim)
    assert Kind.LOST in kinds(hands, "mine")


def test_nonsense_is_refused_with_a_sentence_and_the_last_good_claim_stands(hands: Hands, guest: Visitor) -> None:
    guest.claim("mine", guest.true_claim())
    for nonsense in (
        b"",
        b"\xff\xfe",
        b"[" * 20_000,
        b'{"mode": NaN}',
        {"instance": "run-1", "mode": "<script>"},
        b"x" * 60_000,
    ):
        assert "error" in guest.claim("mine", nonsense)
    card = seen(hands, "mine")
    assert (card.claim, card.refused, card.findings) == ("current at 3", 6, ())
    assert card.trouble.startswith("the claim has 60000 bytes; expected at most")
    assert guest.errors == []


def test_the_name_of_a_built_in_edge_is_refused_and_said(hands: Hands, guest: Visitor) -> None:
    assert guest.claim("fra", guest.true_claim()) == {"error": "fra is a built-in edge; choose another name"}
    assert "cannot name an edge" in guest.claim("<b>", guest.true_claim())["error"]
    observed = hands._run(hands.bench.observe())
    assert observed.guests == ()
    assert [one.name for one in observed.turned_away] == ["fra", "<b>"]
    assert observed.edge("fra").claim == "current at 3"


def test_of_two_guests_with_one_name_the_first_keeps_it(hands: Hands, guest: Visitor) -> None:
    guest.claim("mine", guest.true_claim(instance="first"))
    refusal = guest.claim("mine", guest.true_claim(instance="second", mode="loading"))["error"]
    assert "a second edge claims under the name mine, as instance second" in refusal
    card = seen(hands, "mine")
    assert (card.instance, card.mode, card.trouble) == ("first", Mode.CURRENT, refusal)


def test_a_silent_guest_is_down_and_its_name_is_free_again(
    hands: Hands, guest: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guests, "SILENT_S", 0.2)
    lie = guest.true_claim(instance="first", routes={})
    guest.claim("mine", lie)
    card = hands.until(lambda now: now.guest("mine").silent).guest("mine")
    assert (card.mode, card.claim, card.findings) == (Mode.DOWN, "current at 3", ())
    assert card.probes[-1].outcome == "refused"
    assert guest.claim("mine", guest.true_claim(instance="second")) == {"ok": True}
    assert (seen(hands, "mine").instance, seen(hands, "mine").silent) == ("second", False)
    assert hands.told("mine", "joined")[-1] == "mine is back: current at 3"


def test_removed_is_removed_until_it_is_started_again(hands: Hands, guest: Visitor) -> None:
    guest.claim("mine", guest.true_claim())
    hands.do("remove_guest", guest="mine")
    assert "was removed by the learner" in guest.claim("mine", guest.true_claim())["error"]
    assert hands._run(hands.bench.observe()).guest("mine") is None
    assert guest.claim("mine", guest.true_claim(instance="run-2")) == {"ok": True}
    with pytest.raises(NotThere, match=r"no guest other\. The guests are: mine"):
        hands.do("remove_guest", guest="other")


def test_a_reset_forgets_the_guests_and_undo_is_not_about_them(hands: Hands, guest: Visitor) -> None:
    guest.claim("mine", guest.true_claim())
    hands.do("promote", route="shop", to="alloc-c")
    hands.do("remove_guest", guest="mine")
    guest.claim("other", guest.true_claim())
    assert "promote was undone" in hands.do("undo")
    assert hands.settle().guests == ()


def test_the_number_of_guest_seats_is_limited(hands: Hands, guest: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(guests.MAX_GUESTS):
        assert guest.claim(f"g{number}", guest.true_claim()) == {"ok": True}
    assert "guests are here already" in guest.claim("late", guest.true_claim())["error"]
    monkeypatch.setattr(guests, "SEAT_IS_FREE_S", 0.0)
    assert guest.claim("late", guest.true_claim()) == {"ok": True}
    assert len(hands._run(hands.bench.observe()).guests) == guests.MAX_GUESTS


def test_a_flood_is_cut_off_and_harms_nobody(hands: Hands, guest: Visitor) -> None:
    began = time.monotonic()
    guest.claim("honest", guest.true_claim())
    guest.flood("flood", guest.true_claim(sequence=77), 30_000)
    with visitor(hands) as other:
        hands.do("promote", route="shop", to="alloc-c")
        assert other.claim("honest", other.true_claim()) == {"ok": True}
        flooded = hands.until(lambda now: "more than 10 claims a second" in now.guest("flood").trouble)
    assert (flooded.guest("honest").claim, flooded.guest("honest").findings) == ("current at 4", ())
    assert all(edge.claim == "current at 4" for edge in flooded.edges)
    # A limited number in a round of a second, however many were sent; the seconds are those that it took here.
    assert flooded.guest("flood").claims <= 21 * (time.monotonic() - began + 2)
    assert hands.told("flood", "limits")


def test_a_guest_that_changes_its_claim_all_the_time_does_not_fill_the_journal(hands: Hands, guest: Visitor) -> None:
    said = guest.true_claim()

    async def change_mind() -> None:
        for number in range(MOMENTS_A_MINUTE + 20):
            hands.bench.guests.take("mine", nats_claim(said, number))
            await asyncio.sleep(0)

    hands._run(change_mind())
    assert len(hands.told("mine", "mode")) == MOMENTS_A_MINUTE - 1
    assert len(hands.told("mine", "limits")) == 1


def nats_claim(said: dict[str, Any], number: int) -> bytes:
    return json.dumps({**said, "mode": ("current", "catching up")[number % 2]}).encode()


def test_a_guest_of_a_bench_that_was_closed_comes_back_with_its_next_claim(
    run: Run[Any], keeper: Keeper, tmp_path: Path
) -> None:
    first = Hands(run, run(Bench.open(tmp_path / "bench", keeper)))
    with visitor(first) as coming:
        claim = coming.true_claim()
        coming.claim("mine", claim)
    run(first.bench.close())
    again = Hands(run, run(Bench.open(tmp_path / "bench", keeper)))
    try:
        assert again.settle().guests == ()
        with visitor(again) as coming:
            assert coming.claim("mine", claim) == {"ok": True}
        assert seen(again, "mine").claim == "current at 3"
    finally:
        run(again.bench.close())


def test_guests_are_heard_again_after_the_broker_died(hands: Hands, guest: Visitor) -> None:
    guest.claim("mine", guest.true_claim())
    hands.do("restart_broker")
    hands.until(lambda now: now.streams[0].available)
    with visitor(hands) as again:
        assert again.claim("mine", again.true_claim(mode="catching up")) == {"ok": True}
        assert again.claim("mine", again.true_claim(mode="loading")) == {"ok": True}
    assert seen(hands, "mine").claim == "loading"


def test_an_edge_s_user_may_not_do_what_an_edge_need_not_do(hands: Hands, guest: Visitor) -> None:
    run, client = hands._run, guest.client
    for subject in ("route.owner.updated.shop", "control.heartbeat", "control.snapshot", "$JS.API.STREAM.PURGE.ROUTES",
                    "$JS.API.STREAM.DELETE.ROUTES", "$JS.API.CONSUMER.DELETE.ROUTES.fra", "$JS.ACK.ROUTES.fra.1.4.4.0.0",
                    "$JS.API.CONSUMER.MSG.NEXT.ROUTES.iad", "$JS.API.CONSUMER.CREATE.ROUTES.syd.route.>",
                    "$JS.API.STREAM.MSG.DELETE.ROUTES", "$JS.API.CONSUMER.CREATE.ROUTES", "edges.mine.other"):  # fmt: skip
        assert subject.lower() in guest.refused(lambda subject=subject: run(client.publish(subject, b"{}"))), subject  # type: ignore[misc]
    assert "route.>" in guest.refused(lambda: run(client.subscribe("route.>")))
    assert hands.settle().audit.soundness is Soundness.SOUND


def test_an_edge_s_user_may_read_the_stored_snapshots(hands: Hands, guest: Visitor) -> None:
    async def read() -> bytes:
        bucket = await guest.client.jetstream().object_store("snapshots")
        names = [info.name for info in await bucket.list()]
        return bytes((await bucket.get(names[-1])).data or b"")

    hands.do("take_snapshot")
    assert b'"sha256"' in hands._run(read())
    assert guest.errors == []
