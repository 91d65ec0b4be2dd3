"""`/room/truth`: the desk's truth beside every view of it, with the audit's verdict, and the desk's own views.

The room is audited by the audit of `vango.kit`, over the views as the hosts themselves claim them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from studylab.room.claims import RemoteEdge
from studylab.room.desk.hosts import Host, Hosts
from studylab.room.protocol import DESK, claim_of
from vango import kit

FRESH_S = 1.0
CURRENT, BEHIND = (kit.Mode.CURRENT,), (kit.Mode.CATCHING_UP, kit.Mode.LOADING, kit.Mode.REBUILDING)


@dataclass(frozen=True, slots=True)
class SeenView:
    """One view: whose, of what, what it claims in words with a tone, at which sequence, and the newest there is.

    `tone` is `is-ok`, `is-wait`, `is-lie` for a claim that the audit refutes, or `is-off` for one that claims nothing.
    """

    name: str
    of: str
    words: str
    tone: str
    at: int
    latest: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Truth:
    """All views, and the audit of the hosts' views of the desk's truth."""

    views: tuple[SeenView, ...]
    soundness: kit.Soundness
    sentence: str
    findings: tuple[kit.Finding, ...]


class Auditor:
    """Looks at most once a second, however many ask."""

    def __init__(self, source: kit.Source, hosts: Hosts) -> None:
        self._source, self._hosts = source, hosts
        self._busy = asyncio.Lock()
        self._last: tuple[float, Truth] | None = None

    async def look(self) -> Truth:
        """Ask every host what it claims, and compare."""
        async with self._busy:
            if self._last is None or time.monotonic() - self._last[0] > FRESH_S:
                truth = await self._look()
                self._last = time.monotonic(), truth
            return self._last[1]

    async def _look(self) -> Truth:
        hosts = self._hosts.all()
        remote = [RemoteEdge(host.name, self._hosts.line, claim_of(host.name, "desk")) for host in hosts]
        try:
            report = await kit.examine(self._source, DESK, remote)
        except kit.Refused as error:
            report = kit.Report(kit.Soundness.NOT_YET_KNOWN, (), str(error))
        views = [self._of_desk(edge, report.findings) for edge in remote]
        views += [_of_host(host) for host in hosts]
        return Truth(tuple(views), report.soundness, report.sentence, report.findings)

    def _of_desk(self, edge: RemoteEdge, findings: Sequence[kit.Finding]) -> SeenView:
        wrong = next((str(finding.sentence) for finding in findings if finding.where == edge.name), "")
        at, latest = edge.committed()[1].sequence, self._source.latest(DESK)
        words, tone = _claim(edge.mode)
        if wrong:
            tone = "is-lie"
        return SeenView(f"host {edge.name}", "the room", words, tone, at, latest, wrong or edge.reason)


def _of_host(host: Host) -> SeenView:
    edge, mark = host.edge, host.edge.mark
    words, tone = _claim(edge.mode)
    latest = mark.sequence if mark is not None else edge.sequence
    return SeenView("desk", f"the reports of {host.name}", words, tone, edge.sequence, latest, str(edge.reason or ""))


def _claim(mode: kit.Mode) -> tuple[str, str]:
    return mode.value, "is-ok" if mode in CURRENT else "is-wait" if mode in BEHIND else "is-off"
