"""Nobody reaches what is another's: all pairs of people, rules and methods are walked, on both kinds of process."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from flask import Flask

from studylab.room import codes
from studylab.room.protocol import Say, SeatRow
from tests.room.hosted import DESK_URL, OWN, WITHIN_S, Sitting, until
from tests.room.walking import Ask, RoomOfBoth, Visitor, asks, rules, signed, walk

NAME = "Anastasia Kardamom"
ROUTE, SCRIPT, OPERATION, MESSAGE = "nelkenroute", "Zimtstern", "muskat-1", "Look at the Sternanis, please."


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoomOfBoth]:
    room = RoomOfBoth(tmp_path_factory.mktemp("room"))
    try:
        yield room
    finally:
        room.close()


class Owner:
    """Ana in her seat, with something of her own in every place, and what a walk must not find or change."""

    def __init__(self, room: RoomOfBoth) -> None:
        self.room = room
        self.sitting = room.join(NAME)
        former = self.sitting.client
        # There and back: the browser that she had before is two epochs older, at the host that she has now.
        for _ in range(2):
            self.sitting = Sitting(room, room.desk.move(self.sitting.row))
            self.ticket = room.desk.ticket(self.sitting.row)
            assert self.sitting.client.get(f"/seat?ticket={self.ticket}").status_code == 303
            until(self.sitting.seat.made.is_set, "the bench is ready")
        self.former = Sitting(room, self.sitting.row)
        self.former.client = former
        self.row: SeatRow = self.sitting.row
        self._furnish()

    def _furnish(self) -> None:
        ana = self.sitting
        assert ana.do("add_route", route=ROUTE, owner="alloc-a").status_code == 200
        assert ana.do("promote", route=ROUTE, to="alloc-c", operation=OPERATION).status_code == 200
        assert ana.post("/bench/scripts/keep", name=SCRIPT).status_code == 200
        assert ana.post("/labs/acks/start").status_code == 200
        assert ana.do("add_route", route=ROUTE, owner="alloc-a").status_code == 200
        assert ana.do("promote", route=ROUTE, to="alloc-c", operation=OPERATION).status_code == 200
        ana.done(self.room.say(Say.MESSAGE, ana.id, text=MESSAGE))
        assert ana.post("/room/hand", up="on").status_code == 200
        ana.reported(lambda report: bool(report.hand), "the hand is up")

    @property
    def secrets(self) -> dict[str, str]:
        """What an answer to another may not hold."""
        broker = self.sitting.hub().bench.broker
        return {
            "name": NAME, "route": ROUTE, "script": SCRIPT, "operation": OPERATION, "message": MESSAGE,
            "seat": self.row.id, "bench": self.sitting.seat.key, "resume code": self.row.resume,
            "resume code as shown": codes.shown(self.row.resume), "password": broker.password,
            "edges' password": broker.edge_password, "broker": broker.url.removeprefix("nats://"),
        }  # fmt: skip

    def found_in(self, text: str, sent: str = "") -> list[str]:
        return [what for what, secret in self.secrets.items() if secret in text and secret not in sent]

    def state(self) -> dict[str, Any]:
        """What a walk of others must leave as it is."""
        ana = self.sitting
        tile, seen = self.room.desk.wall.tile(ana.id), ana.see()
        moments = ana.client.get("/bench/journal.json?after=0").get_json()["moments"]
        report = ana.report()
        assert tile is not None
        assert report is not None
        return {
            "truth": seen["truth"],
            "acts": [moment for moment in moments if moment["kind"] == "verb"],
            "attempt": ana.attempt("acks"),
            "progress": ana.client.get("/progress/export.json").get_json()["labs"],
            "scripts": (ana.hub().bench.folder / "scripts.json").read_text(),
            "seat": asdict(tile.seat),
            "kept": asdict(ana.seat.kept),
            "said": (report.hand, dict(report.votes), report.lab, report.step),
        }


@pytest.fixture(scope="module")
def ana(room: RoomOfBoth) -> Owner:
    return Owner(room)


@pytest.fixture(scope="module")
def others(room: RoomOfBoth, ana: Owner) -> list[Visitor]:
    """All who are not Ana: with no cookie, with one of their own, and with each that is no longer or never was good."""
    bea = next(one for one in iter(lambda: room.join("Bea"), None) if one.row.host == ana.row.host)
    dora = room.join("Dora")
    room.desk.put_out(dora.id)
    until(lambda: dora.page("/sandbox").status_code == 303, "the host has heard that the seat is closed")
    user = room.apps[ana.row.host].test_client()
    assert user.get(f"/seat?ticket={ana.ticket}").status_code == 409
    claim = {"seat": ana.row.id, "epoch": ana.row.epoch, "bench": ana.sitting.seat.key, "teacher": room.desk.room.id}
    forged = {name: signed(app, claim, b"f" * 32) for name, app in room.both().items()}
    return [
        Visitor("a stranger"),
        Visitor("Bea", room.cookies(bea, seat=bea.id)),
        Visitor("an older browser of Ana's", room.cookies(ana.former)),
        Visitor("one who was put out", room.cookies(dora, seat=dora.id)),
        Visitor("one who forges cookies", forged),
        Visitor("one whose desk cookie is shown to hosts", dict.fromkeys(room.apps, signed(room.front, claim))),
    ]


def requests_of(app: Flask, ana: Owner) -> Iterator[tuple[Any, str, Ask]]:
    folder = ana.room.folder / ana.row.host / "benches"
    for rule, method in rules(app):
        for ask in asks(rule, ana.row, ana.sitting.seat.key, ana.ticket, folder):
            yield rule, method, ask


def test_ana_herself_meets_all_that_a_walk_looks_for(room: RoomOfBoth, ana: Owner) -> None:
    cookie = room.cookies(ana.sitting, seat=ana.row.id)
    found: set[str] = set()
    for name, app in room.both().items():
        for rule, method, ask in requests_of(app, ana):
            if method == "GET" and "watch" not in rule.rule and "?" not in ask.path:
                found |= set(ana.found_in(walk(app, cookie.get(name, ""), method, ask).text))
    # Her seat and her bench have ids that no page needs to show; a code is shown in its two halves.
    assert ana.secrets.keys() - found <= {"seat", "bench", "resume code"}


def test_no_pair_reaches_what_is_another_s(room: RoomOfBoth, ana: Owner, others: list[Visitor]) -> None:
    before, benches = ana.state(), sorted(room.folder.glob("h*/benches/*"))
    walked, requests, least, own = set(), 0, 0, set()
    for name, app in room.both().items():
        least += len(list(rules(app))) * len(others)
        for rule, method, ask in requests_of(app, ana):
            for visitor in others:
                answer = walk(app, visitor.cookies.get(name, ""), method, ask)
                said = f"{visitor.name}: {method} {name} {ask.path}: {answer}"
                assert ana.found_in(f"{answer.location} {answer.text}", ask.sent) == [], said
                assert answer.status < 500, said
                if for_teachers(name, rule.rule):
                    assert answer.status >= 400 or answer.location == "/teach", said
                walked.add((visitor.name, name, rule.rule, method))
                requests += 1
                if visitor.name == "Bea" and answer.status < 400 and DESK_URL not in answer.location:
                    own.add(rule.rule)
    print(f"{len(walked)} of (pair, rule, method) walked, with {requests} requests")
    assert len(walked) >= least
    assert own >= {"/events", "/sandbox", "/bench.json", "/bench/verbs/<verb>", "/room/hand", "/joined"}, own
    assert ana.state() == before
    assert sorted(room.folder.glob("h*/benches/*")) == benches


def for_teachers(name: str, rule: str) -> bool:
    """Return whether a rule is one of the teacher's powers."""
    return rule.startswith("/room/" if name == "desk" else "/room/watch")


