"""Scripts in an address: what is written is read back, and nothing that was not checked comes through."""

from __future__ import annotations

import base64
import zlib

import pytest

import vango.verbs  # noqa: F401 - registers the verbs
from studylab.scenes import links
from vango.actors.errors import BadInput
from vango.verbs.script import MAX_ACTS, act

ACTS = (
    act("edge_rules", edge="iad", check_epochs=False, ack_wait_s=0.25),
    act("crash_edge", edge="iad", at="after receive"),
    act("promote", route="shop", to="alloc-b", operation="a b'c"),
)


def packed(text: str) -> str:
    made = zlib.compressobj(9, wbits=-15)
    return base64.urlsafe_b64encode(made.compress(text.encode()) + made.flush()).decode().rstrip("=")


def test_a_script_comes_back_from_its_link_as_it_was() -> None:
    assert links.read(links.write(ACTS)) == ACTS


def test_a_link_has_only_characters_of_an_address() -> None:
    assert links.write(ACTS).replace("-", "").replace("_", "").isalnum()


def test_a_script_of_the_most_acts_that_are_alike_fits_and_one_more_does_not() -> None:
    same = (act("burst", n=3),) * MAX_ACTS
    assert links.read(links.write(same)) == same
    with pytest.raises(BadInput, match="too long for a link: 201 acts"):
        links.write((*same, same[0]))


def test_a_script_that_needs_more_characters_than_a_link_has_says_so() -> None:
    various = tuple(act("promote", route=f"r{n * 7919 % 100003}", to=f"a{n * 104729 % 99991}") for n in range(MAX_ACTS))
    with pytest.raises(BadInput, match=r"characters; at most 200 acts and 2,000 characters fit"):
        links.write(various)


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("!" * 20, "was changed on its way"),
        ("A" * 2001, "has 2,001 characters; at most 2,000"),
        ("_____", "was changed on its way"),
        (links.write(ACTS)[:40], "its end is missing"),
        (packed("# nothing\n"), "it has no act"),
        (packed("#" * 1_000_000), "more than 20,000 characters"),
        (packed("unicorn edge=iad\n"), "Act 1: There is no verb 'unicorn'"),
        (packed("burst n=3\nburst n=-1\n"), "Act 2: burst: n is '-1'; expected a whole number"),
        (packed("promote route=shop\n"), "Act 1: promote needs the argument to"),
        (packed("promote route=<script> to=a\n"), "Act 1: promote: route is '<script>'"),
        (packed("undo\n"), "Act 1: undo cannot be part of a script"),
        (packed("burst n=1\n" * (MAX_ACTS + 1)), "at most 200 are played"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_link_that_may_not_be_played_is_refused_in_words(link: str, why: str) -> None:
    with pytest.raises(BadInput) as refused:
        links.read(link)
    assert why in str(refused.value)


def test_acts_are_told_in_words() -> None:
    assert [links.words(found) for found in ACTS][1:] == [
        "Arm iad: crash after receive",
        "Promote shop → alloc-b as a b'c",
    ]


def test_an_act_of_another_version_is_told_as_it_was_written() -> None:
    assert links.words(act("unicorn", edge="iad")) == "unicorn edge=iad"
