"""What holds for every template and script, read as text: the policy of the page cannot be broken by accident."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

import vango.verbs  # noqa: F401 - registers the verbs
from vango.verbs.registry import REGISTRY

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
EVERYTHING = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES)


@pytest.mark.parametrize("verb", sorted(REGISTRY))
def test_every_verb_can_be_reached_from_the_sandbox(verb: str) -> None:
    assert re.search(rf'verb_(button|opens)\("{verb}"', EVERYTHING), f"no button of the stage issues {verb}"


@pytest.mark.parametrize("verb", sorted(set(re.findall(r'verb_opens\("(\w+)"', EVERYTHING))))
def test_every_button_that_opens_a_dialog_has_one(verb: str) -> None:
    assert f'verb_dialog("{verb}"' in EVERYTHING


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_needs_a_weaker_policy(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r'\sstyle="|<style|\son\w+="|hx-on|javascript:|\bjs:', text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "an inline script would be blocked"
    assert not re.search(r"\|\s*safe\b", text), "everything that is not Markup already is escaped"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_htmx_attributes_stand_in_one_file(path: Path) -> None:
    if path.name != "htmx.html":
        assert not re.search(r"(?<![\w/])hx-[a-z]", path.read_text(encoding="utf-8"))


def test_the_indentation_of_a_template_does_not_travel(shared: Flask) -> None:
    template = shared.jinja_env.from_string("<p>\n      {{ word }},\n      word\n</p>")
    assert template.render(word="a") == "<p>\n a,\n word\n</p>"


@pytest.mark.parametrize("path", [*SHEETS, *SCRIPTS], ids=lambda path: path.name)
def test_nothing_is_fetched_from_outside_and_no_file_outgrows_a_look(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"https?://|@import", text)
    assert text.count("\n") < 250
