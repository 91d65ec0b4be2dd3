"""Progress in a file: what was written is read again, and anything else is refused in a sentence and changes nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from studylab.lab import records
from studylab.lab.notebook import grouped, markdown
from studylab.lab.progress import Done, Met, Predicted, Proof, Record, Spent, new
from studylab.lab.prose import _MARKDOWN
from tests.labs.small import LAB
from tests.labs.test_progress import RECORDS
from vango.actors.errors import BadInput, Unavailable

RECORD = Record(
    "small", "Small", 99, 4, 1_000.0, 2_000.5, {"b": Spent(1, 1, 60.5)},
    {"predict": Predicted(0, "Predict", "It will not", "certain", 2, 1_100.0, "It will", "It did.", False)},
    {"do": Done(1, "Do", "do", "", 1_200.0, (Proof("done", "seq 4 is r4"),))}, {"do": 2},
    {"phantom fra": Met("phantom", "fra", "Do", "fra serves what never was.", "Load.", ("e9: no row",), 1_150.0)},
)  # fmt: skip


def resealed(change: Any) -> bytes:
    """Change a document and give it a checksum that fits."""
    document = json.loads(records.seal([RECORD], at=0.0))
    document.pop("sha256")
    document = change(document) or document
    return json.dumps({**document, "sha256": records._checksum(document)}).encode()


def test_what_was_sealed_is_read_again() -> None:
    assert records.unseal(records.seal([RECORD, new(replace(LAB, slug="other"))], at=0.0).encode())[0] == RECORD


@given(RECORDS)
def test_any_record_survives_the_file(record: Record) -> None:
    if all(made.confidence for made in record.predictions.values()):
        assert records.unseal(records.seal([record], at=0.0).encode()) == (record,)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\xff\xfe\x00", "not a complete JSON object"),
        (b"[]", "not a complete JSON object"),
        (b'{"made_by": "Study Lab"', "not a complete JSON object"),
        (b'{"n": NaN}', "not a complete JSON object"),
        (b"[" * 100_000, "not a complete JSON object"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, "did not export this JSON file"),
        (b"id,name\n1,a\n", "not a complete JSON object"),
        (b'{"cells": [], "nbformat": 4}', "did not export this JSON file"),
        (resealed(lambda d: d | {"made_by": "Study Lab 2"}), "did not export this JSON file"),
        (resealed(lambda d: d | {"holds": "journal"}), "did not export this JSON file"),
        (resealed(lambda d: d | {"version": 2}), "version 2; this Study Lab reads version 1"),
        (resealed(lambda d: d | {"version": True}), "version True"),
        (resealed(lambda d: d | {"version": [1] * 1000}), "this Study Lab reads version 1"),
        (records.seal([RECORD], at=0.0).replace("It did.", "It dib.").encode(), "damaged or was edited"),
        (records.seal([RECORD], at=0.0).encode()[:-300] + b"}", "not a complete JSON object"),
        (resealed(lambda d: d | {"labs": {}}), "labs is not a list"),
        (resealed(lambda d: d | {"labs": d["labs"] * 2}), "twice"),
        (resealed(lambda d: d | {"labs": [{}]}), "labs[0] lacks slug"),
        (resealed(lambda d: d["labs"][0].update(slug="../../x")), "cannot be the name of a lab"),
        (resealed(lambda d: d["labs"][0].update(number="1")), "labs[0].number is not a whole number"),
        (resealed(lambda d: d["labs"][0].update(number=10**400)), "labs[0].number is not a whole number"),
        (resealed(lambda d: d["labs"][0].update(steps=-1)), "labs[0].steps is not a whole number"),
        (resealed(lambda d: d["labs"][0].update(first_at=True)), "labs[0].first_at is not a number"),
        (resealed(lambda d: d["labs"][0].update(title="x" * 5000)), "labs[0].title is not text of at most"),
        (resealed(lambda d: d["labs"][0].update(title="\ud800")), "labs[0].title is not text"),
        (resealed(lambda d: d["labs"][0].update(more=1)), "unknown member 'more'"),
        (resealed(lambda d: d["labs"][0]["predictions"]["predict"].update(right="yes")), "is not true or false"),
        (resealed(lambda d: d["labs"][0]["predictions"]["predict"].update(confidence="very")), "'very' is not one of"),
        (resealed(lambda d: d["labs"][0].update(hints={str(n): 1 for n in range(600)})), "at most 500"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_a_sentence(content: bytes, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        records.unseal(content)
    assert says in str(refused.value)
    assert "Nothing was changed." in str(refused.value)


def test_a_checksum_that_is_missing_or_of_another_type_is_no_checksum() -> None:
    document = json.loads(records.seal([RECORD], at=0.0))
    others: tuple[object, ...] = (None, 0, [], document["sha256"].upper())
    for wrong in others:
        with pytest.raises(BadInput, match="damaged"):
            records.unseal(json.dumps({**document, "sha256": wrong}).encode())


def test_a_record_is_found_again_as_it_was(tmp_path: Path) -> None:
    records.save(tmp_path, RECORD, at=1.0)
    assert records.load(tmp_path, "small") == RECORD
    assert records.load_all(tmp_path) == ({"small": RECORD}, [])
    assert records.load(tmp_path, "other") is None


@pytest.mark.parametrize(
    "content", [b"", b"{", records.seal([], at=0.0).encode(), records.seal([RECORD], at=0.0)[:90].encode()]
)
def test_a_damaged_record_is_put_aside_and_named(tmp_path: Path, content: bytes) -> None:
    records.save(tmp_path, replace(RECORD, slug="good"), at=1.0)
    path = records.path_of(tmp_path, "small")
    path.write_bytes(content)
    found, troubles = records.load_all(tmp_path)
    assert list(found) == ["good"]
    assert "small cannot be read" in troubles[0]
    assert records.load(tmp_path, "small") is None
    assert path.with_suffix(".unreadable").read_bytes() == content
    assert "set aside as small.unreadable" in records.load_all(tmp_path)[1][0]


def test_bringing_in_twice_is_bringing_in_once(tmp_path: Path) -> None:
    records.save(tmp_path, replace(RECORD, hints={"do": 4}, spent={"other": Spent(1, 0, 5.0)}), at=1.0)
    assert records.bring_in(tmp_path, [RECORD], at=2.0) == 1
    joined = records.load(tmp_path, "small")
    assert joined is not None
    assert (joined.hints, joined.rounds, joined.active_s) == ({"do": 4}, 2, 65.5)
    assert records.bring_in(tmp_path, [RECORD], at=3.0) == 0
    assert records.load(tmp_path, "small") == joined


def test_a_bench_s_mark_does_not_give_away_its_key(tmp_path: Path) -> None:
    folder = tmp_path / ("ab" * 16)
    assert len(records.mark_of(folder)) == 12
    assert records.mark_of(folder) not in folder.name


def test_a_disk_that_gives_nothing_is_no_damage_and_what_it_holds_is_not_written_over(tmp_path: Path) -> None:
    path = records.path_of(tmp_path, "small")
    path.mkdir(parents=True)  # A folder in its place: reading it as a file raises an OSError.
    with pytest.raises(Unavailable, match="cannot be read now"):
        records.load(tmp_path, "small")
    with pytest.raises(Unavailable, match="cannot be read now"):
        records.bring_in(tmp_path, [replace(RECORD, slug="first"), RECORD], at=1.0)
    assert not records.path_of(tmp_path, "first").exists()
    assert "cannot be read" in records.load_all(tmp_path)[1][0]


def test_a_full_disk_during_an_import_is_told_and_importing_again_completes_it(tmp_path: Path) -> None:
    brought = [RECORD, replace(RECORD, slug="other")]
    blocked = records.path_of(tmp_path, "other").with_suffix(".new")
    blocked.mkdir(parents=True)
    with pytest.raises(Unavailable, match="1 of 2 labs were added"):
        records.bring_in(tmp_path, brought, at=1.0)
    blocked.rmdir()
    assert records.bring_in(tmp_path, brought, at=2.0) == 1


# The notebook.


def test_the_notebook_has_what_was_predicted_what_happened_and_the_records() -> None:
    text = markdown([RECORD], at=2_000.0)
    for expected in ("## 99. Small", "I predicted, certain: It will not", "not as I said: It will", "Measured: It did.",
                     "done: seq 4 is r4", "**phantom**", "e9: no row", "| certain | 1 | 0 |"):  # fmt: skip
        assert expected in text
    assert "No lab has been started yet." in markdown([], at=2_000.0)


HOSTILE = "<script>x</script> [a](javascript:x) ![b](http://c) `` ``` \n# h\n1. x | y &lt; **z** ~~~"


def test_what_came_from_elsewhere_is_text_in_the_notebook_never_markup() -> None:
    met = replace(RECORD.findings["phantom fra"], sentence=HOSTILE, records=(HOSTILE,), kind=HOSTILE)
    made = replace(RECORD.predictions["predict"], chosen=HOSTILE, sentence=HOSTILE, title=HOSTILE)
    done = replace(RECORD.done["do"], title=HOSTILE, how=HOSTILE, proofs=(Proof(HOSTILE, HOSTILE),))
    shown = replace(done, kind="explain")
    hostile = replace(
        RECORD,
        title=HOSTILE,
        findings={"f": met},
        predictions={"p": made},
        done={"d": done, "e": shown},
        hints={"d": 1},
    )
    html = _MARKDOWN.render(markdown([hostile], at=2_000.0))
    plain = _MARKDOWN.render(markdown([RECORD], at=2_000.0))
    assert "<script" not in html
    assert "<a " not in html
    assert "<img" not in html
    assert html.count("<h2") == plain.count("<h2")
    assert html.count("&lt;script&gt;x&lt;/script&gt; [a](javascript:x) ![b](http://c) `` ``` # h 1. x") >= 9


def test_findings_of_one_kind_at_several_edges_are_told_together() -> None:
    fra = RECORD.findings["phantom fra"]
    iad = replace(fra, where="iad", sentence="iad too.", records=("e9: no row", "e10: no row"))
    later = replace(fra, where="syd", step="Later", at=2_000.0)
    together, apart = grouped(replace(RECORD, findings={"c": later, "b": iad, "a": fra}))
    assert (together.sentence, together.records) == (
        "fra serves what never was. iad too.",
        ("e9: no row", "e10: no row"),
    )
    assert apart.step == "Later"


def test_a_record_is_plain_json() -> None:
    assert json.loads(json.dumps(asdict(RECORD)))["slug"] == "small"
