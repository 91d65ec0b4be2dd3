"""A walk over all rules of the two kinds of process of a room, by people with cookies that are good, old or forged."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from urllib.parse import quote, urlencode

from flask import Flask
from werkzeug.routing import IntegerConverter, PathConverter, Rule

from studylab.installed import STATIC
from studylab.room import watching
from studylab.room.desk.web.app import end_streams, pages
from studylab.room.protocol import SeatRow
from studylab.room.serving.shares import Shares
from tests.room.hosted import KEY, OWN, Hosted, Sitting

SECRET = "the teacher's own secret"
KNOWN = {"slug": "acks", "verb": "promote", "term": "epoch", "name": "app.js", "filename": "icons/icons.svg"}
"""What an argument may be that names nothing of a person."""
FIRST_PIECES = 2
"""Of a stream: how often it asks to be opened again, and the first frame."""


class RoomOfBoth(Hosted):
    """A room whose desk and hosts are apps of this process. No limit of requests stands before their answers."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "h1", "h2")
        for name in self.names:
            self.serving(name).shares = Shares(clock=count(0.0, 1000.0).__next__)
        self.front = pages(
            self.desk, labs=self.serving("h1").labs, secret=SECRET, addresses=["http://desk.test"],
            watch=self._watch,
        )  # fmt: skip

    def _watch(self, seat: SeatRow) -> str:
        ticket = watching.write(KEY, seat.id, seat.host, self.desk.room.id)
        return f"{self.desk.host_url(seat)}/room/watch?ticket={ticket}"

    def both(self) -> dict[str, Flask]:
        """Return the apps of both kinds."""
        return {"desk": self.front, **self.apps}

    def cookies(self, sitting: Sitting | None = None, host: str = "", **desk: str) -> dict[str, str]:
        """Return the cookies of a browser by app: what it has at the host of its seat, and what at the desk."""
        found = {"desk": signed(self.front, desk)} if desk else {}
        if sitting is not None:
            app = self.apps[host or sitting.row.host]
            cookie = sitting.client.get_cookie(app.config["SESSION_COOKIE_NAME"])
            assert cookie is not None
            found[host or sitting.row.host] = cookie.value
        return found

    def close(self) -> None:
        end_streams(self.front)
        super().close()


def signed(app: Flask, content: Mapping[str, object], key: bytes = b"") -> str:
    """Return a cookie of an app with this content, signed by the app, or by somebody else's key."""
    mine = Flask(__name__)
    mine.secret_key = key or app.secret_key
    signer = app.session_interface.get_signing_serializer(mine)  # type: ignore[attr-defined]
    return str(signer.dumps(dict(content)))


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with a browser: a cookie for each app where they have one."""

    name: str
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `sent` is all that it says, so that what is only said back is no secret that got out."""

    path: str
    form: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def sent(self) -> str:
        return json.dumps([self.path, dict(self.form), dict(self.headers)])


@dataclass(frozen=True, slots=True)
class Answered:
    """How a request was answered: of a stream, its beginning."""

    status: int
    location: str
    text: str


def rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Yield every rule of an app with each of its methods."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def asks(rule: Rule, seat: SeatRow, key: str, ticket: str, benches: Path) -> Iterator[Ask]:
    """Yield requests of a rule: one that names nobody, and those that name all that belongs to a seat.

    The latter come from a page of the visitor's own, and as from that on which the teacher looks at the seat.
    """
    page = {"Accept": "text/html", **OWN}
    act = {"route": "shop", "to": "alloc-b"}
    yield Ask(path(rule, [""]), act, page)
    watched = {**page, "Sec-Fetch-Dest": "empty", "Referer": f"http://localhost/room/watch/{seat.id}"}
    named = {
        "seat": seat.id, "key": key, "bench": key, "number": str(seat.number), "who": "numbers", "code": seat.id,
        "numbers": str(seat.number), "ticket": ticket, "page": "acks", "lab": "acks", "after": "0", "at": "0",
        "step": "acks", "to": "alloc-b", "route": "shop", "up": "on", "agree": "yes", "ask": "yes", "option": key,
        "name": "Mallory", "text": "said by somebody else", "resume": seat.id, "secret": seat.id, "epoch": "1",
    }  # fmt: skip
    file = Path(os.path.relpath(benches / key / "seat.json", STATIC)).as_posix()
    for fill in ([""], [seat.id], [key], [ticket], [file]) if rule.arguments else [[""]]:
        at = path(rule, [*fill, str(seat.number)])
        yield Ask(f"{at}?{urlencode(named)}", named, watched)
        yield Ask(f"{at}?{urlencode(named)}", act, watched)
        yield Ask(f"{at}?{urlencode(named)}", named, page)


def path(rule: Rule, fill: list[str]) -> str:
    """Return the path of a rule whose arguments are filled so; with nothing, by what names nobody."""
    found = rule.rule
    for name in rule.arguments:
        converter = rule._converters[name]
        kind = {IntegerConverter: "int:", PathConverter: "path:"}.get(type(converter), "")
        number = fill[-1] if fill[-1].isdigit() else "1"
        text = fill[0] or KNOWN.get(name, "x")
        value = number if kind == "int:" else quote(text, safe="/" if kind == "path:" else "")
        found = found.replace(f"<{kind}{name}>", value)
    assert "<" not in found, found
    return found


def walk(app: Flask, cookie: str, method: str, ask: Ask) -> Answered:
    """Send a request with a cookie, and read its answer."""
    client = app.test_client()
    if cookie:
        client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie)
    form = ask.form if method != "GET" else None
    with client.open(ask.path, method=method, data=form, headers=dict(ask.headers), buffered=False) as answer:
        if answer.mimetype == "text/event-stream":
            pieces: Iterator[bytes] = answer.iter_encoded()
            text = b"".join(islice(pieces, FIRST_PIECES)).decode()
        else:
            text = answer.get_data().decode("utf-8", "replace")
        return Answered(answer.status_code, answer.location or "", text)
