"""Some moments as one HTML file that opens from disk: pictures with a slider, a play button and a caption.

Pure. The file holds no address and asks for nothing: its style and its script are inside. It is a download, so the
app's own policy for pages does not apply to it, and nothing of it is ever part of a page of the app.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studylab.web import picture
from vango.actors.errors import Refused
from vango.actors.told import fit
from vango.journal.moment import Moment
from vango.observe.model import Observation

MOST_MOMENTS = 120
MOST_BYTES = 4 << 20
ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Step:
    """One moment, and the observation that shows the bench as it was then."""

    moment: Moment
    seen: Observation


def page(steps: Sequence[Step]) -> str:
    """Return the whole file. Raises `Refused` when it would be too large."""
    frames: dict[int, str] = {}
    for step in steps:
        if step.seen.moment not in frames:
            frames[step.seen.moment] = _frame(step.seen)
    order = {moment: number for number, moment in enumerate(frames)}
    told = [_told(step, order) for step in steps]
    made = _TEMPLATE.format(
        first=steps[0].moment.n, last=steps[-1].moment.n, end=len(steps) - 1, style=_STYLE, script=_SCRIPT,
        frames=_without_addresses("".join(frames.values())), told=_without_addresses(_data(told)),
    )  # fmt: skip
    if len(made.encode()) > MOST_BYTES:
        raise Refused(
            f"The recording has {len(made) >> 10:,} KiB; at most {MOST_BYTES >> 10:,} are written. Ask for less."
        )
    return made


def _frame(seen: Observation) -> str:
    shapes, height = picture.scene(seen)
    return f'<svg class="frame" viewBox="0 0 {picture.WIDTH} {height}" aria-hidden="true">{shapes}</svg>\n'


def _told(step: Step, order: Mapping[int, int]) -> dict[str, Any]:
    moment = step.moment
    return {
        "frame": order[step.seen.moment],
        "words": fit(f"{moment.n}. {_clock(moment.at)} {moment.actor}: {moment.text}"),
    }


def _clock(at: float) -> str:
    """Write a time of day that means the same to every reader of the file."""
    return time.strftime("%H:%M:%S UTC", time.gmtime(at))


def _data(told: Iterable[Mapping[str, Any]]) -> str:
    """Return JSON that may stand within a script element."""
    return (
        json.dumps(list(told), ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", " ").replace("\u2029", " ")
    )


def _without_addresses(text: str) -> str:
    return ADDRESS.sub("(an address)", text)


_STYLE = """
body { margin: 0; padding: 16px; background: #f6f4ee; color: #1d2433; font: 16px/1.4 system-ui, sans-serif; }
main { max-width: 1200px; margin: 0 auto; }
h1 { margin: 0 0 8px; font-size: 20px; }
.frame { display: none; width: 100%; height: auto; }
.frame.is-shown { display: block; }
.bar { display: flex; gap: 12px; align-items: center; margin: 8px 0; }
.bar input { flex: 1; min-width: 0; }
button { min-height: 36px; min-width: 84px; font: inherit; }
#caption { min-height: 3em; margin: 0; overflow-wrap: anywhere; }
"""
_SCRIPT = """
const told = JSON.parse(document.getElementById("told").textContent);
const frames = document.querySelectorAll(".frame");
const slider = document.getElementById("at");
const caption = document.getElementById("caption");
const button = document.getElementById("play");
let playing = 0;
function show() {
  const step = told[slider.value];
  frames.forEach((frame, number) => frame.classList.toggle("is-shown", number === step.frame));
  caption.textContent = step.words;
  slider.setAttribute("aria-valuetext", step.words);
}
function pause() {
  clearInterval(playing);
  playing = 0;
  button.textContent = "Play";
}
function next() {
  if (Number(slider.value) === told.length - 1) return pause();
  slider.value = Number(slider.value) + 1;
  show();
}
button.addEventListener("click", () => {
  if (playing) return pause();
  if (Number(slider.value) === told.length - 1) slider.value = 0;
  show();
  button.textContent = "Pause";
  playing = setInterval(next, 700);
});
slider.addEventListener("input", () => { pause(); show(); });
show();
"""
_TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Study Lab, moments {first} to {last}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>Study Lab, moments {first} to {last}</h1>
<div class="bar">
<button id="play" type="button">Play</button>
<input id="at" type="range" min="0" max="{end}" value="0" aria-label="Moment" autocomplete="off">
</div>
<p id="caption" role="status"></p>
{frames}</main>
<script type="application/json" id="told">{told}</script>
<script>{script}</script>
</body>
</html>
"""
