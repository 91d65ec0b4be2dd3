"""The verbs' arguments: read from text and from JSON, or refused in a sentence that names the verb and the argument."""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vango.verbs
from vango.actors.crash_points import Point
from vango.actors.errors import BadInput, NotThere
from vango.core.rules import AckOrder, WriteOrder
from vango.verbs.registry import MAX_NAME, MAX_TEXT, REGISTRY, Name, Parameter, Verb, find

PLACES = {"truth", "relay", "edge", "stream", "broker", "snapshot", "bench"}
EVERY_PARAMETER = [(verb, parameter) for verb in REGISTRY.values() for parameter in verb.parameters]
IDS = [f"{verb.name}.{parameter.name}" for verb, parameter in EVERY_PARAMETER]
LIMITED = [(verb, parameter) for verb, parameter in EVERY_PARAMETER if math.isfinite(parameter.low)]


def good(parameter: Parameter) -> Any:
    """Return a value that the parameter takes, as JSON has it."""
    if parameter.choices:
        return parameter.choices[0]
    return {"name": "shop", "text": "ROUTES", "int": 1, "float": 1.5, "bool": True}[parameter.kind]


def all_good(verb: Verb) -> dict[str, Any]:
    return {parameter.name: good(parameter) for parameter in verb.parameters}


def refused(verb: Verb, parameter: Parameter, value: object) -> str:
    with pytest.raises(BadInput) as refusal:
        verb.arguments({**all_good(verb), parameter.name: value})
    sentence = str(refusal.value)
    assert sentence.startswith(f"{verb.name}: {parameter.name} is ")
    assert "; expected " in sentence
    assert sentence.endswith(".")
    assert len(sentence) < 600
    return sentence


@pytest.mark.parametrize("verb", REGISTRY.values(), ids=REGISTRY)
def test_every_verb_reads_its_arguments_from_json_and_from_text_alike(verb: Verb) -> None:
    given_as_json = all_good(verb)
    given_as_text = {name: str(value).lower() if value is True else str(value) for name, value in given_as_json.items()}
    assert verb.arguments(given_as_json) == verb.arguments(given_as_text)
    assert set(verb.arguments(given_as_json)) == set(given_as_json)


@pytest.mark.parametrize("verb", REGISTRY.values(), ids=REGISTRY)
def test_every_verb_says_what_it_does_and_where_its_button_stands(verb: Verb) -> None:
    assert verb.summary.endswith(".")
    assert verb.place in PLACES


@pytest.mark.parametrize("verb", REGISTRY.values(), ids=REGISTRY)
def test_every_verb_refuses_an_argument_it_does_not_know(verb: Verb) -> None:
    with pytest.raises(BadInput, match=rf"^{verb.name} has no argument 'nonsense'; it takes "):
        verb.arguments({**all_good(verb), "nonsense": 1})


@pytest.mark.parametrize(("verb", "parameter"), EVERY_PARAMETER, ids=IDS)
def test_every_argument_is_left_out_when_it_may_be_and_missed_when_it_may_not(verb: Verb, parameter: Parameter) -> None:
    others = {name: value for name, value in all_good(verb).items() if name != parameter.name}
    if not parameter.required:
        assert parameter.name not in verb.arguments(others)
        return
    with pytest.raises(BadInput, match=rf"^{verb.name} needs the argument {parameter.name} \("):
        verb.arguments(others)


@pytest.mark.parametrize(("verb", "parameter"), EVERY_PARAMETER, ids=IDS)
def test_every_argument_refuses_what_no_argument_takes(verb: Verb, parameter: Parameter) -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    values: list[Any] = [[], {}, deep, None, b"shop", "a\nb", "x" * 300, 10**5000, math.nan, math.inf, -math.inf]
    for value in values:
        refused(verb, parameter, value)


@pytest.mark.parametrize(("verb", "parameter"), LIMITED, ids=[f"{v.name}.{p.name}" for v, p in LIMITED])
def test_every_limit_is_kept_and_said_in_plain_numbers(verb: Verb, parameter: Parameter) -> None:
    for limit in (parameter.low, parameter.high):
        assert verb.arguments({**all_good(verb), parameter.name: limit})[parameter.name] == limit
        assert verb.arguments({**all_good(verb), parameter.name: str(limit)})[parameter.name] == limit
    for beyond in (parameter.low - 1, parameter.high + 1, str(parameter.high + 1)):
        assert f"from {parameter.low} to {parameter.high}." in refused(verb, parameter, beyond)


