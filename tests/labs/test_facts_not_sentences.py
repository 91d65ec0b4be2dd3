"""Labs decide by facts: a hundred sentences may be reworded, and no check, script or reading of a lab notices."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path

import pytest

from studylab.lab.model import Lab
from tests.few import A_FEW_FOR_THE_ENGINE
from tests.labs.conftest import Learner
from tests.labs.test_every_lab import passes
from tests.labs.worded_anew import X, word_anew
from vango.core import findings
from vango.core.words import sentences_of
from vango.journal import codec, facts
from vango.journal.facts import FACTS
from vango.journal.moment import Moment
from vango.observe import model
from vango.observe.model import Observation

ROOT = Path(__file__).parents[2]
READERS = sorted(
    [*ROOT.glob("labs/*/checks/*.py"), *ROOT.glob("labs/*/steps/*.py"), *ROOT.glob("labs/*/scripts.py")]
    + [ROOT / f"studylab/lab/{name}.py" for name in ("reading", "ledgers", "disagreement", "scripts")]
)
RECORDS = [each for module in (model, facts, findings) for each in vars(module).values() if isinstance(each, type)]
SENTENCES = {name for kind in (Moment, *filter(is_dataclass, RECORDS)) for name in sentences_of(kind)}
QUOTES = {"Passed", "NotYet", "Measured", "Place", "Closure", "shown", "unless", "list", "str"}
"""What takes words to show them. Nothing of it looks into them."""
OF_A_MODULE = {"reading", "ledgers", "saw", "common"}


@A_FEW_FOR_THE_ENGINE
def test_a_lab_is_passed_when_every_sentence_is_replaced(
    learner: Learner, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    word_anew(monkeypatch)
    began = learner.bench.journal.last
    passes(learner, lab, times=1)
    told = learner.bench.journal.since(began, limit=20_000)
    assert {moment.text for moment in told} == {X}
    assert [fault for moment in told if (fault := why_it_does_not_fit(moment))] == []


def why_it_does_not_fit(moment: Moment) -> str:
    """Say which part of what a moment tells is not what its record says; empty when all is."""
    if moment.kind not in FACTS:
        return ""
    try:
        codec.read(FACTS[moment.kind], moment.detail)
    except codec.Misfit as misfit:
        return f"{moment.actor} {moment.kind}: {misfit}"
    return ""


def test_what_is_called_a_sentence_is_replaced(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    word_anew(monkeypatch)
    seen: Observation = learner.does(learner.bench.settle())
    assert {edge.claim for edge in seen.edges} == {X}
    assert {"text", "claim", "reason", "sentence", "records", "stuck", "trouble", "lines"} <= SENTENCES


@pytest.mark.parametrize("file", READERS, ids=lambda file: str(file.relative_to(ROOT)))
def test_labs_quote_sentences_and_never_look_into_them(file: Path) -> None:
    looks = [f"line {node.lineno}: {ast.unparse(node)}" for node in looks_into(ast.parse(file.read_text("utf-8")))]
    assert looks == []


@pytest.mark.parametrize(
    "look",
    [
        'moment.text.startswith("duplicate")', '"pending" in edge.reason', 'edge.claim == "current at 0"',
        'len(edge.stuck) > 3', 'said = moment.text', 'bool(edge.stuck)', '[m for m in told if m.text]',
        'Passed("yes") if edge.claim else None', 'split(moment.text)', 'f"{moment.text.split()[1]}"',
        'moment.detail["reason"]',
    ],
)  # fmt: skip
def test_a_look_into_a_sentence_is_noticed(look: str) -> None:
    assert [*looks_into(ast.parse(look))]


@pytest.mark.parametrize(
    "quote",
    [
        "Passed(moment.text)", 'NotYet(f"iad is {edge.claim}.")', 'Place("fra", edge.claim, False)',
        '"; ".join(m.text for m in told)', '{"said": finding.sentence}', "reading.records(seen)",
        'Passed(said[-1].text) if said else NotYet("nothing")',
    ],
)  # fmt: skip
def test_a_quoted_sentence_is_none(quote: str) -> None:
    assert [*looks_into(ast.parse(quote))] == []


def looks_into(tree: ast.Module) -> Iterator[ast.Attribute]:
    """Yield each place where a sentence is read and not only quoted, and each where a moment's plain detail is."""
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        of_a_module = isinstance(node.value, ast.Name) and node.value.id in OF_A_MODULE
        if node.attr == "detail" or (node.attr in SENTENCES and not of_a_module and not is_quoted(node, above)):
            yield node


def is_quoted(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    """Return whether an expression goes, as it is, into an f-string, an answer, or what is kept and shown."""
    around = above.get(node)
    if isinstance(around, ast.FormattedValue):
        return True
    if isinstance(around, ast.Call):
        return node in around.args and (_name(around.func) in QUOTES or _joins(around.func))
    if isinstance(around, ast.Dict):
        return node in around.values
    if isinstance(around, ast.IfExp):
        return node is not around.test and is_quoted(around, above)
    if isinstance(around, ast.ListComp | ast.GeneratorExp):
        return node is around.elt and is_kept(around, above)
    if isinstance(around, ast.comprehension):
        return is_quoted_line(around, node, above)
    return isinstance(around, ast.BinOp | ast.Starred | ast.Subscript) and is_quoted(around, above)


def is_kept(lines: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    """Return whether a list of sentences is quoted, or returned by a function whose name says that it is words."""
    around = above.get(lines)
    if isinstance(around, ast.Return):
        return isinstance(owner := _function(around, above), ast.FunctionDef) and owner.name in WORDS
    return is_quoted(lines, above)


WORDS = {"said", "records"}
"""Functions of `reading` that return sentences, to be kept and shown."""


def is_quoted_line(clause: ast.comprehension, node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    """Return whether sentences are gone through only to be quoted one by one, as in [line for line in table.lines]."""
    whole = above[clause]
    is_as_it_is = isinstance(whole, ast.ListComp | ast.GeneratorExp) and ast.dump(whole.elt) == ast.dump(
        ast.Name(getattr(clause.target, "id", ""), ast.Load())
    )
    return node is clause.iter and not clause.ifs and is_as_it_is and is_kept(whole, above)


def _function(node: ast.AST, above: dict[ast.AST, ast.AST]) -> ast.AST | None:
    while node in above and not isinstance(node, ast.FunctionDef):
        node = above[node]
    return node


def _name(function: ast.expr) -> str:
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def _joins(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr == "join" and isinstance(function.value, ast.Constant)
