"""Where the files are that are no code: at the top of a checkout, or in `studylab/files` when a wheel was installed."""

from __future__ import annotations

from pathlib import Path

import platformdirs

ROOT = Path(__file__).resolve().parents[1]
INSIDE = ROOT / "studylab" / "files"
IS_CHECKOUT = not INSIDE.is_dir()
_AT = ROOT if IS_CHECKOUT else INSIDE
TEMPLATES, STATIC, CONCEPTS = _AT / "templates", _AT / "static", _AT / "concepts"


def data_folder() -> Path:
    """Return where benches are kept unless another folder is given.

    An installed wheel may lie in an environment that goes after one run (`uvx`, `pipx run`). What learners did stays.
    """
    return ROOT / "instance" if IS_CHECKOUT else platformdirs.user_data_path("study-lab", appauthor=False)
