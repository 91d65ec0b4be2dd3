"""Changing the rules of a bench while it runs: the switch, the restart that it needs, the journal entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from vango.actors.errors import BadInput
from vango.bench.whole import Whole
from vango.broker import streams
from vango.core.modes import Mode


class RuleChanges:
    """The rules of one bench's parts. Changes are given by name; other rules stay."""

    def __init__(self, bench: Whole) -> None:
        self._bench = bench

    async def edge(self, name: str, changes: dict[str, Any]) -> str:
        """Give an edge other rules and restart it. A consumer that cannot be updated is recreated."""
        edge = self._bench.edge(name)
        rules = replace(edge.rules, **changes)
        was_running = edge.mode is not Mode.DOWN
        await edge.stop("new rules")
        edge.rules = rules
        self._bench.journal.write(name, "rules", f"new rules: {_said(changes)}", **changes)
        if was_running:
            await edge.start()
        return f"{name} has its new rules."

    async def relay(self, changes: dict[str, Any]) -> str:
        """Change the relay's rules; they hold from the next batch on."""
        self._bench.relay.rules = replace(self._bench.relay.rules, **changes)
        self._bench.journal.write("relay", "rules", f"new rules: {_said(changes)}", **changes)
        return "The relay has its new rules."

    async def stream(self, name: str, changes: dict[str, Any]) -> str:
        """Change a stream's limits. Raises `Refused` with the server's message; the old limits then stay."""
        rules = replace(self._bench.settings.streams[streams.known(name)], **changes)
        wire = self._bench.wire()
        before, after = await streams.set_rules(wire, name, rules, self._bench.settings.subjects[name])
        asked = wire.last
        self._bench.settings.streams[name] = rules
        evicted = f"; {before} messages before, {after} after" if after < before else ""
        text = f"{name}: {_said(changes)}{evicted}"
        self._bench.journal.write(
            "stream", "limits", text, stream=name, before=before, after=after, **changes, api=asked
        )
        return f"The stream {name} has its new limits."

    async def subjects(self, name: str, subjects: Sequence[str]) -> str:
        """Set what a stream stores from now on; its messages stay. Raises `BadInput`, and `Refused` by the server."""
        if not 1 <= len(subjects) <= streams.MAX_SUBJECTS:
            raise BadInput(
                f"{len(subjects)} subjects were given; expected 1 to {streams.MAX_SUBJECTS}, separated by spaces."
            )
        rules = self._bench.settings.streams[streams.known(name)]
        wire = self._bench.wire()
        await streams.set_rules(wire, name, rules, subjects)
        asked = wire.last
        self._bench.settings.subjects[name] = tuple(subjects)
        said = " ".join(subjects)
        text = f"{name} stores {said}"
        self._bench.journal.write("stream", "subjects", text, stream=name, subjects=list(subjects), api=asked)
        return f"The stream {name} stores {said}."


def _said(changes: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in changes.items()) or "as they were"
