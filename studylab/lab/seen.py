"""What the guide panel draws: a lab and an attempt at it, ready for the template, nothing left to decide there.

Fields named `html` or `prose` are safe HTML made from the lab's own Markdown; every other text is plain and must be
escaped by the template. A step that is still to come carries its title only, so that nothing is given away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class OptionSeen:
    """One option. `explanation` is empty until there is something to explain; `happened` is None until measured."""

    key: str
    text: str
    chosen: bool
    happened: bool | None
    explanation: Markup


@dataclass(frozen=True, slots=True)
class PredictionSeen:
    """A prediction: open while nothing is chosen, then beside it what was `measured` (empty until the bench has shown).

    `agreed` is None until measured. `skipped` says that the learner was caught up past it without choosing.
    """

    options: tuple[OptionSeen, ...]
    confidences: tuple[str, ...]
    chosen: str
    confidence: str
    measured: str
    agreed: bool | None
    skipped: bool


@dataclass(frozen=True, slots=True)
class ButtonSeen:
    """A button that issues a verb with these arguments, or opens its dialog. `short` is enough beside its like."""

    label: str
    short: str
    verb: str
    arguments: tuple[tuple[str, str], ...]
    done: bool


@dataclass(frozen=True, slots=True)
class MoveSeen:
    """One move. `state` is done, now or later; `dialog` opens the verb's dialog; `at` is the panel that it acts on.

    With `is_choice` any of the buttons is the move. A move without buttons and dialog is something to look at. `wait`
    says what to wait for first, or is empty.
    """

    words: str
    state: str
    is_choice: bool
    buttons: tuple[ButtonSeen, ...]
    dialog: ButtonSeen | None
    at: str
    wait: str


@dataclass(frozen=True, slots=True)
class SawSeen:
    """What a passed step has shown: what was measured, and one sentence why. Its checks hold the proof."""

    measured: str
    why: Markup


@dataclass(frozen=True, slots=True)
class CheckSeen:
    """One check with its tick; `text` says why it passed or what still differs; `broken`: the check itself failed.

    While it is open, `label` says only what it is about.
    """

    label: str
    passed: bool
    text: str
    broken: bool


@dataclass(frozen=True, slots=True)
class RungSeen:
    """One revealed rung of the hint ladder: `name` is Nudge, Where to look, The principle or The exact verb."""

    name: str
    html: Markup


@dataclass(frozen=True, slots=True)
class HintsSeen:
    """The ladder: what is revealed, the next rung's name (empty when only 'Do it for me' is left), and its length."""

    revealed: tuple[RungSeen, ...]
    next: str
    rungs: int
    can_do_it: bool


@dataclass(frozen=True, slots=True)
class PlaceSeen:
    """One box of a figure; `mark` is right, wrong or empty."""

    name: str
    holds: str
    mark: str


@dataclass(frozen=True, slots=True)
class ExplainSeen:
    """The learner's own records, one line each, and the figure's caption and boxes."""

    records: tuple[str, ...]
    caption: str
    places: tuple[PlaceSeen, ...]


@dataclass(frozen=True, slots=True)
class QuestionSeen:
    """One quiz question. `answered` is the chosen key or empty; `right` is None until answered."""

    id: str
    text: Markup
    options: tuple[OptionSeen, ...]
    answered: str
    right: bool | None


@dataclass(frozen=True, slots=True)
class StepSeen:
    """One step. `kind` is predict, do, explain or quiz; `state` done, now or todo; `mark` is empty or says who did it.

    `prediction` is set on predict steps, and on the do step whose outcome it is about. `moves` are those of the current
    step, `saw` is set once it has passed and stays. Everything below `prose` is empty or None while it is to come.
    """

    id: str
    number: int
    kind: str
    title: str
    state: str
    mark: str
    prose: Markup
    prediction: PredictionSeen | None
    checks: tuple[CheckSeen, ...]
    hints: HintsSeen | None
    explain: ExplainSeen | None
    questions: tuple[QuestionSeen, ...]
    moves: tuple[MoveSeen, ...] = ()
    saw: SawSeen | None = None


@dataclass(frozen=True, slots=True)
class CodeSeen:
    """One function of the running program. `html` is highlighted with Pygments' CSS classes; `source` is the text."""

    role: str
    title: str
    where: str
    source: str
    html: Markup


@dataclass(frozen=True, slots=True)
class DebriefSeen:
    """The end of a lab: prose, the audit's sentences, cure beside trap, and the list to take away."""

    prose: Markup
    happened: tuple[str, ...]
    code: tuple[CodeSeen, ...]
    take_away: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GuideSeen:
    """One lab as its learner sees it.

    `begun` is False while the bench is not set up for this lab: the page then offers to start it. `current` is None
    when not begun or finished. `look_at` is the id of the panel to outline, or empty. `trouble` is a sentence when a
    check broke or a script did not get through. `busy` is a sentence while a script is being played. `locked` gives
    for each locked verb its reason. `done_for_you` counts the steps that were played for the learner. `half_way` is
    True at the step of a long lab where it is good to stop.
    """

    slug: str
    number: int
    title: str
    question: str
    concept: str
    correct_use: str
    failure_trap: str
    minutes: int
    begun: bool
    finished: bool
    steps: tuple[StepSeen, ...]
    current: StepSeen | None
    done: int
    done_for_you: int
    look_at: str
    trouble: str
    busy: str
    locked: Mapping[str, str]
    debrief: DebriefSeen | None
    half_way: bool = False
