"""What is shown beside a moment can be done by hand: the line is one that the tool takes, the request has the effect."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.vango.conftest import DEADLINE_S, Hands, settled
from tests.vango.grammar import slips
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper
from vango.core.judge import Position
from vango.edge import consumers
from vango.journal.moment import Moment
from vango.observe import message, nats_command

Story = Callable[[Hands], object]


STORIES: dict[str, tuple[str, str, Story]] = {
    "purge all": ("purge", "STREAM.PURGE", lambda hands: hands.do("purge")),
    "purge up to": ("purge", "STREAM.PURGE", lambda hands: hands.do("purge", up_to=2)),
    "purge keep": ("purge", "STREAM.PURGE", lambda hands: hands.do("purge", keep=1)),
    "purge subject": ("purge", "STREAM.PURGE", lambda hands: hands.do("purge", subject="route.owner.updated.blog")),
    "delete one": ("deleted", "STREAM.MSG.DELETE", lambda hands: hands.do("delete_message", seq=2)),
    "limits": ("limits", "STREAM.UPDATE", lambda hands: hands.do("stream_limits", max_msgs=2, max_age_s=3600, duplicate_window_s=0.5)),
    "subjects": ("subjects", "STREAM.UPDATE", lambda hands: hands.do("stream_subjects", subjects="route.> extra.*")),
    "recreate": ("recreated", "STREAM.CREATE", lambda hands: hands.do("recreate_stream")),
    "delete consumer": ("consumer", "CONSUMER.DELETE", lambda hands: hands.do("delete_consumer", consumer="syd")),
    "republish": ("publish", "route", lambda hands: hands.do("republish", sequence=1)),
    "altered": ("publish", "route", lambda hands: hands.do("republish_altered", sequence=2, owner="alloc-c")),
    "poison": ("publish", "route", lambda hands: hands.do("publish_poison", route="shop")),
    "telemetry": ("telemetry", "telemetry", lambda hands: hands.do("telemetry", n=1)),
    "publish first": ("publish", "route", lambda hands: (hands.do("write_order", order="publish first"), hands.do("promote", route="shop", to="alloc-c"))),
}  # fmt: skip
"""By what is done: the kind of its moment, how the request's subject begins, and the deed."""


@pytest.fixture
def other(run: Run, keeper: Keeper, tmp_path: Path) -> Iterator[Hands]:
    """A second bench that opened as the first one did."""
    yield from settled(run, keeper, tmp_path / "other")


def moment(hands: Hands, kind: str) -> Moment:
    return next(m for m in hands.bench.journal.tail(1000)[::-1] if m.kind == kind and m.detail.get("api"))


async def streams(bench: Bench) -> dict[str, Any]:
    """Return what the server says of every stream: how many messages, from where to where, limits, consumers."""
    found = {}
    for name in ("ROUTES", "ALLOCATIONS", "TELEMETRY"):
        info = await bench.wire().api(f"STREAM.INFO.{name}")
        state, config = info["state"], info["config"]
        listed = (await bench.wire().api(f"CONSUMER.LIST.{name}"))["consumers"] or []
        found[name] = [state["messages"], state["first_seq"], state["last_seq"], state.get("num_deleted", 0),
                       config["subjects"], config["max_msgs"], config["max_age"], config["duplicate_window"],
                       sorted(info["name"] for info in listed)]  # fmt: skip
    return found


async def send(bench: Bench, asked: dict[str, Any]) -> dict[str, Any]:
    """Send a request as it was shown, over a plain connection."""
    body = asked["request"]
    payload = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    answer = await bench.wire().request(asked["subject"], payload, headers=asked.get("headers") or None)
    return dict(json.loads(answer.data))


async def pull(bench: Bench, asked: dict[str, Any]) -> dict[str, Any]:
    """Send a request for messages, and return the first that comes. It comes under its own subject, not the inbox's."""
    client = bench.wire().client
    inbox = client.new_inbox()
    heard = await client.subscribe(inbox)
    await client.publish(asked["subject"], json.dumps(asked["request"]).encode(), reply=inbox)
    return dict(json.loads((await heard.next_msg(timeout=DEADLINE_S)).data))


