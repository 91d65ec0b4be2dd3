"""A moment opened: what really passed, each kind of evidence under its tab, and nothing that was not there."""

from __future__ import annotations

import html
import re
from typing import Any

from tests.web.learner import Learner, until


def journal(learner: Learner) -> list[dict[str, Any]]:
    moments: list[dict[str, Any]] = learner.client.get("/bench/journal.json").get_json()["moments"]
    return moments


def settles(learner: Learner) -> None:
    """Wait until every edge has applied what truth has."""
    until(lambda: at_rest(learner.see()), "every edge to be current")


def at_rest(seen: dict[str, Any]) -> bool:
    claim = f"current at {seen['truth']['sequence']}"
    return not seen["outbox"]["waiting"] and all(edge["claim"] == claim for edge in seen["edges"])


def last(learner: Learner, kind: str, text: str = "") -> dict[str, Any]:
    found = [m for m in journal(learner) if m["kind"] == kind and text in m["text"]]
    assert found, f"no moment of kind {kind}"
    return found[-1]


def opened(learner: Learner, moment: dict[str, Any]) -> dict[str, str]:
    """Return the text under each tab of a moment."""
    answer = learner.client.get(f"/bench/moments/{moment['n']}")
    assert answer.status_code == 200
    panels = re.findall(r'<div role="tabpanel"[^>]* id="proof-\d+-(\w+)-panel".*?>(.*?)</div>', answer.text, re.S)
    return {key: html.unescape(re.sub(r"<[^>]+>", "", text)) for key, text in panels}


def test_a_commit_shows_its_event_its_statements_and_the_line_that_made_it(learner: Learner) -> None:
    learner.do("promote", route="shop", to="alloc-c")
    commit = last(learner, "commit", "shop")
    shown = opened(learner, commit)
    assert set(shown) == {"message", "sql", "source"}
    assert f'"id": "{commit["detail"]["event_id"]}"' in shown["message"]
    assert "UPDATE route SET owner = 'alloc-c'" in shown["sql"]
    assert "INSERT INTO outbox" in shown["sql"]
    assert shown["sql"].strip().endswith("COMMIT;")
    assert "vango/truth/control_plane.py, line" in shown["source"]


def test_a_publish_shows_headers_and_the_same_by_hand(learner: Learner) -> None:
    learner.do("promote", route="shop", to="alloc-c")
    settles(learner)
    publish = last(learner, "publish")
    shown = opened(learner, publish)
    event_id = publish["detail"]["message"]["id"]
    assert f"Nats-Msg-Id: {event_id}" in shown["message"]
    assert "nats pub route.owner.updated.shop" in shown["cli"]
    assert f"--header Nats-Msg-Id:{event_id}" in shown["cli"]
    assert "async def fill(self)" in shown["source"]


def test_a_purge_shows_the_request_the_reply_and_the_command(learner: Learner) -> None:
    learner.do("purge", keep=1)
    shown = opened(learner, last(learner, "purge"))
    assert "Request on $JS.API.STREAM.PURGE.ROUTES" in shown["api"]
    assert '"keep": 1' in shown["api"]
    assert '"type": "io.nats.jetstream.api.v1.stream_purge_response"' in shown["api"]
    assert "nats stream purge ROUTES --keep=1 --force" in shown["cli"]


def test_what_came_shows_what_the_stream_holds_and_says_so_when_that_is_gone(learner: Learner) -> None:
    learner.do("promote", route="shop", to="alloc-c")
    settles(learner)
    got = last(learner, "got")
    seq = got["detail"]["stream_seqs"][0]
    shown = opened(learner, got)
    assert f"The message of ROUTES at stream seq {seq} now" in shown["message"]
    assert '"owner": "alloc-c"' in shown["message"]
    assert "$JS.API.CONSUMER.MSG.NEXT.ROUTES" in shown["api"]
    learner.do("purge")
    assert f"ROUTES has no message at stream seq {seq} now" in opened(learner, got)["message"]


def test_a_batch_shows_its_first_statements_and_says_that_there_were_more(learner: Learner) -> None:
    learner.do("kill_relay")
    learner.do("burst", n=40)
    learner.do("start_relay")
    settles(learner)
    shown = opened(learner, last(learner, "mark"))
    assert "UPDATE outbox SET published_at" in shown["sql"]
    assert "only the first statements of a batch are kept" in shown["sql"]


def test_every_moment_of_a_bench_opens_and_has_its_source(learner: Learner) -> None:
    learner.do("promote", route="shop", to="alloc-c")
    learner.do("kill_edge", edge="iad")
    learner.do("start_edge", edge="iad")
    settles(learner)
    for moment in journal(learner):
        assert "line" in opened(learner, moment)["source"], moment


def test_a_moment_that_is_not_there_is_a_sentence(learner: Learner) -> None:
    answer = learner.client.get("/bench/moments/999999")
    assert answer.status_code == 404
    assert "has no moment 999999" in answer.text


def test_the_lines_of_a_function_are_given_by_its_key(learner: Learner) -> None:
    assert "async def publish" in re.sub(r"<[^>]+>", "", learner.client.get("/code/relay").text)
    answer = learner.client.get("/code/nothing")
    assert answer.status_code == 404
    assert "no listing 'nothing'" in html.unescape(answer.text)


def test_the_inspector_has_the_command_for_what_was_done_last(learner: Learner) -> None:
    learner.do("purge", keep=1)
    page = learner.client.get("/sandbox").text
    panel = page[page.index('id="latest-cli"') :]
    assert "nats stream purge ROUTES --keep=1 --force" in panel[: panel.index('id="latest-api"')]
