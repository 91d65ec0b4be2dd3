"""Bad days at the front desk: a full room lets in who waits once there is a place, and a teacher may lose a tab."""

from __future__ import annotations

from pathlib import Path

from tests.room.front_desk import OWN, FrontDesk, a_front_desk


def test_a_full_room_says_so_and_lets_in_who_waits_once_there_is_a_place(tmp_path: Path) -> None:
    with a_front_desk(tmp_path, room_for=3) as desk:
        for name in ("Ana", "Ben", "Chidi"):
            assert desk.learner().post("/join", data=form(desk, name), headers=OWN).location == "/joined"
        dana, teacher = desk.learner(), desk.teacher()
        answer = dana.post("/join", data=form(desk, "Dana"), headers=OWN)
        text = answer.get_data(as_text=True)
        assert answer.status_code == 409
        assert "The room is full: 3 seats are taken." in text
        assert "Tell the teacher, who can make room" in text
        assert f'value="{desk.code}"' in text
        assert 'value="Dana"' in text
        assert "is full: 3 of 3 seats" in teacher.get("/room/").get_data(as_text=True)
        assert teacher.post("/room/seats/2/out", headers=OWN).status_code == 303
        assert "is full" not in teacher.get("/room/").get_data(as_text=True)
        assert dana.post("/join", data=form(desk, "Dana"), headers=OWN).location == "/joined"
        assert "You are in, Dana" in dana.get("/joined").get_data(as_text=True)
        numbers = sorted(seat.number for seat in desk.parts.board.seats.values() if not seat.out)
        assert numbers == [1, 3, 4]


def test_who_is_let_in_again_finds_the_seat_even_in_a_full_room(tmp_path: Path) -> None:
    with a_front_desk(tmp_path, room_for=1) as desk:
        ana, teacher = desk.learner(), desk.teacher()
        ana.post("/join", data=form(desk, "Ana"), headers=OWN)
        for _ in range(2):
            assert teacher.post("/room/seats/1/out", headers=OWN).status_code == 303
        assert ana.get("/back").status_code == 303
        assert "/seat?ticket=" in ana.get("/back").location


def test_who_comes_late_to_a_full_room_waits_for_a_place_with_name_and_code(tmp_path: Path) -> None:
    with a_front_desk(tmp_path, room_for=1) as desk:
        late = desk.learner()
        late.post("/join", data=form(desk, "Late"), headers=OWN)
        desk.parts.front.put_out_absent()
        new = desk.sits("New")
        assert "You have a seat: Late" in late.get("/join").get_data(as_text=True)
        waits = late.get("/back")
        assert waits.status_code == 503
        assert "The room is full: 1 seats are taken." in waits.get_data(as_text=True)
        desk.parts.front.put_out(new.id)
        assert "/seat?ticket=" in late.get("/back").location


def test_the_teacher_s_own_seat_is_not_among_those_that_never_came(tmp_path: Path) -> None:
    with a_front_desk(tmp_path) as desk:
        desk.teacher().get("/room/demo/bench")
        assert desk.parts.front.never_came() == []


def test_the_teacher_puts_out_all_who_never_came_and_nobody_else(tmp_path: Path) -> None:
    with a_front_desk(tmp_path, room_for=4) as desk:
        teacher, absent = desk.teacher(), [desk.joins("x") for _ in range(2)]
        worker, reader = desk.sits("Works", act="kill edge", here=False), desk.sits("Reads")
        for page in ("/room/", f"/room/seats/{worker.number}"):
            assert "Put out all who never came (2)" in teacher.get(page).get_data(as_text=True), page
        assert teacher.post("/room/seats/never-came", headers=OWN).location == "/room/"
        text = teacher.get("/room/").get_data(as_text=True)
        assert "2 seats gave their places back." in text
        assert "never came (" not in text
        assert "is full" not in text
        seats = desk.parts.board.seats
        assert [seats[one.id].out for one in (*absent, worker, reader)] == [True, True, False, False]


def test_a_teacher_who_lost_the_tab_signs_in_again_and_everything_goes_on(tmp_path: Path) -> None:
    with a_front_desk(tmp_path) as desk:
        seat, lost = desk.sits("Ana", lab="acks"), desk.teacher()
        for path, data in (
            ("/room/demo/turn", {"by": "1"}), ("/room/conduct/hold", {}), ("/room/votes/", {"on": "acks/predict-queued"}),
            ("/room/conduct/fault", {"verb": "kill_edge", "edge": "iad"}),
        ):  # fmt: skip
            assert lost.post(path, data=data, headers=OWN).status_code == 303, path
        del lost
        again = desk.teacher()
        part = desk.parts.agenda.plan.parts[0].title
        pages = {
            "/room/demo/": part, "/room/wall/": "Ana", "/room/votes/": "0 votes, open", "/room/conduct/": "kill edge",
        }  # fmt: skip
        for path, words in pages.items():
            text = again.get(path).get_data(as_text=True)
            assert words in text, path
            assert "held" in text, path
        option = next(iter(desk.parts.front.wall.votes()[0].options))
        desk.reports(seat, votes={"1": option})
        assert again.post("/room/votes/1/close", headers=OWN).status_code == 303
        assert "1 · 100%" in again.get("/room/votes/1").get_data(as_text=True)
        assert again.post("/room/conduct/release", headers=OWN).status_code == 303
        assert again.post("/room/demo/turn", data={"by": "1"}, headers=OWN).status_code == 303
        assert desk.parts.agenda.progress.part == 1
        assert not desk.parts.front.wall.room.held


def form(desk: FrontDesk, name: str) -> dict[str, str]:
    return {"code": desk.code, "name": name}
