"""What is kept of a learner's labs: one record for each lab, in the words that the page showed then.

A record outlives the attempt that it came from, a lab that was changed since, and the machine. Pure: times come in as
arguments. `joining` merges two records of one lab.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from studylab.lab.attempt import Attempt, Prediction
from studylab.lab.attempt import done as done_steps
from studylab.lab.model import Do, Explain, Lab, Memory, Predict, Quiz, Step
from vango.core.findings import Finding

PAUSE_S = 300.0
"""A pause longer than this, in seconds, is no time spent on a lab."""
MAX_LINES = 24
MAX_LINE = 1_000


@dataclass(frozen=True, slots=True)
class Predicted:
    """One prediction beside its outcome. `happened` is empty and `right` None until it was measured."""

    place: int
    title: str
    chosen: str
    confidence: str
    options: int
    at: float
    happened: str = ""
    sentence: str = ""
    right: bool | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that was seen: a check and what it saw, a caption and its record, a question and the answer."""

    what: str
    seen: str


@dataclass(frozen=True, slots=True)
class Done:
    """One step that is behind the learner. `how` is empty when they did it, else says who did."""

    place: int
    title: str
    kind: str
    how: str
    at: float
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class Met:
    """One finding of the audit, as it was first met while the lab ran. `step` is the title of the step then."""

    kind: str
    where: str
    step: str
    sentence: str
    repair: str
    records: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class Spent:
    """What went into a lab on one bench: how often it was begun and finished, and the active time in seconds."""

    rounds: int = 0
    finishes: int = 0
    active_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Record:
    """One lab's progress. `first_at` and `last_at` are Unix times in seconds, 0 when nothing was done yet.

    `predictions`, `done` and `hints` are by step id, `findings` by kind and place, `spent` by the mark of a bench.
    """

    slug: str
    title: str
    number: int
    steps: int
    first_at: float = 0.0
    last_at: float = 0.0
    spent: Mapping[str, Spent] = field(default_factory=dict)
    predictions: Mapping[str, Predicted] = field(default_factory=dict)
    done: Mapping[str, Done] = field(default_factory=dict)
    hints: Mapping[str, int] = field(default_factory=dict)
    findings: Mapping[str, Met] = field(default_factory=dict)

    @property
    def finishes(self) -> int:
        """How often the lab was finished, on all benches."""
        return sum(spent.finishes for spent in self.spent.values())

    @property
    def rounds(self) -> int:
        """How often the lab was begun, on all benches."""
        return sum(spent.rounds for spent in self.spent.values())

    @property
    def active_s(self) -> float:
        """The active time on all benches, in seconds."""
        return sum(spent.active_s for spent in self.spent.values())


def new(lab: Lab) -> Record:
    """Return the record of a lab that was never begun."""
    return Record(lab.slug, lab.title, lab.number, len(lab.steps))


def first_open(lab: Lab, record: Record) -> int:
    """Return the place of the first step that was not done yet; the number of steps when all were."""
    return next((place for place, step in enumerate(lab.steps) if step.id not in record.done), len(lab.steps))


def act(record: Record, mark: str, at: float, *, begins: bool = False) -> Record:
    """The learner did something, at a time. The time since their last act counts, unless it was a long pause."""
    spent = record.spent.get(mark, Spent())
    pause = at - record.last_at
    active_s = spent.active_s + (pause if record.last_at and 0 < pause <= PAUSE_S else 0.0)
    spent = replace(spent, rounds=spent.rounds + begins, active_s=round(active_s, 3))
    return replace(
        record,
        first_at=record.first_at or at,
        last_at=max(record.last_at, at),
        spent={**record.spent, mark: spent},
    )


def keep(record: Record, lab: Lab, attempt: Attempt, mark: str, at: float) -> Record:
    """Add what an attempt has come to. What is known already stays as it was, so keeping twice is keeping once."""
    record = replace(record, title=lab.title, number=lab.number, steps=len(lab.steps))
    spent = record.spent.get(mark, Spent())
    if attempt.finishes > spent.finishes:
        record = replace(record, spent={**record.spent, mark: replace(spent, finishes=attempt.finishes)})
    predictions, done, hints = dict(record.predictions), dict(record.done), dict(record.hints)
    for place, step in enumerate(lab.steps):
        if isinstance(step, Predict) and step.id in attempt.predictions:
            made = _predicted(step, place, attempt.predictions[step.id], at)
            predictions[step.id] = _first_measured(predictions.get(step.id), made)
        if step.id in attempt.hints:
            hints[step.id] = max(hints.get(step.id, 0), attempt.hints[step.id])
        if place < done_steps(lab, attempt):
            how = attempt.marks.get(step.id, "")
            before = done.get(step.id)
            if before is None or (before.how and not how):
                done[step.id] = Done(place, step.title, type(step).__name__.lower(), how, at, _proofs(step, attempt))
    return replace(record, predictions=predictions, done=done, hints=hints)


def meet(record: Record, step: Step, findings: Iterable[Finding], at: float) -> Record:
    """Add the findings that were not met before in this lab."""
    fresh = {
        f"{found.kind} {found.where}": Met(
            str(found.kind),
            found.where,
            step.title,
            _line(found.sentence),
            _line(found.repair),
            _lines(found.records),
            at,
        )
        for found in findings
        if f"{found.kind} {found.where}" not in record.findings
    }
    return replace(record, findings={**record.findings, **fresh}) if fresh else record


def _first_measured(before: Predicted | None, made: Predicted) -> Predicted:
    """A measured prediction stays: a learner who chooses again has seen the outcome."""
    if before is None:
        return made
    if before.happened:
        return before
    same = (before.chosen, before.confidence) == (made.chosen, made.confidence)
    return replace(made, at=before.at) if same else made


def _predicted(step: Predict, place: int, made: Prediction, at: float) -> Predicted:
    words = {option.key: _line(option.text) for option in step.options}
    return Predicted(
        place=place,
        title=step.title,
        chosen=words.get(made.option, made.option),
        confidence=made.confidence,
        options=len(step.options),
        at=at,
        happened=words.get(made.measured, ""),
        sentence=_line(made.sentence),
        right=made.option == made.measured if made.measured in words else None,
    )


def _proofs(step: Step, attempt: Attempt) -> tuple[Proof, ...]:
    found: list[Proof] = []
    if isinstance(step, Do):
        found = [Proof(label, said.text) for label, said in attempt.said.get(step.id, {}).items() if said.passed]
    elif isinstance(step, Explain) and step.id in attempt.shown:
        shown = attempt.shown[step.id]
        found = [Proof(shown.figure.caption, record) for record in shown.records]
    elif isinstance(step, Quiz):
        found = list(_answers(step, attempt.answers, attempt.memory))
    return tuple(Proof(_line(proof.what), _line(proof.seen)) for proof in found[:MAX_LINES])


def _answers(step: Quiz, answers: Mapping[str, str], memory: Memory) -> Iterable[Proof]:
    for question in step.questions:
        chosen = next((o.text for o in question.options(memory) if o.key == answers.get(question.id)), "")
        yield Proof(question.text(memory), chosen)


def _line(text: str) -> str:
    return text if len(text) <= MAX_LINE else text[: MAX_LINE - 1] + "…"


def _lines(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(_line(text) for text in list(texts)[:MAX_LINES])
