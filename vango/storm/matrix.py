"""The protection matrix: for every protection and every fault a fresh bench without the one, the other done for real.

A cell is what the audit found at the end, when everything that the fault had stopped was running again. To add a row
or a column, add an entry to `vango.storm.protections` or `vango.storm.fault_table`, and write the page again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vango.core.audit import Soundness
from vango.storm.fault_table import FAULTS, Fault
from vango.storm.play import Until, Verdict
from vango.storm.protections import PROTECTIONS, Protection, prepare
from vango.verbs.script import Act

Cells = dict[tuple[str, str], str]
"""What was found, by the keys of row and column."""
SOUND, DOES_NOT_HAPPEN, STAYS_CLOSED, NOT_KNOWN = "·", "n/a", "refuses", "never arrives"
ALL_ON = Protection("none", "nothing is taken away")
OPENING = """# The protection matrix

Each row takes one protection away on all three edges (the last rows take two). Each column is one fault, done for
real by verbs on a fresh bench. A cell names what the audit found at the end, when everything that the fault had
stopped was running again. `python -m vango matrix --write docs/matrix.md` writes this page, and a test runs some of
its cells again.

- `·`: sound. The fault did no lasting harm, because another protection backed up the missing one.
- a name: the audit's finding. This fault proves that you need the protection.
- `n/a`: the fault cannot happen there, such as a crash of a relay that publishes nothing.
- `refuses`: nothing is wrong, but an edge still refuses to answer. `never arrives`: an edge still lags.

A row without a name does not prove that a protection is useless. For these faults, with nothing else missing, a
second protection backs it up. The rows with two protections missing show some of those pairs.
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the keys of its row and column, and what was found there."""

    protection: str
    fault: str
    found: str


def word(verdict: Verdict) -> str:
    """Return a verdict in the few words of a cell."""
    if verdict.kinds:
        return ", ".join(verdict.kinds)
    if not verdict.happened:
        return DOES_NOT_HAPPEN
    if verdict.closed:
        return STAYS_CLOSED
    return SOUND if verdict.soundness is Soundness.SOUND else NOT_KNOWN


def script(without: Protection, fault: Fault) -> tuple[Act | Until, ...]:
    """Return the acts for one cell on a fresh bench."""
    return (*prepare([without]), *fault.script)


def page(found: Cells) -> str:
    """Return the page for a filled matrix: a table with a number for each fault, and what the numbers stand for."""
    faults = [fault for fault in FAULTS if any(key == fault.key for _, key in found)]
    rows = [row for row in (ALL_ON, *PROTECTIONS) if any(key == row.key for key, _ in found)]
    return "".join(
        [OPENING, "\n## The faults\n\n", *_legend(faults), "\n## The matrix\n\n", *_table(rows, faults, found)]
    )


def _legend(faults: Sequence[Fault]) -> list[str]:
    return [f"{number}. {fault.words} (`{fault.key}`)\n" for number, fault in enumerate(faults, 1)]


def _table(rows: Sequence[Protection], faults: Sequence[Fault], found: Cells) -> Iterable[str]:
    yield "| without | " + " | ".join(str(number) for number, _ in enumerate(faults, 1)) + " |\n"
    yield "|---" * (len(faults) + 1) + "|\n"
    for row in rows:
        cells = " | ".join(found.get((row.key, fault.key), "") for fault in faults)
        yield f"| {row.words} (`{row.key}`) | {cells} |\n"


def read_page(text: str) -> Cells:
    """Read the cells back from a written page, by the keys of row and column."""
    faults = [line.rpartition("(`")[2].rstrip("`)\n") for line in text.splitlines() if line[:1].isdigit()]
    found: Cells = {}
    for line in text.splitlines():
        first, *cells = [part.strip() for part in line.strip("|\n").split(" | ")]
        if line.startswith("| ") and first.endswith("`)"):
            key = first.rpartition("(`")[2].removesuffix("`)")
            found |= {(key, fault): cell for fault, cell in zip(faults, cells, strict=True)}
    return found
