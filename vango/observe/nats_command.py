"""The same request as a `nats` command: what a person would type to ask the broker for it.

Pure: from the subject and body of a request as it was on the wire to a shell command. Connection and credentials are
those of the context that the page's attach line makes.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any

API = "$JS.API."
Asked = Mapping[str, Any]


def line(asked: Asked) -> str:
    """Return the command for a request; empty when the tool has none. `asked` has `subject`, `request`, `headers`."""
    subject, body = str(asked.get("subject", "")), asked.get("request")
    if not subject.startswith(API):
        return _join("pub", subject, _text(body), "--jetstream", *_headers(asked.get("headers") or {}))
    words = subject.removeprefix(API).split(".")
    for start, write in _COMMANDS.items():
        head = start.split(".")
        if words[: len(head)] == head:
            return _join(*write(words[len(head) :], body if isinstance(body, Mapping) else {}))
    return ""


def _join(*words: object) -> str:
    return shlex.join(["nats", *map(str, words)])


def _text(body: object) -> str:
    return body if isinstance(body, str) else json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def _headers(headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        yield from ("--header", f"{name}:{value}")


def _span(nanoseconds: int) -> str:
    """Write a duration as Go reads it; milliseconds are as fine as any setting here."""
    return f"{nanoseconds // 1_000_000}ms" if nanoseconds % 1_000_000_000 else f"{nanoseconds // 1_000_000_000}s"


def _purge(names: list[str], body: Mapping[str, Any]) -> Iterator[object]:
    yield from ("stream", "purge", names[0])
    for field, flag in (("seq", "--seq"), ("keep", "--keep"), ("filter", "--subject")):
        if field in body:
            yield f"{flag}={body[field]}"
    yield "--force"


def _limits(body: Mapping[str, Any]) -> Iterator[object]:
    yield f"--subjects={','.join(body['subjects'])}"
    yield from (f"--max-msgs={body['max_msgs']}", f"--max-bytes={body['max_bytes']}")
    yield from (f"--max-age={_span(body['max_age'])}", f"--dupe-window={_span(body['duplicate_window'])}")


def _create(names: list[str], body: Mapping[str, Any]) -> Iterator[object]:
    yield from ("stream", "add", names[0], *_limits(body))
    yield from (f"--storage={body['storage']}", f"--retention={body['retention']}", f"--discard={body['discard']}")
    yield from (f"--replicas={body['num_replicas']}", "--allow-direct", "--defaults")


_COMMANDS: dict[str, Callable[[list[str], Mapping[str, Any]], Iterator[object]]] = {
    "STREAM.PURGE": _purge,
    "STREAM.CREATE": _create,
    "STREAM.UPDATE": lambda names, body: iter(("stream", "edit", names[0], *_limits(body), "--force")),
    "STREAM.MSG.DELETE": lambda names, body: iter(("stream", "rmm", names[0], body["seq"], "--force")),
    "STREAM.MSG.GET": lambda names, body: iter(("stream", "get", names[0], body["seq"])),
    "CONSUMER.DELETE": lambda names, _: iter(("consumer", "rm", names[0], names[1], "--force")),
    "CONSUMER.MSG.NEXT": lambda names, _: iter(("consumer", "next", names[0], names[1], "--count=1", "--no-ack")),
}
"""By the start of the API subject. Anything else has no command that does the same."""
