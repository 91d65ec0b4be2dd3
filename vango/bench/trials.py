"""The trials of one bench: storms, single cells of the matrix, and protections taken away, on the learner's own bench.

Each starts again, with the rules that the bench has, or with one protection missing. The findings are kept in a file
beside the bench's own, because a page shows them to the learner; a reset does not delete it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from vango.actors.crash_points import Tempo
from vango.actors.errors import Refused
from vango.actors.files import write_whole
from vango.actors.progress import Stopped
from vango.bench.settings import Settings
from vango.bench.whole import Whole
from vango.core.names import EDGES
from vango.journal import codec
from vango.observe.model import StormSeen
from vango.storm import storm
from vango.storm.fault_table import fault
from vango.storm.matrix import ALL_ON, script, word
from vango.storm.play import Until, Verdict, perform, play
from vango.storm.protections import SINGLE, Rules, give_back, is_missing, prepare, protection
from vango.verbs.script import Act, parse

FILE = "trials.json"
SHRINK_WITHIN_S = 15.0
ENOUGH = "acts are enough so far"
MAX_STORMS = 20


@dataclass(slots=True)
class Found:
    """What a bench's trials have found: cells by the keys of row and column, and the last storms, newest last."""

    cells: dict[str, dict[str, str]] = field(default_factory=dict)
    storms: tuple[StormSeen, ...] = ()


def load(folder: Path) -> Found:
    """Read the findings; empty when there is no file, or a damaged one."""
    try:
        return codec.read(Found, json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return Found()


class Trials:
    """The trials of one bench."""

    def __init__(self, bench: Whole) -> None:
        self._bench = bench
        self.found = load(bench.folder)
        self._judged: Rules | None = None
        self._missing: tuple[str, ...] = ()

    @property
    def last_storm(self) -> StormSeen | None:
        """The last storm, with its minimal script if that was searched."""
        return self.found.storms[-1] if self.found.storms else None

    def missing(self) -> tuple[str, ...]:
        """Return the keys of the protections that are off at some edge, at the relay or at the control plane now."""
        bench = self._bench
        edges = {name: edge.rules for name, edge in bench.edges.items()}
        now = Rules(bench.control.write_order, bench.relay.rules, edges)
        if now != self._judged:
            self._judged, self._missing = now, tuple(single.key for single in SINGLE if is_missing(single, now))
        return self._missing

    async def take_away(self, key: str) -> str:
        """Take a protection away on all edges. Raises `NotThere`."""
        found = protection(key)
        for act in found.off(EDGES):
            await perform(self._bench, act)
        return f"Without: {found.words}."

    async def give_back(self, key: str) -> str:
        """Give a protection back on all edges. Raises `NotThere`."""
        found = protection(key)
        for act in give_back(found, EDGES):
            await perform(self._bench, act)
        return f"Again: {found.words}."

    async def storm(self, seed: int, length: int) -> str:
        """Play a storm on a fresh bench that has this bench's rules."""
        missing, acts = self.missing(), storm.script(seed, length)
        try:
            verdict = await self._play((*prepare(), *acts))
        except Stopped:
            return f"Storm {seed} was stopped, so there is no verdict. What it killed runs again."
        self._keep(_seen(seed, length, acts, missing, verdict))
        return f"Storm {seed}: {verdict.soundness}. {verdict.sentence}".rstrip()

    async def shrink(self) -> str:
        """Look for the smallest part of the last storm that fails in the same way. Raises `Refused` if none failed."""
        last = self.last_storm
        if last is None or not last.kinds:
            raise Refused(
                "The last storm did not fail, so there is nothing to shrink. Play one in which the audit finds a fault."
            )
        if self.missing() != last.missing:
            raise Refused("The rules have changed since the last storm. Play the storm again, then shrink it.")
        deadline, verdicts = time.monotonic() + SHRINK_WITHIN_S, list[Verdict]()

        async def fails(part: tuple[Act, ...]) -> bool:
            if time.monotonic() > deadline or self._bench.progress.is_stopping:
                return False
            try:
                verdict = await self._play((*prepare(), *part))
            except Stopped:
                return False
            fails = last.kinds[0] in verdict.kinds
            if fails:
                verdicts.append(verdict)
                await self._bench.progress.step(len(part), ENOUGH)
            return fails

        acts = parse("\n".join(last.script))
        # Continue from the result of an earlier search.
        begin = parse("\n".join(last.minimal)) or acts
        with self._bench.progress.counting(len(acts), ENOUGH):
            await self._bench.progress.step(len(begin), ENOUGH)
            minimal = await storm.shrink(begin, fails)
        records = verdicts[-1].records if verdicts else last.records
        self.found.storms = self.found.storms[:-1]
        self._keep(replace(last, minimal=tuple(map(str, minimal)), records=records))
        is_whole = time.monotonic() < deadline and not self._bench.progress.is_stopping
        in_time = "" if is_whole else " The search stopped here; shrink it once more."
        return f"{len(minimal)} of {len(acts)} acts are enough.{in_time}"

    async def try_without(self, key: str, fault_key: str) -> str:
        """Fill one cell of the matrix: a fresh bench without a protection, and one fault. Raises `NotThere`."""
        without, done = ALL_ON if key == ALL_ON.key else protection(key), fault(fault_key)
        self._bench.pace.change(Tempo.LIVE)
        await self._bench.afresh(Settings())
        try:
            verdict = await play(self._bench, script(without, done))
        except Stopped:
            return "The trial was stopped, so the cell was not filled. What it killed runs again."
        said = word(verdict)
        self.found.cells.setdefault(without.key, {})[done.key] = said
        text = f"without {without.words}: {done.words}: {said}"
        self._bench.journal.write(
            "learner", "cell", text, protection=without.key, fault=done.key, found=said, soundness=verdict.soundness,
            happened=verdict.happened, kinds=list(verdict.kinds), closed=list(verdict.closed),
            records=list(verdict.records[:3]),
        )  # fmt: skip
        self._save()
        return f"Without {without.words}, {done.words}: {'sound' if said == '·' else said}."

    async def _play(self, items: Iterable[Act | Until]) -> Verdict:
        bench = self._bench
        bench.pace.change(Tempo.LIVE)
        await bench.afresh(
            Settings(
                write_order=bench.control.write_order,
                relay=bench.relay.rules,
                edges={name: edge.rules for name, edge in bench.edges.items()},
                streams=bench.settings.streams,
                subjects=bench.settings.subjects,
            )
        )
        return await play(bench, items)

    def _keep(self, seen: StormSeen) -> None:
        self.found.storms = (*self.found.storms, seen)[-MAX_STORMS:]
        shrunk = f", {len(seen.minimal)} of {len(seen.script)} acts are enough" if seen.minimal else ""
        text = f"storm {seen.seed}: {', '.join(seen.kinds) or seen.soundness}{shrunk}"
        self._bench.journal.write("learner", "storm", text, **codec.as_plain(seen))
        self._save()

    def _save(self) -> None:
        write_whole(self._bench.folder / FILE, codec.write(self.found))


def _seen(seed: int, length: int, acts: tuple[Act, ...], missing: tuple[str, ...], verdict: Verdict) -> StormSeen:
    return StormSeen(
        seed, length, missing, tuple(map(str, acts)), verdict.soundness.value, verdict.kinds, verdict.sentence,
        verdict.records[:5], (), verdict.closed,
    )  # fmt: skip
