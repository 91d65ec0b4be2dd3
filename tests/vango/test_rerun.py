"""Undo and fork: a fresh bench follows the list of verbs."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from tests.vango.conftest import Hands, Run
from vango.actors.errors import NotThere, Refused
from vango.bench import rerun
from vango.bench.changes import Changes

pytestmark = pytest.mark.long

WITHIN_S = 6.0


def owners(hands: Hands) -> dict[str, str]:
    return {route.name: route.owner for route in hands.settle().truth.routes}


def test_undo_leaves_out_the_last_verb_and_keeps_the_rest(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    hands.do("edge_rules", edge="syd", check_epochs=False)
    hands.do("promote", route="blog", to="alloc-b")
    assert hands.do("undo").startswith("promote was undone: 2 verbs")
    assert owners(hands) == {"shop": "alloc-c", "blog": "alloc-a", "api": "alloc-b"}
    seen = hands.settle()
    assert not seen.edge("syd").rules.check_epochs
    assert seen.stream("ROUTES").messages == 4
    assert seen.audit.soundness == "sound"


def test_undo_twice_goes_back_twice_and_then_says_that_nothing_is_left(hands: Hands) -> None:
    for owner in ("alloc-b", "alloc-c"):
        hands.do("promote", route="shop", to=owner)
    hands.do("undo")
    assert owners(hands)["shop"] == "alloc-b"
    hands.do("undo")
    assert owners(hands)["shop"] == "alloc-a"
    with pytest.raises(Refused, match="There is nothing to undo"):
        hands.do("undo")


def test_many_changes_do_not_shorten_a_wait(run: Run[Any]) -> None:
    changes, seen = Changes(), 0

    async def news() -> None:
        while True:
            changes.note()
            await asyncio.sleep(0)

    def is_so() -> bool:
        nonlocal seen
        seen += 1
        return seen < 1_000

    async def wait() -> None:
        telling = asyncio.create_task(news())
        await rerun._while(SimpleNamespace(changes=changes), is_so, WITHIN_S)
        telling.cancel()

    run(wait())
    assert seen == 1_000


def test_what_was_refused_is_refused_again_and_a_killed_part_stays_down(hands: Hands) -> None:
    with pytest.raises(Refused):
        hands.do("promote", route="shop", to="alloc-d")
    hands.do("kill_edge", edge="syd")
    hands.do("promote", route="shop", to="alloc-c")
    hands.do("burst", n=3)
    hands.do("undo")
    seen = hands.settle()
    assert seen.edge("syd").mode == "down"
    assert (seen.truth.sequence, seen.edge("syd").sequence) == (4, 3)
    assert len(hands.told("database", "refused")) == 2


def test_fork_goes_on_from_an_earlier_moment(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    hands.settle()
    then = hands.bench.journal.last
    hands.do("purge")
    hands.do("promote", route="blog", to="alloc-b")
    hands.do("fork", moment=then)
    seen = hands.settle()
    assert seen.truth.sequence == 4
    assert seen.stream("ROUTES").messages == 4


def test_a_moment_that_has_not_been_cannot_be_gone_back_to(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    with pytest.raises(NotThere, match="There is no moment 9000000"):
        hands.do("fork", moment=9_000_000)
    assert owners(hands)["shop"] == "alloc-c"
