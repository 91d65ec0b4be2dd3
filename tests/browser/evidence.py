"""What a learner could know, read from a running app: the bench, its journal, and what the attempt at a lab has kept."""

from __future__ import annotations

import base64
import json
import types
import typing
import zlib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Page

from studylab.lab import Evidence, Memory, Observation, store
from studylab.lab.attempt import Attempt
from studylab.lab.moments import listed
from vango.journal.moment import Moment


class Witness:
    """Sees the bench behind a page as a program would, with the page's own cookie. It changes nothing.

    `prefix` is the path under which a proxy has the app.
    """

    def __init__(self, page: Page, data: Path, prefix: str = "") -> None:
        self._page, self._data, self._prefix = page, data, prefix

    def bench(self) -> Observation:
        """Return the bench as it is now."""
        seen: Observation = typed(Observation, self._ask("/bench.json"))
        return seen

    def attempt(self, slug: str) -> Attempt:
        """Return where the learner is in a lab."""
        return store.load(self._data / "benches" / self._key(), slug)

    def memory(self, slug: str) -> Memory:
        """Return what the steps of a lab have kept so far."""
        return self.attempt(slug).memory

    def evidence(self, slug: str) -> Evidence:
        """Return all that a check or a solution of a lab may look at."""
        attempt = self.attempt(slug)
        return Evidence(self.bench(), listed(self.journal(attempt.began_at)), attempt.memory)

    def journal(self, after: int = 0) -> tuple[Moment, ...]:
        """Return what happened after a moment, oldest first."""
        found: list[Moment] = []
        while fresh := self._ask(f"/bench/journal.json?after={after}")["moments"]:
            found.extend(Moment(**moment) for moment in fresh)
            after = found[-1].n
        return tuple(found)

    def waits(self, what: str, until: Callable[[Observation], bool], timeout_s: float) -> None:
        """Look again until the bench is so; the looking itself takes its time."""
        for _ in range(round(timeout_s / LOOK_S)):
            seen = self.bench()
            if until(seen):
                return
            self._page.wait_for_timeout(LOOK_S * 1000)
        raise AssertionError(
            f"waited {timeout_s:g} s for {what} and it did not come; last seen: {seen.truth.sequence}, {seen.relay}, {seen.broker.state}, {seen.audit.sentence}"
        )

    def _ask(self, path: str) -> Any:
        address = urljoin(self._page.url, f"{self._prefix}{path}")
        answer = self._page.request.get(address, headers={"Accept": "application/json"})
        assert answer.ok, f"{path} answered {answer.status}: {answer.text()}"
        return answer.json()

    def _key(self) -> str:
        cookie = next(c["value"] for c in self._page.context.cookies() if c["name"].startswith("studylab_"))
        packed, text = cookie.startswith("."), cookie.lstrip(".").partition(".")[0]
        body = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return str(json.loads(zlib.decompress(body) if packed else body)["bench"])


LOOK_S = 0.05


def typed(kind: Any, value: Any) -> Any:
    """Turn plain JSON values back into the typed value that they were written from."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else typed(next(option for option in inner if option is not type(None)), value)
    if origin is tuple:
        return tuple(typed(inner[0], item) for item in value)
    if origin is not None and issubclass(origin, Mapping):
        return {key: typed(inner[1], item) for key, item in value.items()}
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{field.name: typed(hints[field.name], value[field.name]) for field in fields(kind)})  # type: ignore[operator]
    return kind(value) if isinstance(kind, type) and issubclass(kind, Enum) else value
