"""The lab engine: what a lab is (`model`), an attempt at one (`attempt`, `store`), and how it is played and drawn.

Modules under `labs/` import from here only; `reading` has the small questions that several labs ask of the evidence,
`ledgers` what is held of the moments for them.
"""

from studylab.lab import ledgers, reading
from studylab.lab.model import (
    Call,
    Check,
    Code,
    Confidence,
    Debrief,
    Do,
    Evidence,
    Explain,
    Figure,
    Hints,
    Lab,
    Measured,
    Memory,
    NotYet,
    Option,
    Passed,
    Place,
    Predict,
    Question,
    Quiz,
    Result,
    Script,
    Shown,
    Step,
    Wait,
    Wrong,
    call,
    refused,
)
from vango.journal.moment import Moment
from vango.observe.model import CellSeen, ConsumerSeen, EdgeSeen, FactSeen, Observation, RouteSeen

__all__ = [
    "Call", "CellSeen", "Check", "Code", "Confidence", "ConsumerSeen", "Debrief", "Do", "EdgeSeen", "Evidence", "Explain", "FactSeen", "Figure",
    "Hints", "Lab", "Measured", "Memory", "Moment", "NotYet", "Observation", "Option", "Passed", "Place", "Predict", "Question", "Quiz",
    "Result", "RouteSeen", "Script", "Shown", "Step", "Wait", "Wrong", "call", "ledgers", "reading", "refused",
]  # fmt: skip