def test_no_broker_lets_in_another_with_the_credentials_of_a_bench(room: RoomOfBoth, ana: Owner) -> None:
    bea, own = room.join("Bea of the brokers").hub().bench.broker, ana.sitting.hub().bench.broker
    assert b"PONG" in lets_in(own.url, own.user, own.password)
    others = [(bea.user, bea.password), (bea.edge_user, bea.edge_password), (own.user, ""), ("h1", own.password)]
    answers = [lets_in(own.url, *other) for other in others]
    answers += [lets_in(f"nats://{room.server.address}", *one) for one in [*others, (own.user, own.password)]]
    assert all(b"Authorization Violation" in answer for answer in answers), answers


def lets_in(url: str, user: str, password: str) -> bytes:
    """Return what a broker says to somebody who comes with these credentials."""
    host, _, port = url.removeprefix("nats://").partition(":")
    said = json.dumps({"user": user, "pass": password, "verbose": False, "pedantic": False})
    with socket.create_connection((host, int(port)), WITHIN_S) as connection:
        connection.sendall(f"CONNECT {said}\r\nPING\r\n".encode())
        heard = b""
        while b"PONG" not in heard and (more := connection.recv(4096)):
            heard += more
    return heard


def test_no_code_but_one_s_own_brings_a_seat(room: RoomOfBoth, ana: Owner) -> None:
    front = room.front.test_client()
    for typed in (room.desk.room.code, ana.row.resume[:-1], ana.row.id, ana.sitting.seat.key, NAME):
        answer = front.post("/resume", data={"resume": typed}, headers={"Accept": "text/html", **OWN})
        assert (answer.status_code, front.get("/joined").location) == (409, "/join"), typed
