"""The sandbox's scenes over HTTP: a card, the own acts played again, named and shared, and what a link may do."""

from __future__ import annotations

import re

import pytest

from studylab.scenes import acts, links
from tests.web.learner import HTMX, JSON, OWN, Learner
from vango.journal.verb_log import DONE, Row
from vango.verbs.script import act

LINK = links.write((act("promote", route="shop", to="alloc-c"), act("promote", route="api", to="alloc-d")))


def play(learner: Learner, **given: str) -> str:
    answer = learner.client.post("/bench/scripts/play", json=given, headers=JSON)
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["sentence"])


def words(learner: Learner, address: str = "/sandbox") -> str:
    return " ".join(learner.client.get(address).text.split())


def test_a_card_is_played_by_one_press_and_undone(learner: Learner) -> None:
    learner.do("promote", route="api", to="alloc-b")
    answer = learner.client.post("/bench/scenarios/phantom", headers=HTMX)
    assert "“make a phantom” was played" in answer.text
    assert "phantom" in [finding["kind"] for finding in learner.see()["audit"]["findings"]]
    assert learner.do("undo").status_code == 200
    assert learner.owner("api") == "alloc-b"


def test_every_card_is_on_the_page_with_the_finding_that_it_names(learner: Learner) -> None:
    page = words(learner)
    assert len(re.findall(r'action="/bench/scenarios/\w+"', page)) == 10
    for ends in ("phantom", "lost", "untold", "resurrected", "double effect", "stuck", "outcome unknown"):
        assert f'<span class="scenario-ends">{ends}</span>' in page


def test_the_own_acts_are_listed_in_words_with_what_was_refused(learner: Learner) -> None:
    learner.do("promote", route="shop", to="alloc-b")
    learner.do("promote", route="shop", to="alloc-d")
    learner.do("pace", tempo="slow")
    page = words(learner)
    assert 'value="1">Promote shop → alloc-b </li>' in page
    assert 'class="is-refused">Promote shop → alloc-d <small>refused</small> </li>' in page
    assert 'id="act-3"' not in page


def test_an_act_that_was_shown_before_it_ended_is_shown_as_it_ended(learner: Learner) -> None:
    state = learner.client.application.extensions["studylab"]
    with learner.client.session_transaction() as session:
        bench = state.loop.call(state.benches.hub(session["bench"]), timeout_s=20).bench
    rows = bench.journal.lives.current.rows
    rows += [Row("burst", {"n": 3}), Row("promote", {"route": "shop", "to": "alloc-b"}), Row("undo", {})]
    assert [act.refused for act in acts.look(bench).acts] == [False, False, False]
    # The first is the gesture that the others belong to, and ends after them.
    rows[0].outcome, rows[1].outcome = "Refused", DONE
    assert [act.refused for act in acts.look(bench).acts] == [True, False, False]
    rows[2:] = []
    assert [act.number for act in acts.look(bench).acts] == [1, 2]
    rows[1].arguments["to"] = "alloc-c"
    assert acts.look(bench).acts[1].words == "Promote shop → alloc-c"
    rows.clear()
    assert acts.look(bench) == acts.ActsSeen()


def test_the_own_acts_are_played_again_on_a_fresh_bench(learner: Learner) -> None:
    learner.do("promote", route="shop", to="alloc-b")
    learner.do("promote", route="shop", to="alloc-d")
    assert play(learner).startswith("“my last acts” was played: 2 acts, 1 refused.")
    assert learner.owner("shop") == "alloc-b"
    assert learner.see()["truth"]["sequence"] == 4


def test_nothing_can_be_played_again_before_the_first_act(learner: Learner) -> None:
    answer = learner.client.post("/bench/scripts/play", json={}, headers=JSON)
    assert answer.status_code == 409
    assert "There are no acts yet" in answer.text


def test_named_acts_stay_with_the_bench_and_are_played_and_deleted(learner: Learner) -> None:
    learner.do("promote", route="shop", to="alloc-b")
    learner.client.post("/bench/scripts/keep", json={"name": "  my <b>shop</b> "}, headers=JSON)
    learner.do("reset")
    assert "my &lt;b&gt;shop&lt;/b&gt;" in words(learner)
    assert "was played: 1 act." in play(learner, name="my <b>shop</b>")
    assert learner.owner("shop") == "alloc-b"
    learner.client.post("/bench/scripts/forget", json={"name": "my <b>shop</b>"}, headers=JSON)
    assert "named-title" not in words(learner)


def test_twenty_scripts_are_kept_and_no_more(learner: Learner) -> None:
    learner.do("promote", route="shop", to="alloc-b")
    for n in range(20):
        assert learner.client.post("/bench/scripts/keep", json={"name": f"s{n}"}, headers=JSON).status_code == 200
    assert learner.client.post("/bench/scripts/keep", json={"name": "s0"}, headers=JSON).status_code == 200
    answer = learner.client.post("/bench/scripts/keep", json={"name": "one more"}, headers=JSON)
    assert answer.status_code == 409
    assert "20 scripts are kept already" in answer.text


@pytest.mark.parametrize("name", ["", " ", "x" * 61, 7])
def test_a_name_that_is_none_is_refused(learner: Learner, name: object) -> None:
    learner.do("promote", route="shop", to="alloc-b")
    assert learner.client.post("/bench/scripts/keep", json={"name": name}, headers=JSON).status_code == 422


def test_a_link_shows_its_script_and_plays_nothing(learner: Learner) -> None:
    before = learner.see()["truth"]["revision"]
    page = words(learner, f"/sandbox?script={LINK}")
    assert "<li>Promote shop → alloc-c</li>" in page
    assert "Play this on my bench" in page
    assert learner.see()["truth"]["revision"] == before


def test_the_script_of_a_link_is_played_by_a_press_and_undone(learner: Learner) -> None:
    assert "2 acts, 1 refused" in play(learner, script=LINK)
    assert learner.owner("shop") == "alloc-c"
    learner.do("undo")
    assert learner.owner("shop") == "alloc-a"


def test_a_link_that_holds_no_script_says_why_and_offers_no_button(learner: Learner) -> None:
    page = words(learner, "/sandbox?script=%3Cscript%3E")
    assert "This link holds no script: it was changed on its way" in page
    assert "Play this on my bench" not in page
    assert learner.client.post("/bench/scripts/play", json={"script": "%"}, headers=JSON).status_code == 422


def test_a_visitor_without_a_bench_is_led_back_to_the_link_after_the_start(other: Learner) -> None:
    address = f"http://localhost/sandbox?script={LINK}"
    page = words(other, f"/sandbox?script={LINK}")
    assert "This link brings a script" in page
    assert "Play this on my bench" not in page
    assert "This link brings a script" not in words(other, "/sandbox") + words(
        other, f"/labs/commit-first?script={LINK}"
    )
    pressed = other.client.post("/bench", headers={**OWN, "Accept": "text/html", "Referer": address})
    assert pressed.location == address


def test_the_link_on_the_page_leads_to_the_own_acts(learner: Learner) -> None:
    learner.do("promote", route="shop", to="alloc-b")
    found = re.search(r'href="/sandbox\?script=([\w-]+)" data-copy-link', words(learner))
    assert found
    assert links.read(found[1]) == (act("promote", route="shop", to="alloc-b"),)