@pytest.mark.parametrize("deed", STORIES)
def test_the_request_that_is_shown_has_the_same_effect_when_it_is_sent(
    run: Run, hands: Hands, other: Hands, deed: str
) -> None:
    kind, start, act = STORIES[deed]
    for bench in (hands, other):
        # Edges answer a missing consumer by making it again: both benches hold still.
        for edge in ("fra", "iad", "syd"):
            bench.do("kill_edge", edge=edge)
    before = run(streams(other.bench))
    assert before == run(streams(hands.bench))
    act(hands)
    asked = moment(hands, kind).detail["api"]
    assert asked["subject"].removeprefix(nats_command.API).startswith(start)
    if start == "STREAM.CREATE":
        run(other.bench.wire().api(asked["subject"].removeprefix(nats_command.API).replace("CREATE", "DELETE")))
    if "Nats-Msg-Id" in (asked.get("headers") or {}) and asked["reply"].get("duplicate"):
        # The id of an event is one bench's own: what was a duplicate there is one there again.
        after = run(streams(hands.bench))
        assert run(send(hands.bench, asked)) == asked["reply"]
        assert run(streams(hands.bench)) == after == before
    else:
        assert "error" not in run(send(other.bench, asked))
        assert run(streams(other.bench)) == run(streams(hands.bench)) != before
    assert slips(nats_command.line(asked)) == []


def test_what_an_edge_asks_for_brings_messages(run: Run, hands: Hands) -> None:
    hands.do("kill_edge", edge="iad")
    # A consumer of the same name that nobody has asked for anything.
    hands.do("delete_consumer", consumer="iad")
    run(consumers.ensure(hands.bench.wire(), "ROUTES", "iad", hands.bench.edge("iad").rules, Position(), from_new=True))
    hands.do("promote", route="shop", to="alloc-c")
    hands.until(lambda seen: seen.edge("fra").sequence == seen.truth.sequence)
    asked = next(m for m in hands.bench.journal.tail(500)[::-1] if (m.actor, m.kind) == ("iad", "got")).detail["api"]
    message = run(pull(hands.bench, asked))
    assert message["data"]["owner"] == "alloc-c"
    assert slips(nats_command.line(asked)) == []


def test_what_the_stream_holds_is_what_the_shown_request_brings(run: Run, hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    hands.settle()
    got = next(m for m in hands.bench.journal.tail(500)[::-1] if m.kind == "got")
    found = run(message.find(hands.bench, got))
    assert run(send(hands.bench, found)) == found["reply"]
    assert slips(nats_command.line(found)) == []


def test_no_command_is_without_a_line_that_was_tried() -> None:
    tried = {start for _, start, _ in STORIES.values()} | {"CONSUMER.MSG.NEXT", "STREAM.MSG.GET"}
    assert set(nats_command._COMMANDS) <= tried


@pytest.mark.parametrize("line", ["nats stream purge ROUTES --all", "nats stream purge", "nats strem ls",
                                  "nats stream edit ROUTES --max-age=soon --force", "nats pub"])  # fmt: skip
def test_the_grammar_says_no_to_what_the_tool_does_not_take(line: str) -> None:
    assert slips(line) != []


def test_the_lines_to_attach_are_ones_that_the_tool_takes() -> None:
    page = (Path(__file__).parents[2] / "templates" / "panels" / "attach.html").read_text(encoding="utf-8")
    lines = re.findall(r'{% set \w+ = "(nats .*?)" %}', " ".join(page.split()))
    assert len(lines) == 2
    for line in lines:
        filled = line.replace('" ~ url ~ "', "nats://127.0.0.1:4222")
        assert slips(re.sub(r'" ~ broker\.\w+ ~ "', "x", filled)) == []