OF_KIND = {parameter.kind: (verb, parameter) for verb, parameter in EVERY_PARAMETER}

BAD = {
    "name": ["", "Shop", "shop.eu", "shop >", "*", ">", "-shop", "shop-", "<b>", "schön", "shop\n", "x" * 41, 7],
    "text": ["\x00", "a\tb", "\ud800", "x" * (MAX_TEXT + 1), 7, True],
    "int": ["", "1.0", "1e3", "one", "1_0", "0x1", "١", 1.0, True, False, "9" * 17, "NaN"],
    "float": ["", "one", "nan", "inf", "-inf", "1e999", True, False],
    "bool": ["", "yes", "2", 1, 0, 1.0],
    "choice": ["", "never", "AFTER_APPLY", 0, True, ["after apply"]],
}


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in BAD.items() for value in values])
def test_each_kind_refuses_its_look_alikes(kind: str, value: object) -> None:
    refused(*OF_KIND[kind], value)


@pytest.mark.parametrize(
    ("verb", "given", "read"),
    [
        ("promote", {"route": "a" * MAX_NAME, "to": "alloc_c-2"}, {"route": "a" * MAX_NAME, "to": "alloc_c-2"}),
        ("add_allocation", {"allocation": "7"}, {"allocation": Name("7")}),
        ("burst", {"n": " 12 "}, {"n": 12}),
        ("write_order", {"order": "publish first"}, {"order": WriteOrder.PUBLISH_FIRST}),
        ("crash_edge", {"edge": "fra", "at": Point.AFTER_ACK}, {"edge": "fra", "at": Point.AFTER_ACK}),
        ("edge_rules", {"edge": "fra", "ack": "before apply"}, {"edge": "fra", "ack": AckOrder.BEFORE_APPLY}),
        ("edge_rules", {"edge": "fra", "durable": "OFF"}, {"edge": "fra", "durable": False}),
        ("stream_limits", {"max_age_s": 1, "max_msgs": "-1"}, {"max_age_s": 1.0, "max_msgs": -1}),
    ],
)
def test_good_arguments_are_read(verb: str, given: dict[str, Any], read: dict[str, Any]) -> None:
    arguments = find(verb).arguments(given)
    assert arguments == read
    assert [isinstance(value, Enum) for value in arguments.values()] == [isinstance(v, Enum) for v in read.values()]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(list(REGISTRY.values())), st.data())
def test_whatever_is_given_is_read_or_refused_in_a_sentence(verb: Verb, data: st.DataObject) -> None:
    names = st.sampled_from([parameter.name for parameter in verb.parameters] + ["other"]) | st.text(max_size=5)
    arguments = data.draw(st.dictionaries(names, JSON, max_size=4))
    sentence = verb.name
    try:
        verb.arguments(arguments)
    except BadInput as refusal:
        sentence = str(refusal)
    assert sentence.startswith(verb.name)


def test_an_unknown_verb_is_not_there_and_its_neighbours_are_named() -> None:
    with pytest.raises(NotThere, match=r"no verb 'promot'\. Similar: promote"):
        find("promot")


@pytest.mark.parametrize("name", ["", "x" * 10_000, "<script>", "__init__", "\x00"])
def test_no_other_name_finds_a_verb(name: str) -> None:
    with pytest.raises(NotThere) as refusal:
        find(name)
    assert len(str(refusal.value)) < 250


def test_the_registry_holds_exactly_the_verbs_of_the_package() -> None:
    files = [
        importlib.import_module(f"vango.verbs.{found.name}") for found in pkgutil.iter_modules(vango.verbs.__path__)
    ]
    written = {
        name
        for file in files
        for name, thing in vars(file).items()
        if inspect.iscoroutinefunction(thing) and thing.__module__ == file.__name__
    }
    assert written
    assert set(REGISTRY) == written
