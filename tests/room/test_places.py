"""Places at a host: who is put out or moved away keeps none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studylab.room.host import Standing
from tests.room.hosted import Hosted, Sitting, until
from vango import kit


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Hosted]:
    room = Hosted(tmp_path, room_for=1)
    yield room
    room.close()


def used(room: Hosted, name: str) -> Sitting:
    sitting = room.join(name)
    assert sitting.do("promote", route="shop", to="alloc-c").status_code == 200
    return sitting


def test_the_place_of_who_was_put_out_goes_to_the_next(room: Hosted) -> None:
    ana = used(room, "Ana")
    with pytest.raises(kit.Refused, match="full"):
        room.join("Ben")
    room.desk.put_out(ana.id)
    ben = room.join("Ben")
    assert ben.seat.trouble == ""
    assert ben.page("/sandbox").status_code == 200


def test_the_place_of_who_was_put_out_is_free_after_a_start_as_well(room: Hosted) -> None:
    ana = used(room, "Ana")
    room.desk.put_out(ana.id)
    until(lambda: room.serving().judge(ana.id, ana.row.epoch) is Standing.OUT, "the host knows")
    room.end()
    room.start()
    assert used(room, "Ben").seat.trouble == ""
