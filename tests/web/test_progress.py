"""Progress over HTTP: kept through kill -9 and restart, carried in a file, and nothing else is let in."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from studylab.lab import records
from tests.web.learner import JSON, OWN, Learner, Running

LAB = "/labs/commit-first"
FROM_LAB = {**JSON, "Referer": f"http://localhost{LAB}"}
PAGE = {**OWN, "Accept": "text/html"}


def plays(learner: Learner) -> None:
    """Begin lab 1, do its first step, and predict."""
    learner.client.post(f"{LAB}/start", headers=JSON)
    learner.client.post(f"{LAB}/do-it", json={"step": "watch"}, headers=JSON)
    body = {"step": "predict-phantom", "option": "nothing", "confidence": "certain"}
    assert learner.client.post(f"{LAB}/predict", json=body, headers=JSON).status_code == 200


def exported(learner: Learner) -> bytes:
    content: bytes = learner.client.get("/progress/export.json").data
    return content


def imports(learner: Learner, content: bytes, headers: dict[str, str] = PAGE) -> TestResponse:
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="progress.json"\r\n\r\n'
    return learner.client.post(
        "/progress/import", data=head + content + b"\r\n--edge--\r\n", headers=headers,
        content_type="multipart/form-data; boundary=edge",
    )  # fmt: skip


def labs_of(learner: Learner) -> list[dict[str, Any]]:
    labs: list[dict[str, Any]] = json.loads(exported(learner))["labs"]
    return labs


def test_a_visitor_without_a_bench_gets_a_page_and_no_bench(shared: Flask, other: Learner) -> None:
    before = shared.extensions["studylab"].benches.live
    for path in ("/progress", "/progress/notebook", "/progress/notebook.md", "/progress/export.json"):
        assert other.client.get(path).status_code == 200
    assert "not started" in other.client.get("/progress").text
    assert shared.extensions["studylab"].benches.live == before


def test_steps_predictions_findings_and_time_are_on_the_page(learner: Learner) -> None:
    plays(learner)
    learner.client.post(f"{LAB}/do-it", json={"step": "phantom"}, headers=JSON)
    text = " ".join(learner.client.get("/progress").text.split())
    for expected in ("Commit first, publish second", "3 of 10 steps", "You said, certain: Nothing: the change was refused",
                     "What happened: They route shop to alloc-d.", "<b>phantom</b>", "never chose",
                     "0 of 1", "too few to tell"):  # fmt: skip
        assert expected in text, expected
    assert re.search(r"active for .*, last on \d{4}-", text)
    notebook = learner.client.get("/progress/notebook").text
    assert "The database will refuse: what do the edges do?" in notebook
    assert "never chose" in learner.client.get("/progress/notebook.md").text


def test_the_course_shows_progress_and_time_of_a_lab(learner: Learner) -> None:
    assert "not started" in learner.client.get("/").text
    plays(learner)
    assert "2 of 10 steps" in learner.client.get("/").text
    assert "active for" in learner.client.get("/").text


def test_starting_a_lab_again_or_resetting_the_bench_takes_no_progress_away(learner: Learner) -> None:
    plays(learner)
    learner.client.post(f"{LAB}/start", headers=JSON)
    learner.do("reset")
    (lab,) = labs_of(learner)
    assert set(lab["done"]) == {"watch", "predict-phantom"}
    assert lab["predictions"]["predict-phantom"]["confidence"] == "certain"


def test_a_verb_from_the_lab_s_page_is_an_act_in_the_lab_and_one_from_elsewhere_is_not(learner: Learner) -> None:
    plays(learner)
    before = labs_of(learner)[0]["last_at"]
    learner.do("purge")
    assert labs_of(learner)[0]["last_at"] == before
    learner.client.post(f"{LAB}/start", headers=JSON)
    before = labs_of(learner)[0]["last_at"]
    learner.client.post("/bench/verbs/promote", json={"route": "blog", "to": "alloc-c"}, headers=FROM_LAB)
    assert labs_of(learner)[0]["last_at"] > before


def test_an_export_comes_as_a_file_that_holds_no_key(learner: Learner) -> None:
    plays(learner)
    answer = learner.client.get("/progress/export.json")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="study-lab-progress-')
    with learner.client.session_transaction() as session:
        assert session["bench"] not in answer.text
    assert learner.see()["broker"]["password"] not in answer.text
    assert learner.client.get("/progress/notebook.md").headers["Content-Type"].startswith("text/markdown")


def test_progress_is_carried_to_another_bench_and_twice_is_once(learner: Learner, other: Learner) -> None:
    plays(learner)
    answer = imports(other, exported(learner))
    assert (answer.status_code, answer.location) == (303, "/progress")
    assert "Your progress in 1 of them was extended" in other.client.get("/progress").text
    assert labs_of(other) == labs_of(learner)
    imports(other, exported(learner))
    assert "all of it was here already" in other.client.get("/progress").text
    assert labs_of(other) == labs_of(learner)


def test_what_was_imported_is_kept_when_the_lab_goes_on(learner: Learner, other: Learner) -> None:
    plays(learner)
    other.enter()
    other.client.post(f"{LAB}/start", headers=JSON)
    imports(other, exported(learner))
    other.client.post(f"{LAB}/hint", json={"step": "watch"}, headers=JSON)
    (lab,) = labs_of(other)
    assert set(lab["done"]) == {"watch", "predict-phantom"}
    assert lab["hints"] == {"watch": 1}
    assert len(lab["spent"]) == 2


def test_a_program_imports_the_file_as_a_body(learner: Learner, other: Learner) -> None:
    plays(learner)
    answer = other.client.post(
        "/progress/import", data=exported(learner), headers=OWN, content_type="application/json"
    ).get_json()
    assert (answer["ok"], answer["labs"], answer["changed"]) == (True, 1, 1)


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b'{"made_by": "somebody"}', b"id;name"])
def test_a_foreign_or_damaged_file_is_refused_and_changes_nothing(learner: Learner, content: bytes) -> None:
    plays(learner)
    before = labs_of(learner)
    answer = imports(learner, content)
    assert answer.status_code == 422
    assert "Nothing was changed." in answer.text
    assert 'aria-describedby="progress-complaint"' in answer.text
    assert labs_of(learner) == before
    as_json = imports(learner, content, JSON)
    assert (as_json.status_code, as_json.get_json()["ok"]) == (422, False)


def test_one_changed_letter_or_another_version_is_refused(learner: Learner) -> None:
    plays(learner)
    good = exported(learner)
    assert "damaged or was edited" in imports(learner, good.replace(b'"certain"', b'"guessing"')).text
    assert "reads version 1" in imports(learner, good.replace(b'"version": 1', b'"version": 7')).text


def test_a_refused_import_makes_no_bench(other: Learner) -> None:
    assert imports(other, b"{").status_code == 422
    with other.client.session_transaction() as session:
        assert "bench" not in session


def test_no_file_and_too_large_a_file_get_a_sentence(learner: Learner) -> None:
    answer = learner.client.post("/progress/import", data={}, headers=PAGE, content_type="multipart/form-data")
    assert (answer.status_code, "No file was chosen" in answer.text) == (422, True)
    answer = imports(learner, b" " * (records.MAX_BYTES + 10_000))
    assert (answer.status_code, "larger than 4 MB" in answer.text) == (413, True)
    largest = b" " * (records.MAX_BYTES - 2) + b"[]"
    assert "not a complete JSON object" in imports(learner, largest).text


def test_an_import_obeys_the_guard(learner: Learner) -> None:
    assert imports(learner, exported(learner), {"Origin": "http://evil.example"}).status_code == 403
    assert imports(learner, exported(learner), {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert imports(learner, exported(learner), {}).status_code == 403
    assert learner.client.get("/progress/import").status_code == 405


def test_text_from_a_file_is_shown_as_text(learner: Learner, other: Learner) -> None:
    plays(learner)
    document = json.loads(exported(learner))
    document.pop("sha256")
    document["labs"][0]["title"] = "<script>alert(1)</script>"
    document["labs"][0] |= {"slug": "gone", "number": 77}
    content = json.dumps({**document, "sha256": records._checksum(document)}).encode()
    assert imports(other, content).status_code == 303
    for path in ("/progress", "/progress/notebook"):
        text = other.client.get(path).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text


def test_a_damaged_record_is_named_and_the_rest_is_shown(shared: Flask, learner: Learner) -> None:
    plays(learner)
    with learner.client.session_transaction() as session:
        folder = shared.extensions["studylab"].benches.folder(session["bench"])
    records.path_of(folder, "acks").write_text("{")
    text = learner.client.get("/progress").text
    assert "The stored progress of the lab acks cannot be read." in text
    assert "2 of 10 steps" in text


def test_progress_survives_kill_9(start: Callable[..., Running]) -> None:
    running = start()
    cookie = running.enter()
    own = {"Cookie": cookie, "Content_Type": "application/json", "Origin": f"http://127.0.0.1:{running.port}"}
    assert running.ask(f"{LAB}/start", method="POST", body="{}", **own).status == 200
    assert running.ask(f"{LAB}/do-it", method="POST", body='{"step": "watch"}', **own).status == 200
    body = '{"step": "predict-phantom", "option": "route", "confidence": "guessing"}'
    assert running.ask(f"{LAB}/predict", method="POST", body=body, **own).status == 200
    before = json.loads(running.ask("/progress/export.json", Cookie=cookie).body)["labs"]
    running.end(signal.SIGKILL)
    again = start()
    assert json.loads(again.ask("/progress/export.json", Cookie=cookie).body)["labs"] == before
    assert "You said, guessing: They route shop" in again.ask("/progress", Cookie=cookie).body


def test_the_lab_page_goes_on_where_imported_progress_ends(learner: Learner, other: Learner) -> None:
    plays(learner)
    imports(other, exported(learner))
    assert "Continue lab 1, step 3 " in other.client.get("/").text
    answer = other.client.get(LAB)
    assert (answer.status_code, answer.location) == (303, f"{LAB}?step=3")
    assert other.client.get(answer.location).status_code == 200
    other.client.post(f"{LAB}/start", headers=JSON)
    assert other.client.get(LAB).status_code == 200
