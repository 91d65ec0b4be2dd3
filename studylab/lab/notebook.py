"""The lab notebook as Markdown: what I predicted, what happened, and the records that prove it. Pure.

All text in it may come from events or from an imported file: it is escaped, and records stand in fences.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from studylab.lab.calibration import calibrate, judgement
from studylab.lab.progress import Done, Met, Predicted, Proof, Record

_SPECIAL = re.compile(r"[\\`*_\[\]<~&]")
_OPENS = re.compile(r"^(\d*)([-+#>=.)])")
_BACKTICKS = re.compile(r"`+")


def markdown(records: Sequence[Record], *, at: float) -> str:
    """Write the notebook of some labs. `at` is the Unix time in seconds; times are written in the local zone."""
    lines = ["# Lab notebook", "", f"Study Lab, written on {when(at)}.", ""]
    if not records:
        lines += ["No lab has been started yet.", ""]
    for record in records:
        lines += [*_lab(record), ""]
    return "\n".join([*lines, *_how_sure(records)]) + "\n"


def entries(record: Record) -> list[Predicted | Done]:
    """Return what stands in the notebook of a lab, in the order of its steps."""
    steps = [step for key, step in record.done.items() if key not in record.predictions]
    return sorted([*record.predictions.values(), *steps], key=lambda entry: (entry.place, entry.title))


def grouped(record: Record) -> list[Met]:
    """Return the findings met, oldest first; those of one kind in one step, at several edges, as one."""
    groups: dict[tuple[str, str], list[Met]] = {}
    for met in sorted(record.findings.values(), key=lambda met: (met.at, met.where)):
        groups.setdefault((met.kind, met.step), []).append(met)
    return [_one(group) for group in groups.values()]


def _one(group: Sequence[Met]) -> Met:
    sentences = dict.fromkeys(met.sentence for met in group)
    lines = dict.fromkeys(line for met in group for line in met.records)
    return replace(group[0], sentence=" ".join(sentences), records=tuple(lines))


def when(at: float) -> str:
    """Write a time as a date with hours and minutes."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at)) if at else "never"


def duration(seconds: float) -> str:
    """Write an active time for people, in minutes and hours."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute" if seconds else "no time"
    hours, left = divmod(minutes, 60)
    return f"{hours} h {left} min" if hours else f"{minutes} min"


def _lab(record: Record) -> Iterator[str]:
    yield from (f"## {record.number}. {_plain(record.title)}", "")
    times = "once" if record.finishes == 1 else f"{record.finishes} times"
    state = f"finished {times}" if record.finishes else f"{len(record.done)} of {record.steps} steps done"
    yield f"{state[0].upper()}{state[1:]}. Started on {when(record.first_at)}, last on {when(record.last_at)}, "
    yield f"active for {duration(record.active_s)}."
    for entry in entries(record):
        yield from ("", f"### {_plain(entry.title)}", "")
        yield from _prediction(entry) if isinstance(entry, Predicted) else _done(entry)
    for step, rungs in record.hints.items():
        done = record.done.get(step)
        yield from ("", f"Hints shown in “{_plain(done.title if done else step)}”: {rungs}.")
    if record.findings:
        yield from ("", "### What the audit found", "")
        for met in grouped(record):
            yield from _met(met)


def _prediction(made: Predicted) -> Iterator[str]:
    yield f"- I predicted, {made.confidence}: {_plain(made.chosen)}"
    if made.right is None:
        yield f"- What happened: {_plain(made.sentence) or 'not measured yet.'}"
        return
    yield f"- What happened{', as I said' if made.right else ', not as I said'}: {_plain(made.happened)}"
    yield f"- Measured: {_plain(made.sentence)}"


def _done(step: Done) -> Iterator[str]:
    if step.how:
        yield from (f"Not by me: {_plain(step.how)}.", "")
    if step.kind == "explain":
        yield from _explained(step.proofs)
        return
    for proof in step.proofs:
        yield f"- {_plain(proof.what)}: {_plain(proof.seen)}"


def _explained(proofs: Sequence[Proof]) -> Iterator[str]:
    if proofs:
        yield from (_plain(proofs[0].what), "", *_fenced(proof.seen for proof in proofs))


def _met(met: Met) -> Iterator[str]:
    yield from (f"**{_plain(met.kind)}**, met in “{_plain(met.step)}”: {_plain(met.sentence)}", "")
    if met.records:
        yield from (*_fenced(met.records), "")


def _how_sure(records: Sequence[Record]) -> Iterator[str]:
    found = calibrate(records)
    yield from ("## Confidence and accuracy", "", found.sentence, "")
    yield from ("| confidence | measured | came true | |", "|---|---|---|---|")
    for level in found.levels:
        yield f"| {level.confidence} | {level.made} | {level.right} | {judgement(level)} |"


def _plain(text: str) -> str:
    """Escape a text so that Markdown shows it as it is, on one line."""
    return _OPENS.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", " ".join(text.split())))


def _fenced(lines: Iterable[str]) -> Iterator[str]:
    """Put lines into a fence that is longer than any run of backticks in them."""
    found = [" ".join(line.split()) for line in lines]
    longest = max((len(run) for line in found for run in _BACKTICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"{fence}text", *found, fence)
