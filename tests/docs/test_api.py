"""docs/api.md and docs/verbs.md say what the app does: routes, keys and verbs are compared with the running parts."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from studylab.__main__ import PAGE, page
from studylab.lab import records
from studylab.web.bench import MAX_MOMENTS
from studylab.web.guard import MAX_BODY
from vango.journal.codec import MAX_ITEMS, MAX_TEXT
from vango.observe.model import Observation
from vango.verbs.registry import REGISTRY

DOCS = Path(__file__).resolve().parents[2] / "docs"
API = (DOCS / "api.md").read_text(encoding="utf-8")


def test_the_page_of_verbs_is_what_the_registry_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m studylab verbs --write`"


@pytest.mark.parametrize("verb", sorted(REGISTRY))
def test_every_verb_has_its_arguments_on_the_page(verb: str) -> None:
    row = next(line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{verb}` |"))
    assert [p.name for p in REGISTRY[verb].parameters if f"`{p.name}`" not in row] == []
    assert ("**destructive**" in row) == REGISTRY[verb].destructive


def test_every_key_of_bench_json_is_documented_and_no_other() -> None:
    keys = {field.name for field in dataclasses.fields(Observation)}
    assert set(re.findall(r"^\| `(\w+)` \|", API, re.MULTILINE)) == keys


@pytest.mark.parametrize(
    "route",
    [
        "/healthz",
        "POST /bench",
        "/bench.json",
        "/bench/journal.json?after=N",
        "/bench/verbs/<verb>",
        "/bench/stop",
        "/events",
        "/progress/export.json",
        "/progress/import",
        "/progress/notebook.md",
        "/progress/notebook",
    ],
)
def test_every_address_for_programs_is_documented(route: str) -> None:
    assert route in API


def test_the_limits_in_the_document_are_the_code_s() -> None:
    assert f"at most {MAX_MOMENTS:,} moments" in API
    assert f"{MAX_BODY // 1024} KB" in API
    assert f"larger than {records.MAX_BYTES // 1024 // 1024} MB" in API
    assert f"{records.MAX_LABS} labs, {MAX_ITEMS} entries in a list, {MAX_TEXT:,} characters in a text" in API


def test_the_format_of_an_export_in_the_document_is_the_code_s() -> None:
    for name in json.loads(records.seal([], at=0.0)):
        assert f"`{name}`" in API, name
    assert f"`version` ({records.VERSION})" in API
