"""The code that runs: read from the running modules, beside its opposite, with the line at which an actor waits."""

from __future__ import annotations

import inspect
import re

from studylab.web.running import _CODE, listings
from tests.labs.small import SEEN
from tests.web.learner import Learner, until
from vango.actors.crash_points import Point
from vango.edge import consume


def test_what_is_shown_is_the_source_of_the_running_function() -> None:
    shown = {listing.key: listing for listing in listings(SEEN)}
    assert shown["after"].source == inspect.getsource(consume.apply_then_ack)
    assert len(shown["after"].lines) == len(shown["after"].source.splitlines())


def test_every_point_that_an_actor_may_wait_at_is_a_line_of_some_listing() -> None:
    written = " ".join(listing.source for listing in listings(SEEN))
    missing = [
        point for point in Point if point is not Point.IN_SNAPSHOT_LOAD and f"Point.{point.name})" not in written
    ]
    assert missing == []


def test_the_rules_decide_which_function_is_said_to_run() -> None:
    runs = {listing.key: listing.runs for listing in listings(SEEN)}
    assert runs["outbox"] == ("the control plane",)
    assert runs["first"] == runs["then"] == ()
    assert [entry[0] for entry in _CODE] == list(runs)


def test_in_step_the_line_at_which_an_actor_waits_is_marked(learner: Learner) -> None:
    learner.do("pace", tempo="step")
    learner.do("promote", route="shop", to="alloc-c")
    until(lambda: learner.see()["pace"]["waiting"], "the control plane waits")
    page = learner.client.get("/sandbox").text
    marked = re.findall(r'<span class="line is-here">(.*?)<span class="waiter">(.*?)</span>', page)
    assert [(re.sub(r"<[^>]+>", "", line).strip(), who) for line, who in marked] == [
        ("await self.path.reach(Point.BEFORE_COMMIT)", "database waits here")
    ]
