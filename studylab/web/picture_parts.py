"""The few shapes that a picture is made of, as SVG text. All text is escaped and cut here, and only here."""

from __future__ import annotations

import textwrap

from markupsafe import escape

from vango.actors.told import fit

INK, MUTED, LINE, CARD, LIE = "#1d2433", "#566074", "#d9dde6", "#ffffff", "#ab221b"
TONES = {
    "is-ok": "#17694a",
    "is-wait": "#1a55ad",
    "is-lie": LIE,
    "is-bad": LIE,
    "is-shut": "#7d5400",
    "is-closed": "#454e62",
}
"""The colours of the looks on a light ground."""
FONT = "Atkinson Hyperlegible Next, system-ui, sans-serif"
MOST_LINES = 4


def text(
    words: str, x: float | str, y: float, *, size: int = 14, color: str = INK, bold: bool = False,
    anchor: str = "start", chars: int = 200,
) -> str:  # fmt: skip
    """Return one line of text; what has more than `chars` characters ends in an ellipsis."""
    shown = fit(words)
    shown = shown if len(shown) <= chars else shown[: chars - 1] + "…"
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="{x}" y="{y}" font-family="{FONT}" font-size="{size}" fill="{color}" text-anchor="{anchor}"{weight}>'
        f"{escape(shown)}</text>"
    )


def box(x: float, y: float, width: float, height: float, fill: str, stroke: str, thick: float = 1) -> str:
    """Return a box with round corners."""
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="10" fill="{fill}" stroke="{stroke}" '
        f'stroke-width="{thick}"/>'
    )


def line(width: float) -> str:
    """Return the rail of a lane."""
    return f'<line x1="0" x2="{width}" y1="7" y2="7" stroke="{LINE}" stroke-width="2"/>'


def wrapped(words: str, chars: int) -> list[str]:
    """Break a sentence into lines; what does not fit into the last one is cut."""
    return textwrap.wrap(fit(words), chars, max_lines=MOST_LINES, placeholder=" …") if words else []
