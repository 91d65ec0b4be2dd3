"""The history beside the truth: what came of the news of each event."""

from __future__ import annotations

import re

from tests.web.learner import Learner, until


def news(learner: Learner) -> dict[int, str]:
    """Return what the page says of the news of each event."""
    page = learner.client.get("/sandbox", headers={"Accept": "text/html"}).text
    table = page.split('class="rows told"')[1].split("</table>")[0]
    rows = re.findall(r'<td class="num">(\d+)</td>(.*?)</tr>', table, re.DOTALL)
    return {int(event): re.findall(r"<td>([^<]*)</td>", row)[-1] for event, row in rows}


def test_an_event_that_nobody_will_publish_is_told_apart_from_one_without_an_outbox_row(learner: Learner) -> None:
    learner.do("write_order", order="commit then publish")
    learner.do("promote", route="blog", to="alloc-c")
    learner.do("crash_control")
    learner.do("promote", route="api", to="alloc-c")
    until(lambda: news(learner).get(5) == "never published", "event 5 to be known as never published")
    assert news(learner)[4] == "no outbox row"
    assert news(learner)[3] == "published"
