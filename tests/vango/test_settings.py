"""The settings of a bench come back as they were kept; a file that is damaged gives the defaults."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from vango.bench.settings import Settings, SettingsFile, load
from vango.core.rules import AckOrder, OnNoAnswer, WriteOrder


def kept(folder: Path) -> tuple[Path, Settings]:
    settings = Settings(write_order=WriteOrder.PUBLISH_FIRST, relay_runs=False, subjects={**Settings().subjects})
    settings.relay = replace(settings.relay, on_no_answer=OnNoAnswer.GIVE_UP, ack_timeout_s=3)
    settings.edges["iad"] = replace(settings.edges["iad"], ack=AckOrder.NEVER, check_epochs=False)
    settings.subjects["ROUTES"] = ("route.>", "more.>")
    assert SettingsFile(folder / "settings.json").save(settings) == ""
    return folder / "settings.json", settings


def test_what_was_kept_is_read_back(tmp_path: Path) -> None:
    file, settings = kept(tmp_path)
    assert load(file) == settings


def test_a_rule_that_was_not_known_then_has_its_default(tmp_path: Path) -> None:
    file, settings = kept(tmp_path)
    plain = json.loads(file.read_text())
    del plain["edges"]["iad"]["check_epochs"]
    plain["edges"]["iad"]["no longer known"] = 1
    file.write_text(json.dumps(plain))
    assert load(file).edges["iad"] == replace(settings.edges["iad"], check_epochs=True)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("{", "["),
        ("give up", "sing"),
        ('"relay_runs": false', '"relay_runs": 7'),
        ('"syd"', '"sid"'),
        ('"ROUTES"', '"R"'),
    ],
)
def test_a_damaged_file_gives_the_defaults(tmp_path: Path, was: str, becomes: str) -> None:
    file, _ = kept(tmp_path)
    file.write_text(file.read_text().replace(was, becomes))
    assert load(file) == Settings()
