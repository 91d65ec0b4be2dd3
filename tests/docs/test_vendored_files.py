"""The browser files that ship with the app are the ones their manifest names, unchanged and with their licences."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

STATIC = Path(__file__).resolve().parents[2] / "static"
MANIFEST = STATIC / "vendor" / "MANIFEST.json"
ENTRIES: list[dict[str, str]] = json.loads(MANIFEST.read_text(encoding="utf-8"))


def test_the_manifest_says_package_version_hash_and_licence_of_every_file() -> None:
    assert ENTRIES
    for entry in ENTRIES:
        assert set(entry) == {"package", "version", "file", "sha256", "licence", "licence_file"}
        assert all(entry.values()), f"{entry['file']} has an empty entry in the manifest"


def test_every_vendored_file_has_the_hash_in_the_manifest() -> None:
    for entry in ENTRIES:
        seen = hashlib.sha256((STATIC / entry["file"]).read_bytes()).hexdigest()
        assert seen == entry["sha256"], f"{entry['file']} differs from {entry['package']} {entry['version']}"


def test_every_file_beside_the_vendored_ones_is_in_the_manifest() -> None:
    listed = {entry["file"] for entry in ENTRIES}
    found = {
        path.relative_to(STATIC).as_posix()
        for folder in ("vendor", "fonts")
        for path in (STATIC / folder).rglob("*")
        if path.is_file() and path != MANIFEST
    }
    assert found == listed


def test_every_package_ships_with_its_licence() -> None:
    for entry in ENTRIES:
        licence = (STATIC / entry["licence_file"]).read_text(encoding="utf-8")
        assert len(licence) > 400, f"{entry['licence_file']} is too short to be a licence"


def test_htmx_and_its_event_stream_extension_are_of_one_version() -> None:
    versions = {entry["version"] for entry in ENTRIES if entry["package"] == "htmx.org"}
    assert versions == {"4.0.1"}
    assert {"vendor/htmx.min.js", "vendor/hx-sse.min.js"} <= {entry["file"] for entry in ENTRIES}
