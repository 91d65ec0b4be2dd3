"""The present stored message of a moment: it is requested by the stream seq in the moment."""

from __future__ import annotations

import base64
from typing import Any, Protocol

from vango.actors.errors import VangoError
from vango.actors.told import fit, json_or_text
from vango.broker.connection import Connection
from vango.journal.moment import Moment
from vango.truth.store import Truth


class Holder(Protocol):
    """The owner of the truth and of a connection to the broker. `wire` raises `Unavailable` while there is none."""

    truth: Truth

    def wire(self) -> Connection: ...


async def find(bench: Holder, moment: Moment) -> dict[str, Any]:
    """Return the message that a moment is about, with the request for it and the reply.

    For a commit it is the event in the truth. Empty when the moment is about no message, or names one already.
    """
    detail = moment.detail
    if "event_id" in detail and (moment.actor, moment.kind) == ("database", "commit"):
        return _in_truth(bench, str(detail["event_id"]))
    seq = _stream_seq(detail)
    if not seq:
        return {}
    try:
        wire = bench.wire()
        await wire.api("STREAM.MSG.GET.ROUTES", {"seq": seq})
    except VangoError as error:
        return {"caption": f"ROUTES has no message at stream seq {seq} now", "message": str(error)}
    asked = wire.last
    message = asked["reply"]["message"]
    return {
        **asked,
        "caption": f"The message of ROUTES at stream seq {seq} now, on {message['subject']}",
        "headers": _headers(message.get("hdrs", "")),
        "message": json_or_text(base64.b64decode(message.get("data", ""))),
    }


def _in_truth(bench: Holder, event_id: str) -> dict[str, Any]:
    row = bench.truth.db.conn.execute("SELECT subject, body FROM event WHERE id = ?", [event_id]).fetchone()
    if row is None:
        return {}
    return {"caption": f"The event that was committed with it, for {row[0]}", "message": json_or_text(row[1])}


def _stream_seq(detail: dict[str, Any]) -> int:
    """Return the first stream seq that a detail names, or 0."""
    several, stored = detail.get("stream_seqs"), detail.get("stored")
    named = [*(several if isinstance(several, list) else ()), *(stored.values() if isinstance(stored, dict) else ())]
    named.append(detail.get("stream_seq"))
    return next((seq for seq in named if type(seq) is int and seq > 0), 0)


def _headers(packed: str) -> dict[str, str]:
    """Read the headers of a stored message: base64 of a version line and of name: value lines."""
    lines = fit(base64.b64decode(packed).decode(errors="backslashreplace")).replace("\\r", "\r").split("\r\n")[1:]
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines if ":" in line)}
