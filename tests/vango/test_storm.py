"""The storm's script and the shrinker, without a broker: seeds, printing and reading back, and what minimal means."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vango.verbs  # noqa: F401 - importing it fills the registry of verbs
from vango.actors.errors import BadInput
from vango.storm.storm import MAX_LENGTH, script, shrink
from vango.verbs.registry import find
from vango.verbs.script import MAX_ACTS, Act, act, as_text, parse

SEEDS = st.integers(0, 10_000)


@given(SEEDS, st.integers(1, MAX_LENGTH))
def test_a_seed_gives_the_same_script_each_time_and_every_act_can_be_done(seed: int, length: int) -> None:
    acts = script(seed, length)
    assert acts == script(seed, length)
    for item in acts:
        find(item.verb).arguments(dict(item.arguments))


def test_seeds_differ() -> None:
    assert len({script(seed) for seed in range(100)}) == 100


@given(SEEDS)
def test_a_printed_script_is_read_back_as_it_was(seed: int) -> None:
    acts = script(seed)
    assert parse(f"# seed {seed}\n\n{as_text(acts)}") == acts


@given(st.text(max_size=60))
def test_whatever_a_file_holds_is_read_or_refused_in_a_sentence(text: str) -> None:
    said = "The line"
    try:
        parse(text)
    except BadInput as refusal:
        said = str(refusal)
    assert said.startswith("The line")


def test_the_line_that_cannot_be_read_is_named() -> None:
    with pytest.raises(BadInput, match=r"'promote shop' has 'shop' where name=value is expected"):
        parse("purge\npromote shop")


def test_a_script_may_be_as_long_as_the_limit_and_no_longer() -> None:
    assert len(parse("purge\n" * MAX_ACTS)) == MAX_ACTS
    with pytest.raises(BadInput, match=f"at most {MAX_ACTS}"):
        parse("purge\n" * (MAX_ACTS + 1))


@given(st.sets(st.integers(0, 19), min_size=1, max_size=4))
def test_the_minimal_script_is_exactly_what_the_failure_needs(needed: set[int]) -> None:
    acts = tuple(act("burst", n=number) for number in range(20))
    causes = {acts[number] for number in needed}

    async def fails(part: tuple[Act, ...]) -> bool:
        return causes <= {*part}

    assert set(asyncio.run(shrink(acts, fails, max_runs=1000))) == causes


def test_with_few_runs_the_script_is_smaller_and_still_fails() -> None:
    acts = tuple(act("burst", n=number) for number in range(20))
    runs: list[int] = []

    async def fails(part: tuple[Act, ...]) -> bool:
        runs.append(len(part))
        return acts[3] in part

    found = asyncio.run(shrink(acts, fails, max_runs=5))
    assert len(runs) == 5
    assert acts[3] in found
    assert len(found) < len(acts)


def test_no_part_is_played_twice() -> None:
    acts = tuple(act("burst", n=number) for number in range(12))
    played: list[tuple[Act, ...]] = []

    async def fails(part: tuple[Act, ...]) -> bool:
        played.append(part)
        return acts[0] in part and acts[11] in part

    asyncio.run(shrink(acts, fails, max_runs=1000))
    assert len(played) == len({*played})
