"""Row 10: going back. A moment of the recording on the screen, with 5,000 moments and with 1,000; undo and fork at 100 verbs.

The scrubber is moved in a real browser, to moments drawn by a seeded dice. From the input event until every panel
stands in the document as it was. Undo and fork run a fresh bench's verbs again on a new server: from the order until
the bench has settled.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.browser import entered, served
from benchmarks.report import Row, Target, percentile
from benchmarks.rounds import Scale, within
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper

MOMENTS, FEW = 5_000, 1_000
MOVES = 40
VERBS = 100
OWNERS = ("alloc-b", "alloc-c")
AGAIN_S = 60.0

_PROMOTE = """async (to) => {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const body = JSON.stringify({ route: "shop", to });
  return (await (await fetch("/bench/verbs/promote", { method: "POST", headers, body })).json()).moment;
}"""
_MOVE = """(moment) => new Promise((resolve, reject) => {
  const scrubber = document.getElementById("at"), shown = document.getElementById("recorded");
  const seen = () => shown.querySelector("[role=status]").textContent.includes(`moment ${moment} of`);
  const finish = (how, what) => { observer.disconnect(); clearTimeout(late); how(what); };
  const late = setTimeout(() => finish(reject, new Error(`moment ${moment} was not shown`)), 10_000);
  const observer = new MutationObserver(() => { if (seen()) finish(resolve, performance.now() - began); });
  observer.observe(shown, { subtree: true, childList: true, characterData: true, attributes: true });
  scrubber.value = moment;
  const began = performance.now();
  scrubber.dispatchEvent(new Event("change", { bubbles: true }));
})"""


def scrub_ms(browser: Browser, address: str, moments: int, moves: int) -> list[float]:
    """Fill a new bench with moments, and return the milliseconds of a number of moves of its scrubber."""
    with entered(browser, address) as page:
        last, number = 0, 0
        while last < moments:
            last = page.evaluate(_PROMOTE, OWNERS[number % 2])
            number += 1
        page.goto("/recording")
        first, last = (int(page.locator("#at").get_attribute(end) or 0) for end in ("min", "max"))
        return _moves(page, random.Random(moves).choices(range(first, last), k=moves))


def _moves(page: Page, moments: list[int]) -> list[float]:
    # Where one stands already nothing changes: no moment twice in a row.
    return [page.evaluate(_MOVE, moment) for before, moment in pairwise([0, *moments]) if moment != before]


async def again_ms(folder: Path, keeper: Keeper, verbs: int) -> tuple[float, float]:
    """Issue this many verbs on a new bench; return the milliseconds of an undo, and of a fork from the last moment."""
    bench = await Bench.open(folder, keeper)
    try:
        for number in range(verbs):
            await bench.perform("promote", {"route": "shop", "to": OWNERS[number % 2]})
        await bench.settle()
        async with within(AGAIN_S, f"The undoing of one of {verbs} verbs, and a fork"):
            undone = await _timed(bench, "undo")
            await bench.perform("promote", {"route": "shop", "to": OWNERS[(verbs - 1) % 2]})
            await bench.settle()
            return undone, await _timed(bench, "fork", moment=bench.journal.last)
    finally:
        await bench.close()


async def _timed(bench: Bench, verb: str, **arguments: int) -> float:
    started = time.perf_counter()
    await bench.perform(verb, arguments)
    await bench.settle()
    return (time.perf_counter() - started) * 1000


async def _again(rounds: int, verbs: int) -> list[tuple[float, float]]:
    keeper = await Keeper.start()
    try:
        found = []
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                found.append(await again_ms(Path(folder) / "bench", keeper, verbs))
        return found
    finally:
        await keeper.close()


def _scrubbed(scale: Scale) -> list[Row]:
    moments = min(MOMENTS, scale.events // 20)
    fewer = min(FEW, moments // 5)
    with served("The scrubber") as (browser, address):
        rounds = [
            [scrub_ms(browser, address, n, min(MOVES, scale.changes)) for n in (moments, fewer)]
            for _ in range(scale.rounds)
        ]
    rows = []
    for share in (0.5, 0.95):
        values, peers = zip(*((percentile(many, share), percentile(few, share)) for many, few in rounds), strict=True)
        rows.append(
            Row(f"scrub-p{share * 100:.0f}", f"a moment of the recording, {moments:,} in the journal, p{share * 100:.0f}", "ms",
                values, Target(1.5, of_peer=True), f"with {fewer:,} in the journal", peers)
        )  # fmt: skip
    return rows


def measure(scale: Scale) -> list[Row]:
    """Return the rows of the scrubber, of undo and of fork. Raises `Unavailable` without a browser."""
    verbs = min(VERBS, scale.changes)
    undone, forked = zip(*asyncio.run(_again(scale.rounds, verbs)), strict=True)
    return [
        *_scrubbed(scale),
        Row("undo", f"undo at {verbs} verbs", "ms", undone, Target(2000)),
        Row("fork", f"fork here at {verbs} verbs", "ms", forked, Target(2000)),
    ]
