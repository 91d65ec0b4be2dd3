"""Which labs stand for all of them where a test is about the engine or the page, and not about what a lab says."""

from __future__ import annotations

import pytest

from labs import LABS

STAND_FOR_ALL = (1, 6, 12)

EVERY_LAB = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.slug)
# The others are tried as well, where there is time for it: `make test-all`.
A_FEW_LABS = pytest.mark.parametrize(
    "lab",
    [pytest.param(lab, id=lab.slug, marks=[] if lab.number in STAND_FOR_ALL else pytest.mark.slow) for lab in LABS],
)
SANDBOX_AND_LABS = pytest.mark.parametrize(
    "lab",
    [
        pytest.param(None, id="sandbox"),
        *(pytest.param(lab, id=lab.slug, marks=[] if lab is LABS[0] else pytest.mark.slow) for lab in LABS),
    ],
)
