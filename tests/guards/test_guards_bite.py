"""Every guard is taken away, one after another, and the test that is named for it must fail by its own assertion."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guards.table import GUARDS
from tests.guards.without import VARIABLE

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "guards.md"
PATIENCE_S = 300


@pytest.mark.parametrize("name", GUARDS)
def test_the_guard_stands_where_the_table_says_and_its_test_is_there(name: str) -> None:
    guard = GUARDS[name]
    spec = importlib.util.find_spec(guard.module)
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).read_text(encoding="utf-8")
    assert guard.taken_away_from(source) != source
    file, _, test = guard.test.partition("::")
    assert f"def {test.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")


def test_the_document_lists_every_guard_with_its_test() -> None:
    rows = [row for row in DOCUMENT.read_text(encoding="utf-8").splitlines() if row.startswith("| ") and "`" in row]
    wanted = [f"| {name} | {guard.protects} | `{guard.module}` | `{guard.test}` |" for name, guard in GUARDS.items()]
    assert rows == wanted


@pytest.mark.slow
@pytest.mark.parametrize("name", GUARDS)
def test_without_the_guard_its_test_fails(name: str) -> None:
    command = [
        sys.executable, "-m", "pytest", "-p", "tests.guards.without", "-p", "no:cacheprovider", "-p", "no:xdist", "-x", "-q", "--tb=native",
        "-m", "slow or not slow", GUARDS[name].test,
    ]  # fmt: skip
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {VARIABLE: name},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ended.returncode == pytest.ExitCode.TESTS_FAILED, ended.stdout[-3000:] + ended.stderr[-2000:]
    assert " failed" in ended.stdout, ended.stdout[-3000:]
