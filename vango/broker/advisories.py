"""The server's advisories, and anything on their subjects: read without trust, written as a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from vango.actors import told
from vango.journal.kinds import Advisory

if TYPE_CHECKING:
    from vango.journal.journal import Journal

API = "$JS.EVENT.ADVISORY.API"
_TEXTS = ("type", "id", "timestamp", "stream", "consumer", "domain", "reason", "action")
_NUMBERS = ("stream_seq", "consumer_seq", "deliveries")


def asked(payload: bytes) -> str:
    """Return the subject of the API request that an advisory reports; empty when it names none.

    The rest of it, with the whole request and the whole answer, is skipped: one comes with each request of the bench.
    """
    try:
        return told.fit(_subject(payload).subject)
    except (ValueError, RecursionError):
        return ""


class _Api(msgspec.Struct):
    subject: str = ""


_subject = msgspec.json.Decoder(_Api).decode


def tell(journal: Journal, subject: str, payload: bytes) -> None:
    """Write a moment about a message given up or a consumer deleted, whatever the advisory contains."""
    said = _read(payload)
    kind = Advisory.of(subject)
    if kind is Advisory.DELETED:
        text = f"consumer deleted: {said.get('consumer', 'which, it does not say')}"
    else:
        word = told.fit(subject.split(".")[4]).lower().replace("_", " ")
        seq, deliveries = said.get("stream_seq", "?"), said.get("deliveries", "?")
        text = f"{word}: {said.get('consumer', '?')} at seq {seq}, delivery {deliveries}"
        text += f": {said['reason']}" if said.get("reason") else ""
    journal.write("broker", "advisory", text, advisory=kind, **said)


def _read(payload: bytes) -> dict[str, Any]:
    """Return the fields that an advisory has, those of the right kind by their names, and the rest as `more`."""
    document = told.json_or_text(payload)
    if not isinstance(document, dict):
        return {"more": document}
    known = {name: document[name] for name in _TEXTS if isinstance(document.get(name), str)}
    known |= {name: document[name] for name in _NUMBERS if type(document.get(name)) is int}
    if isinstance(document.get("subject"), str):
        known["subject"] = document["subject"]
    more = {name: value for name, value in document.items() if name not in known}
    return {**known, "more": more} if more else known
