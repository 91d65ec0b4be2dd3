"""A moment as one picture: the scene as a self-contained SVG, for a blog or a post-mortem.

Pure: an observation in, text out. It has only text and shapes, with light colours as attributes, so that it looks
the same wherever it is put. What the page says in words of its own stands here in the same words.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import escape

from studylab.web import drawing
from studylab.web.edge_words import probe_words
from studylab.web.looks import edge_look, relay_look, verdict_look
from studylab.web.picture_parts import CARD, INK, LIE, LINE, MUTED, TONES, box, line, text, wrapped
from studylab.web.quantities import plural
from studylab.web.scene import lane_of, tiles_of
from vango.observe.model import EdgeSeen, Observation

WIDTH = 1200
PAD = 16
TRUTH, RELAY, BUS, CARDS = (16, 250), (282, 170), (468, 330), (814, 370)
"""The columns: where each begins, and how wide it is."""
ROWS = 8
SLIPS = 4
REASON_CHARS = 58
_CELLS = {
    "stored": ("#e9f1ff", "#1a55ad"), "unknown": ("#fdeae8", LIE), "foreign": ("#eceef3", MUTED),
    "hole": ("#ffffff", LIE), "evicted": ("#f3f5fa", MUTED), "earlier": ("#e9f1ff", "#1a55ad"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """Some shapes, and the height that they take."""

    shapes: str
    height: int


def picture(seen: Observation) -> str:
    """Draw an observation as a whole SVG document."""
    body, height = scene(seen)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(_words(seen))}">{body}</svg>\n'
    )


def scene(seen: Observation) -> tuple[str, int]:
    """Return the shapes of the whole scene, and its height."""
    head = _head(seen)
    top = head.height + 8
    edges, at = [], top + 74
    for edge in seen.edges:
        part = _edge(seen, edge, at)
        edges.append(part.shapes)
        at += part.height + 10
    for guest in seen.guests:
        look = edge_look(guest)
        edges.append(text(f"{guest.name}: {look.words}", CARDS[0] + 12, at + 14, color=TONES.get(look.tone, INK)))
        at += 22
    left = max(_truth_height(seen), 180)
    height = max(at, top + left + 10) + PAD - 10
    ground = f'<rect width="{WIDTH}" height="{height}" fill="#f6f4ee"/>'
    parts = (ground, head.shapes, _truth(seen, top, left), _relay(seen, top, left), _tape(seen, top), *edges)
    return "".join(parts), height


def when(seen: Observation) -> str:
    """Return number and time of the moment."""
    return f"moment {seen.moment}, {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(seen.at))} UTC"


def accused(seen: Observation) -> frozenset[str]:
    """Return what the verdict names: edges, and `truth`."""
    return frozenset(finding.where for finding in seen.audit.findings)


def _words(seen: Observation) -> str:
    claims = "; ".join(f"{edge.name}: {edge_look(edge).words}" for edge in seen.edges)
    return f"The bench at {when(seen)}. {verdict_look(seen, seen.audit.soundness).words}. {claims}."


def _head(seen: Observation) -> Part:
    look = verdict_look(seen, seen.audit.soundness)
    color = TONES.get(look.tone, INK)
    lines = wrapped(seen.audit.sentence, 130)
    height = 40 + 20 * len(lines)
    fill = "#fdeae8" if look.tone == "is-lie" else CARD
    said = "".join(text(words, PAD + 14, 66 + 20 * n, size=15) for n, words in enumerate(lines))
    return Part(
        box(PAD, 12, WIDTH - 2 * PAD, height, fill, color if look.tone == "is-lie" else LINE)
        + text(look.words, PAD + 14, 38, size=20, color=color, bold=True)
        + text(when(seen), WIDTH - PAD - 14, 36, color=MUTED, anchor="end")
        + said,
        height + 20,
    )


def _truth_height(seen: Observation) -> int:
    return 78 + 22 * min(len(seen.truth.routes) + (len(seen.truth.routes) > ROWS), ROWS + 1)


def _truth(seen: Observation, top: int, height: int) -> str:
    x, width = TRUTH
    truth, is_wrong = seen.truth, "truth" in accused(seen)
    rows = [(f"{r.name}", f"{r.owner}", f"e{r.epoch}  #{r.sequence}") for r in truth.routes[:ROWS]]
    drawn = "".join(
        text(name, x + 12, top + 62 + 22 * n, bold=True, chars=10)
        + text(owner, x + 96, top + 62 + 22 * n, chars=11)
        + text(numbers, x + width - 12, top + 62 + 22 * n, color=MUTED, anchor="end")
        for n, (name, owner, numbers) in enumerate(rows)
    )
    more = len(truth.routes) - len(rows)
    trouble = "cannot be read" if truth.trouble else "destroyed; another replaced it" if truth.loss else ""
    foot = f"{more} more routes" if more else trouble or f"writes: {truth.write_order.value}"
    return (
        box(x, top, width, height, "#fff6dc", LIE if is_wrong or trouble else "#e2c98a")
        + text("Database truth", x + 12, top + 24, size=15, color="#855600", bold=True)
        + text(f"rev {truth.revision}, event {truth.sequence}", x + 12, top + 42, size=12, color=MUTED)
        + drawn
        + text(foot, x + 12, top + height - 10, size=12, color=LIE if trouble else MUTED)
    )


def _relay(seen: Observation, top: int, height: int) -> str:
    x, width = RELAY
    outbox, look = seen.outbox, relay_look(seen.relay)
    slips = "".join(
        box(x + 12, top + 76 + 26 * n, width - 24, 22, CARD, "#c9bdf0")
        + text(f"{row.sequence} {row.subject.rpartition('.')[2]}", x + 20, top + 91 + 26 * n, size=12, chars=18)
        for n, row in enumerate(outbox.rows[:SLIPS])
    )
    return (
        box(x, top, width, height, "#f2edff", "#c9bdf0")
        + text("Relay", x + 12, top + 24, size=15, color="#5a3fa3", bold=True)
        + text(look.words, x + width - 12, top + 24, size=12, color=MUTED, anchor="end")
        + text(f"outbox: {outbox.waiting} waiting", x + 12, top + 60, bold=bool(outbox.waiting))
        + slips
    )


def _tape(seen: Observation, top: int) -> str:
    x, width = BUS
    routes = seen.routes
    title = text("Stream ROUTES", x + 2, top + 16, size=15, color="#1a55ad", bold=True)
    if routes is None:
        return title + text("There is no stream.", x + 2, top + 44, color=LIE)
    said = plural(routes.messages, "message") if routes.available else "does not answer"
    drawn = drawing.tape(routes)
    cells = "".join(_cell(slot) for slot in drawn.slots)
    color = MUTED if routes.available else LIE
    empty = "" if drawn.slots else text("empty", x + 2, top + 48, color=MUTED)
    state = text(said, x + width, top + 16, size=12, color=color, anchor="end")
    return (
        f"{title}{state}{empty}"
        f'<svg x="{x}" y="{top + 26}" width="{width}" height="38" aria-label="{escape(drawn.words)}">{cells}</svg>'
    )


def _cell(slot: drawing.Slot) -> str:
    fill, stroke = _CELLS.get(slot.kind, ("#ffffff", MUTED))
    dashed = ' stroke-dasharray="3 3"' if slot.kind in ("hole", "evicted") else ""
    label = text(slot.label, slot.middle, 23, size=12, color=stroke, anchor="middle") if slot.label else ""
    return (
        f'<rect x="{slot.x}" y="1" width="{slot.width}" height="34" rx="5" fill="{fill}" stroke="{stroke}"{dashed} '
        f'stroke-width="{2.5 if slot.newest else 1}"/>{label}'
    )


def _edge(seen: Observation, edge: EdgeSeen, top: int) -> Part:
    x, width = CARDS
    look, is_wrong = edge_look(edge), edge.name in accused(seen)
    color = LIE if is_wrong else TONES.get(look.tone, INK)
    rows = list(_rows(seen, edge, x, top + 48))
    reasons = [words for said in (edge.reason, edge.stuck) for words in wrapped(said, REASON_CHARS)][:3]
    foot = top + 50 + 20 * len(rows)
    height = 76 + 20 * len(rows) + 16 * len(reasons)
    said = "".join(text(w, x + 12, foot + 2 + 16 * n, size=12, color=color) for n, w in enumerate(reasons))
    shapes = (
        box(x, top, width, height, "#fdeae8" if is_wrong else CARD, color if is_wrong else LINE, 2 if is_wrong else 1)
        + text(edge.name, x + 12, top + 25, size=16, bold=True)
        + text(look.words, x + width - 12, top + 25, size=15, color=color, bold=True, anchor="end")
        + "".join(rows)
        + said
        + text(probe_words(edge), x + 12, top + height - 11, size=12, color=MUTED)
    )
    return Part(shapes + _lane(seen, edge, top + 20, color if is_wrong else "#1a55ad"), height)


def _rows(seen: Observation, edge: EdgeSeen, x: int, y: int) -> Iterator[str]:
    """Draw two rows of a view on a line, and one with its cause on a line of its own."""
    tiles = tiles_of(edge, seen.truth)
    plain = [row for row in tiles.lines if not row.cause]
    n = 0
    for row in (row for row in tiles.lines if row.cause):
        color = LIE if row.tone == "is-lie" else "#7d5400"
        yield text(f"{row.route} → {row.owner or 'none'}: {row.cause}", x + 12, y + 20 * n, color=color, bold=True)
        n += 1
    for pair in (plain[at : at + 2] for at in range(0, len(plain), 2)):
        yield "".join(
            text(f"{row.route} → {row.owner}", x + 12 + 176 * column, y + 20 * n, chars=24)
            for column, row in enumerate(pair)
        )
        n += 1
    if tiles.more:
        yield text(f"{tiles.more} more, as the truth has them", x + 12, y + 20 * n, size=12, color=MUTED)


def _lane(seen: Observation, edge: EdgeSeen, y: int, color: str) -> str:
    x, width = BUS
    it = lane_of(edge, seen)
    shapes: Sequence[str] = ()
    if it.consumed:
        shapes = (
            f'<rect y="4" width="{it.cursors.acked}" height="6" rx="3" fill="{color}"/>',
            f'<rect x="{it.cursors.acked}" y="4" width="{it.cursors.between}" height="6" fill="#f1c763"/>',
            f'<circle cx="{it.cursors.delivered}" cy="7" r="5" fill="{color}"/>',
        )
    return (
        f'<svg x="{x}" y="{y}" width="{width}" height="14" overflow="visible">{line(width)}{"".join(shapes)}</svg>'
        + text(it.words, x, y + 30, size=12, color=MUTED)
    )
