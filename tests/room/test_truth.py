"""`/room/truth`: the audit over what hosts claim, in their own processes' words."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from studylab.room import claims
from studylab.room.desk.truth import Truth
from studylab.room.protocol import Say
from tests.conftest import Run
from tests.room.conftest import Room, a_room, until
from vango import kit


async def seen(room: Room) -> Truth:
    await room.settled()
    room.desk.auditor._last = None
    return await asyncio.to_thread(room.desk.truth)


def test_a_room_is_sound_by_the_audit_of_what_its_hosts_claim(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path, "h1", "h2") as room:
            await room.come(await room.join())
            truth = await seen(room)
            assert (truth.soundness, truth.findings) == (kit.Soundness.SOUND, ())
            assert [(view.name, view.of, view.tone) for view in truth.views] == [
                ("host h1", "the room", "is-ok"), ("host h2", "the room", "is-ok"),
                ("desk", "the reports of h1", "is-ok"), ("desk", "the reports of h2", "is-ok"),
            ]  # fmt: skip
            assert truth.views[0].at == truth.views[0].latest > 0

    run(story())


def test_a_claim_of_many_pages_is_compared_whole(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "PAGE_BYTES", 500)

    async def story() -> None:
        async with a_room(tmp_path) as room:
            for _ in range(20):
                await room.join()
            assert (await seen(room)).soundness is kit.Soundness.SOUND

    run(story())


def test_a_host_whose_view_was_changed_by_hand_is_accused(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            seat = await room.join()
            await room.settled()
            view = room.hosts["h1"].edge.view
            assert view is not None
            row = view.rows[f"seat/{seat.id}"]
            view.rows[row.key] = kit.Row(row.key, row.epoch, row.event_id, {**row.data, "name": "Mallory"})
            truth = await seen(room)
            assert truth.soundness is kit.Soundness.VIOLATED
            assert truth.views[0].tone == "is-lie"
            assert "h1" in truth.views[0].reason

    run(story())


def test_a_host_that_does_not_answer_claims_nothing(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            await room.hosts.pop("h1").close()
            await room.say(Say.HOLD)
            truth = await seen(room)
            assert (truth.views[0].words, truth.views[0].tone) == ("down", "is-off")
            assert truth.views[0].reason

    run(story())


def test_a_change_that_was_told_to_nobody_is_found(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            await room.join()
            await room.desk.database.soon(lambda db: db.execute("UPDATE seat SET name = 'Eve'").rowcount)
            truth = await seen(room)
            assert kit.Kind.UNTOLD in {finding.kind for finding in truth.findings}

    run(story())


def test_a_seat_is_renamed_put_out_and_given_another_code(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            seat, desk = await room.join(), room.desk
            renamed = await asyncio.to_thread(desk.rename, seat.id, "Bea")
            changed = await asyncio.to_thread(desk.new_resume_code, seat.id)
            assert (renamed.name, changed.resume != seat.resume) == ("Bea", True)
            with pytest.raises(kit.Refused, match="No seat has this code"):
                desk.resume(seat.resume, "10.0.0.9")
            assert desk.resume(changed.resume.lower(), "10.0.0.9").id == seat.id
            await asyncio.to_thread(desk.put_out, seat.id)
            with pytest.raises(kit.Refused, match="closed this seat"):
                desk.back(seat.id)
            await until(lambda: room.hosts["h1"].standing(seat.id, 1).value == "out")

    run(story())
