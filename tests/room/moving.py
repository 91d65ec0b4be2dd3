"""`python -m tests.room.moving FILE …`: the app on a machine whose addresses stand in a file, and can be changed there."""

from __future__ import annotations

import sys
from pathlib import Path

import app
from studylab.room import addresses, run

LOOK_S = 0.2

if __name__ == "__main__":
    file = Path(sys.argv[1])
    addresses.reachable = lambda: tuple(file.read_text(encoding="utf-8").split())
    run.LOOK_AT_ADDRESSES_S = LOOK_S
    sys.exit(app.main(sys.argv[2:]))
