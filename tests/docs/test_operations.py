"""docs/operations.md says of the app's options and the bench's files what is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
HELP_WITHIN_S = 30


def options_of_the_app() -> set[str]:
    command = [sys.executable, str(ROOT / "app.py"), "--help"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=HELP_WITHIN_S, cwd=ROOT).stdout
    return set(re.findall(r"--[a-z][a-z-]+", said)) - {"--help"}


def test_every_option_of_the_app_is_explained() -> None:
    options = options_of_the_app()
    assert {"--host", "--port", "--data", "--no-browser", "--nats-server"} <= options
    explained = set(re.findall(r"^\| `(--[a-z-]+)", TEXT, re.MULTILINE))
    assert explained == options


def test_make_targets_named_in_the_document_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`(?:\S+ )?make ([a-z]+)", TEXT)) <= targets
