"""How large a bench may become: the limits with their figures, as `python -m vango limits` prints them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from vango.bench.copies import MAX_COPIES
from vango.bench.plan import MAX_VERBS
from vango.journal.journal import MAX_FRAMES, MAX_MOMENTS, MAX_OF_A_KIND, MAX_UNWRITTEN, OLDEST
from vango.truth import seed
from vango.truth.store import MAX_CHANGES, Promotion, Truth
from vango.verbs.arguments import MAX_BURST

SAMPLE = 2_000
MB = 1_000_000


def bytes_a_change() -> int:
    """Return how many bytes one change takes in the database of truth, by making some, to the nearest ten."""
    with tempfile.TemporaryDirectory() as folder:
        truth = Truth(Path(folder) / "truth.db")
        try:
            truth.db.conn.execute("PRAGMA synchronous = OFF")
            seed.write(truth)
            before = _size(truth)
            for number in range(SAMPLE):
                truth.commit(Promotion("shop", seed.READY[1 + number % 2]), queue=True)
            return round((_size(truth) - before) / SAMPLE / 10) * 10
        finally:
            truth.close()


def _size(truth: Truth) -> int:
    """Return the bytes of the pages that are in use."""
    pages, page = (truth.db.conn.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages) * int(page)


def table() -> Iterator[str]:
    """Yield the lines of the table."""
    change = bytes_a_change()
    yield "| what | at most | what happens then |"
    yield "|---|---|---|"
    yield (
        f"| changes in the database of truth | {MAX_CHANGES:,}, about {MAX_CHANGES * change // MB} MB "
        f"({change} bytes each) | refused, with the sentence to reset the bench |"
    )
    yield f"| verbs that an undo or a fork plays again | {MAX_VERBS:,} | refused, and nothing is changed |"
    yield (
        f"| copies of the bench after storms and trials | {MAX_COPIES:,} | the oldest are deleted; undo says so "
        "if it needs one |"
    )
    yield f"| changes in one burst | {MAX_BURST:,} | refused before it begins |"
    yield (
        f"| moments in the journal | {MAX_MOMENTS:,}, and of those before, up to {OLDEST:,} back, the last "
        f"{MAX_OF_A_KIND:,} of every actor and kind | the oldest are deleted |"
    )
    yield f"| observations in the recording | {MAX_FRAMES:,} | the oldest are deleted |"
    yield f"| moments that wait for a full disk | {MAX_UNWRITTEN:,} | the oldest are dropped |"
