"""The concept pages over HTTP: the index with its search, a page for each concept and principle, the glossary.

None of these pages needs a bench, and none wakes one.
"""

from __future__ import annotations

import base64
import json
from itertools import groupby
from typing import Any

from flask import Blueprint, make_response, render_template, request
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup
from werkzeug.wrappers import Response

from studylab.concepts import pages, recorded, search
from studylab.concepts.pages import Concept
from studylab.concepts.recorded import Act, Exchange
from studylab.concepts.words import said_of
from studylab.lab.prose import block
from studylab.once import once
from studylab.web.htmx import htmx
from studylab.web.state import state
from vango.actors.errors import NotThere

concepts = Blueprint("concepts", __name__)
WORD_KEPT_S = 3600

ACTS = {Act.ASKED: "request", Act.PUBLISHED: "publish", Act.DELIVERED: "message", Act.HEARD: "advisory", Act.DONE: ""}


@once
def library() -> search.Index:
    """Return the index of everything there is to read, made at the start of the first app of this process."""
    return search.Index(search.entries())


@concepts.record_once
def _at_start(setup: BlueprintSetupState) -> None:
    """Build the index now: an invalid text is reported at the start, and the first search is as fast as any."""
    library()


@concepts.get("/concepts")
def index() -> Response:
    """Every page, and the results of a search. htmx gets the results alone."""
    typed = request.args.get("q", "").strip()
    found = library().find(typed)
    template = "concepts/found.html" if htmx else "concepts/index.html"
    answer = make_response(render_template(template, typed=typed, found=found, asked=bool(search.words_of(typed))))
    answer.vary.add("HX-Request")
    return answer


@concepts.get(f"/concepts/{pages.GLOSSARY}")
def glossary() -> str:
    """Every word."""
    groups = groupby(pages.glossary(), key=lambda word: word.group)
    drawn = [(group, [(word, block(word.text, home=word.address)) for word in words]) for group, words in groups]
    return render_template("concepts/glossary.html", groups=drawn)


@concepts.get(f"/concepts/{pages.GLOSSARY}/<term>")
def word(term: str) -> Response:
    """What the pop-over of a word says. It never changes while the app runs, so a browser asks once."""
    found = said_of(term)
    if found is None:
        raise NotThere(f"The glossary has no entry for {term[:40]!r}. All entries are at /concepts/{pages.GLOSSARY}.")
    answer = make_response(render_template("concepts/word.html", said=found))
    answer.cache_control.max_age = WORD_KEPT_S
    return answer


@concepts.get("/concepts/<slug>")
def page(slug: str) -> str:
    """One concept or principle."""
    everything = pages.concepts()
    place = next((n for n, concept in enumerate(everything) if concept.slug == slug), None)
    if place is None:
        raise NotThere(f"There is no page {slug[:40]!r}. All pages are listed at /concepts.")
    concept = everything[place]
    return render_template(
        "concepts/page.html", concept=concept, sections=_sections(concept), recording=(kept := recorded.read(slug)),
        answers=[(kept.of(question), block(text, home=concept.address)) for question, text in concept.lessons],
        labs=[lab for slug in concept.labs if (lab := state().benches.labs.get(slug))],
        before=everything[place - 1] if place else None,
        after=everything[place + 1] if place + 1 < len(everything) else None,
    )  # fmt: skip


def _sections(concept: Concept) -> list[tuple[str, str, Markup]]:
    """Return each section as its anchor, its heading and its HTML."""
    return [(pages.slug_of(head), head, block(text, home=concept.address)) for head, text in concept.sections]


@concepts.app_template_global()
def all_concepts(kind: str = "") -> list[Concept]:
    """Return every page, or those of one kind, for the templates."""
    return [concept for concept in pages.concepts() if kind in ("", concept.kind)]


@concepts.app_template_global()
def concepts_of_lab(slug: str) -> list[Concept]:
    """Return the pages that belong to a lab."""
    return [concept for concept in pages.concepts() if slug in concept.labs]


@concepts.app_template_global()
def act_words(exchange: Exchange) -> str:
    """Return one word for an exchange; empty for a step that was not a request."""
    return ACTS[exchange.act]


@concepts.app_template_global()
def deciding(exchange: Exchange) -> list[tuple[str, str]]:
    """Return the deciding fields of a reply: path and value as JSON, stored headers decoded."""
    return [(path, _shown(path, recorded.value_at(exchange.reply, path))) for path in exchange.decisive]


def _shown(path: str, value: Any) -> str:
    if path.endswith(".hdrs"):
        lines = base64.b64decode(value).decode("ascii", "replace").split("\r\n")
        return ", ".join(line for line in lines if line)
    return as_json(value)


@concepts.app_template_global()
def as_json(value: Any, indent: int | None = None) -> str:
    """Write a value as JSON, on one line or indented."""
    return json.dumps(value, ensure_ascii=False, indent=indent)
