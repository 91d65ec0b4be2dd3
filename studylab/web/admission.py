"""What a client may ask and cost: the limits, the judgement of a request's header, and a sentence for each refusal."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field

import h11

from studylab.limits import CONNECTIONS
from studylab.web.guard import MAX_BODY

FRAMING = 8  # a chunked body may take this many bytes on the wire for each of its own


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may cost: seconds in all for each phase, bytes, and how many connections may keep us waiting."""

    head_s: float = 10.0
    body_s: float = 20.0
    answer_s: float = 20.0
    bytes_a_s: int = 50_000
    idle_s: float = 30.0
    linger_s: float = 1.0
    slow_after_s: float = 1.0
    head_bytes: int = 16 * 1024
    body_bytes: int = MAX_BODY
    larger: Mapping[bytes, int] = field(default_factory=dict)  # what some addresses take, such as those for files
    large_at_once: int = 8
    slow_an_address: int = 64
    waiting: int = CONNECTIONS
    queued: int = 256

    def most_of(self, target: bytes) -> int:
        """Return the bytes that a body for an address may have."""
        return self.larger.get(target.partition(b"?")[0], self.body_bytes)


class Refused(Exception):
    """A request that is answered with a sentence before the app sees it; the connection ends with it."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def judge(request: h11.Request, limits: Limits) -> int:
    """Return the length of a request's body. Raises `Refused` for a header that is not accepted."""
    size = (
        len(request.method) + len(request.target) + sum(len(name) + len(value) + 4 for name, value in request.headers)
    )
    if size > limits.head_bytes:
        raise long_head(limits)
    if request.http_version not in (b"1.0", b"1.1"):
        raise Refused(400, "This server speaks HTTP/1.1 and HTTP/1.0 only.")
    if not request.target.startswith(b"/"):
        raise Refused(400, "The address in the request must begin with a slash.")
    fields = dict(request.headers)
    if b"transfer-encoding" in fields and (b"content-length" in fields or request.http_version == b"1.0"):
        raise Refused(
            400,
            (
                "A body has a Content-Length, or in HTTP/1.1 a Transfer-Encoding. This request does not make "
                "clear which."
            ),
        )
    length = int(fields.get(b"content-length", 0))
    most = limits.most_of(request.target)
    if length > most:
        raise too_large(most)
    return length


def too_large(most: int) -> Refused:
    """Return the refusal of a body above a limit in bytes."""
    return Refused(413, f"The body of the request is larger than {_size(most)}. Nothing was done.")


def long_head(limits: Limits) -> Refused:
    """Return the refusal of a header above the limit."""
    return Refused(431, f"The header of the request is larger than {_size(limits.head_bytes)}.")


def whose(address: str) -> str:
    """Return whom to hold an address against: of IPv6 one client has a whole network."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return address


def _size(number: int) -> str:
    return f"{number // 1024} KB" if number < 1024 * 1024 else f"{number // 1024 // 1024} MB"
