"""Words with an explanation become links where prose is drawn: the first of each, and never where it would do harm."""

from __future__ import annotations

import re

import pytest

from labs import LABS
from studylab.concepts import pages
from studylab.concepts.terms import terms
from studylab.lab import Do, Explain, Lab, Predict
from studylab.lab.prose import block, line

STREAM = '<a class="term" href="/concepts/stream">'
SEQ = '<a class="term" href="/concepts/glossary#stream-seq">'
ADDRESSES = {c.address for c in pages.concepts()} | {w.address for w in pages.glossary()}


def test_the_first_mention_is_a_link_and_the_next_is_not() -> None:
    assert block("A stream, two Streams.") == f"<p>A {STREAM}stream</a>, two Streams.</p>\n"


def test_each_text_has_a_first_mention_of_its_own() -> None:
    assert STREAM in block("One stream.")
    assert STREAM in block("Another stream.")


def test_the_longer_word_is_meant_also_over_a_line_end() -> None:
    assert block("its stream seq") == f"<p>its {SEQ}stream seq</a></p>\n"
    assert block("its stream\n  seq") == f"<p>its {SEQ}stream\nseq</a></p>\n"


@pytest.mark.parametrize(
    "text",
    ["`stream`", "a [stream](/sandbox)", "*the stream card*", "mid-stream", "streamed", "```\nstream\n```"],
)
def test_no_link_in_code_in_a_link_in_a_name_or_inside_another_word(text: str) -> None:
    assert 'class="term"' not in block(f"Look:\n\n{text}")


def test_a_page_does_not_link_to_itself() -> None:
    assert "href" not in block("A stream.", home="/concepts/stream")


def test_what_looks_like_html_stays_text_round_a_link() -> None:
    html = block('<b onclick="x">stream</b> & <script>')
    assert html == f"<p>&lt;b onclick=&quot;x&quot;&gt;{STREAM}stream</a>&lt;/b&gt; &amp; &lt;script&gt;</p>\n"


def test_a_label_has_no_links() -> None:
    assert line("The stream.") == "The stream."


def test_every_word_leads_to_a_page_or_an_entry() -> None:
    linked = [*(w.address for w in pages.glossary() if w.linked), *(c.address for c in pages.concepts())]
    forms = [*(f for w in pages.glossary() for f in w.linked), *(f for c in pages.concepts() for f in c.words)]
    assert len(forms) == len(set(forms)), "one word leads to one place"
    for form in forms:
        (piece,) = terms().pieces(form, set())
        assert piece.address in linked, form


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.slug)
def test_a_lab_s_prose_leads_to_what_it_speaks_of(lab: Lab) -> None:
    found: list[str] = []
    for step in lab.steps:
        if isinstance(step, Do | Predict | Explain):
            here = re.findall(r'class="term" href="([^"]+)"', block(step.prose))
            assert len(here) == len(set(here)), step.id
            found += here
    assert found
    assert set(found) <= ADDRESSES
