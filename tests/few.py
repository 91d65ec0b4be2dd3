"""Which labs stand for all of them where a test is about the engine or the page, and not about what a lab says."""

from __future__ import annotations

import pytest

from labs import LABS

EVERY_LAB = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.slug)


def only(*numbers: int) -> pytest.MarkDecorator:
    """Try a test on these labs, and on the others where there is time for it: `make test-all`."""
    return pytest.mark.parametrize(
        "lab",
        [pytest.param(lab, id=lab.slug, marks=[] if lab.number in numbers else pytest.mark.slow) for lab in LABS],
    )


A_FEW_LABS = only(1, 6, 12)
THE_FIRST_LAB = only(1)
A_FEW_FOR_THE_ENGINE = only(1, 7, 11)
"""The last lab plays whole storms: what they teach, a restart does not ask."""

SANDBOX_AND_LABS = pytest.mark.parametrize(
    "lab",
    [
        pytest.param(None, id="sandbox"),
        *(pytest.param(lab, id=lab.slug, marks=[] if lab is LABS[0] else pytest.mark.slow) for lab in LABS),
    ],
)
