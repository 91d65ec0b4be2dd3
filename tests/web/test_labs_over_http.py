"""A lab over HTTP: its page, the guide's buttons, and the verbs that it locks on its own page only."""

from __future__ import annotations

from flask import Flask

from studylab.hub import Hub
from tests.web.learner import HTMX, JSON, OWN, Learner

LAB = "/labs/commit-first"
FROM_LAB = {**JSON, "Referer": f"http://localhost{LAB}"}


def hub_of(app: Flask, learner: Learner) -> Hub:
    with learner.client.session_transaction() as session:
        key = session["bench"]
    hub: Hub = app.extensions["studylab"].benches._live[key]
    return hub


def test_the_course_lists_the_lab_with_its_progress(learner: Learner) -> None:
    assert LAB in learner.client.get("/").text
    learner.client.post(f"{LAB}/start", headers=JSON)
    assert learner.client.get("/").status_code == 200


def test_a_lab_s_page_has_the_guide_and_the_stage(learner: Learner) -> None:
    page = learner.client.get(LAB).text
    assert 'id="panel-guide"' in page
    assert 'id="panel-truth"' in page


def test_the_lab_begins_on_a_press_and_the_page_hears_of_it(learner: Learner) -> None:
    assert 'hx-target="#status"' in learner.client.post(f"{LAB}/start", headers=HTMX).text
    answer = learner.client.post(f"{LAB}/start", headers=JSON).get_json()
    assert (answer["ok"], answer["finished"]) == (True, False)


def test_a_locked_verb_is_refused_from_the_lab_s_page_only(shared: Flask, learner: Learner) -> None:
    learner.client.post(f"{LAB}/start", headers=JSON)
    locked = hub_of(shared, learner).locked("commit-first")
    assert "kill_broker" in locked
    before = learner.see()["broker"]["pid"]
    answer = learner.client.post("/bench/verbs/kill_broker", json={}, headers=FROM_LAB)
    assert answer.status_code == 409
    assert locked["kill_broker"] in answer.get_json()["error"]
    assert learner.see()["broker"]["pid"] == before
    assert learner.do("kill_broker").status_code == 200


def test_what_a_lab_begins_with_can_be_undone_from_its_page_and_its_steps_cannot(
    shared: Flask, learner: Learner
) -> None:
    learner.do("promote", route="shop", to="alloc-c")
    learner.client.post(f"{LAB}/start", headers=JSON)
    hub = hub_of(shared, learner)
    assert "undo" not in hub.locked("commit-first")
    assert "Undo start of the lab" in learner.client.get(LAB).text
    learner.do("promote", route="blog", to="alloc-c")
    assert "undo" in hub.locked("commit-first")
    assert learner.client.post("/bench/verbs/undo", json={}, headers=FROM_LAB).status_code == 409
    learner.do("undo")
    answer = learner.client.post("/bench/verbs/undo", json={}, headers=FROM_LAB).get_json()
    assert answer["sentence"] == "Start of the lab was undone: the bench is as it was before."
    assert {route["name"]: route["owner"] for route in learner.see()["truth"]["routes"]}["shop"] == "alloc-c"


def test_the_sandbox_names_what_undo_takes_back(learner: Learner) -> None:
    learner.do("promote", route="shop", to="alloc-c")
    assert "Undo promote" in learner.client.get("/sandbox").text
    assert "Undo brings back what was before" in learner.do("reset").get_json()["sentence"]
    assert "Undo reset" in learner.client.get("/sandbox").text


def test_a_button_without_its_fields_gets_a_sentence(learner: Learner) -> None:
    answer = learner.client.post(f"{LAB}/predict", data={"step": "<b>"}, headers=JSON)
    assert answer.status_code == 422
    assert "option" in answer.get_json()["error"]


def test_an_unknown_lab_or_step_is_a_4xx(learner: Learner) -> None:
    assert learner.client.post("/labs/nothing/start", headers=JSON).status_code == 404
    learner.client.post(f"{LAB}/start", headers=JSON)
    for act in ("proceed", "hint", "do-it", "catch-up"):
        status = learner.client.post(f"{LAB}/{act}", data={"step": "nothing"}, headers=JSON).status_code
        assert 400 <= status < 500, act


def test_a_lab_s_buttons_obey_the_guard(learner: Learner) -> None:
    assert learner.client.post(f"{LAB}/start", headers={"Origin": "http://evil.example"}).status_code == 403


def test_a_form_without_script_comes_back_to_the_lab(learner: Learner) -> None:
    headers = {**OWN, "Accept": "text/html", "Referer": f"http://localhost{LAB}"}
    answer = learner.client.post(f"{LAB}/start", headers=headers)
    assert (answer.status_code, answer.location) == (303, f"http://localhost{LAB}")


def test_what_a_frame_finds_out_is_drawn_by_it_and_not_by_another_one(shared: Flask, learner: Learner) -> None:
    learner.client.post(f"{LAB}/start", headers=JSON)
    hub = hub_of(shared, learner)
    call = shared.extensions["studylab"].loop.call

    async def is_marked_after(*, is_drawn: bool) -> bool:
        hub._frames.is_marked = False
        before = hub.run("commit-first").attempt
        await hub._context("commit-first", await hub.bench.observe(), is_drawn=is_drawn)
        assert hub.run("commit-first").attempt != before
        return hub._frames.is_marked

    learner.do("promote", route="shop", to="alloc-c")
    assert not call(is_marked_after(is_drawn=True), timeout_s=20)
    learner.client.post(f"{LAB}/start", headers=JSON)
    learner.do("promote", route="shop", to="alloc-c")
    assert call(is_marked_after(is_drawn=False), timeout_s=20)
