"""Telemetry samples: the events of another team, which may change them at any time.

No edge needs them, and no route depends on them. An edge that parses them anyway depends on their format. That is
accidental coupling, and `check` shows it.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

from vango.core.events import InvalidEvent

DOMAIN = "telemetry"
TYPE = "telemetry.sampled"
AGREED_FIELD = "cpu"
RENAMED_FIELD = "cpu_percent"


class Shape(StrEnum):
    """The format of a sample: unchanged, or after its owners renamed a field."""

    AGREED = "as agreed"
    RENAMED = "a field renamed"


def encode(host: str, cpu: int, *, at: float, sample_id: str, shape: Shape) -> bytes:
    """Return one sample as CloudEvents JSON. `cpu` is a percentage, `at` Unix time in seconds."""
    field = AGREED_FIELD if shape is Shape.AGREED else RENAMED_FIELD
    document = {
        "specversion": "1.0",
        "id": sample_id,
        "source": f"/hosts/{host}",
        "type": TYPE,
        "data": {field: cpu, "at": at},
    }
    return json.dumps(document).encode()


def check(document: dict[str, Any]) -> None:
    """Insist on the agreed format. Raises `InvalidEvent` for a sample in another format."""
    body = document.get("data")
    if not isinstance(body, dict) or AGREED_FIELD not in body:
        found = ", ".join(sorted(body)) if isinstance(body, dict) else "nothing"
        raise InvalidEvent(f"{TYPE} has no field {AGREED_FIELD!r}; it has {found}"[:200])
