"""What each user of the room's broker may do, as accounts of nats-server's config.

The desk has the account with all streams. A host publishes its own reports, reads what the desk tells, and answers the
desk; nothing else. Each host has an account of its own, for the reason of `vango.broker.permissions`: permissions check
the subject of a message and not of its answer, and in an account without a stream no answer can be stored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from studylab.room.protocol import DESK, claim_of, hello, reports
from vango.broker.streams import stream_of

ROOM, DESK_USER = "ROOM", "desk"
_OFTEN = ("MSG.NEXT", "DIRECT.GET", "CONSUMER.CREATE", "CONSUMER.DURABLE.CREATE")


@dataclass(frozen=True, slots=True)
class Rights:
    """What one host may do. `asks` are requests and publishes that reach the desk's account, `hears` is what comes out
    of it unasked; `tells` goes into it unasked, and to `answers` the desk sends requests.
    """

    asks: tuple[str, ...]
    hears: tuple[str, ...]
    tells: tuple[str, ...]
    answers: tuple[str, ...]


def rights(host: str) -> Rights:
    """Return the rights of a host, subject by subject."""
    own, room = reports(host).domain, DESK.domain
    own_bucket, room_bucket = stream_of(own.bucket), stream_of(room.bucket)
    return Rights(
        asks=(
            hello(host),
            # Its own reports: the feed, and the snapshots of it.
            f"{own.prefix}>",
            f"$O.{own.bucket}.>",
            # Without this one, the server answers every request to the API itself: JetStream is not enabled here.
            "$JS.API.INFO",
            # Names and sizes of all streams, and no message: a relay asks what will be taken.
            "$JS.API.STREAM.LIST",
            *(f"$JS.API.STREAM.INFO.{stream}" for stream in (own.stream, own_bucket, room.stream, room_bucket)),
            *(f"$JS.API.DIRECT.GET.{stream}{end}" for stream in (own_bucket, room_bucket) for end in ("", ".>")),
            f"$JS.API.STREAM.PURGE.{own_bucket}",
            f"$JS.API.STREAM.MSG.GET.{own_bucket}",
            # What the desk tells: a consumer of its own name, on the desk's events only.
            room.control.mark,
            room.control.snapshot,
            f"$JS.API.CONSUMER.INFO.{room.stream}.{host}",
            f"$JS.API.CONSUMER.CREATE.{room.stream}.{host}.{room.prefix}>",
            f"$JS.API.CONSUMER.DELETE.{room.stream}.{host}",
            f"$JS.API.CONSUMER.MSG.NEXT.{room.stream}.{host}",
            f"$JS.ACK.{room.stream}.{host}.>",
        ),
        hears=(
            room.control.heartbeat,
            f"$JS.EVENT.ADVISORY.CONSUMER.DELETED.{room.stream}.{host}",
            f"$JS.EVENT.ADVISORY.STREAM.DELETED.{room.stream}",
        ),
        tells=(own.control.heartbeat,),
        answers=(own.control.mark, own.control.snapshot, claim_of(host, "desk")),
    )


def accounts(desk_password: str, hosts: Mapping[str, str]) -> str:
    """Return the block `accounts` of the config: the user `desk`, and one for each host. `hosts` are their passwords.

    A new host needs a line here: the server reads its config again at SIGHUP, and nobody is cut off.
    """
    desk = f"users: [ {{ user: {DESK_USER}, password: {_quoted(desk_password)} }} ]"
    of_desk = f"exports: {_list([_exports(hosts)])}, imports: {_list(map(_imports, hosts))}"
    blocks = [f"{ROOM} {{ jetstream: enabled, {desk}, {of_desk} }}"]
    blocks += [_block(host, password) for host, password in hosts.items()]
    return "accounts {\n  " + "\n  ".join(blocks) + "\n}\n"


def account_of(host: str) -> str:
    """Return the name of a host's account."""
    return f"HOST-{host}"


def _exports(hosts: Iterable[str]) -> list[str]:
    """What the desk's account offers, each subject to the hosts that may have it."""
    asked: dict[str, list[str]] = {}
    heard: dict[str, list[str]] = {}
    for host in hosts:
        for offered, subjects in ((asked, rights(host).asks), (heard, rights(host).hears)):
            for subject in subjects:
                offered.setdefault(subject, []).append(account_of(host))
    return [
        f"{{ service: {_quoted(subject)}{_answers(subject)}, accounts: {_quoted(to)} }}"
        for subject, to in asked.items()
    ] + [f"{{ stream: {_quoted(subject)}, accounts: {_quoted(to)} }}" for subject, to in heard.items()]


def _imports(host: str) -> list[str]:
    """What the desk's account takes from one host."""
    its, source = rights(host), f"account: {account_of(host)}"
    asked = [f"{{ service: {{ {source}, subject: {_quoted(subject)} }} }}" for subject in its.answers]
    return asked + [f"{{ stream: {{ {source}, subject: {_quoted(subject)} }} }}" for subject in its.tells]


def _block(host: str, password: str) -> str:
    """The account of one host, and its user, who may not even send within it what it has no right to."""
    its, source = rights(host), f"account: {ROOM}"
    imports = [f"{{ service: {{ {source}, subject: {_quoted(subject)} }} }}" for subject in its.asks]
    imports += [f"{{ stream: {{ {source}, subject: {_quoted(subject)} }} }}" for subject in its.hears]
    exports = [f"{{ service: {_quoted(subject)}, accounts: [{ROOM}] }}" for subject in its.answers]
    exports += [f"{{ stream: {_quoted(subject)}, accounts: [{ROOM}] }}" for subject in its.tells]
    may_send = f"publish: {_quoted((*its.asks, *its.tells))}, allow_responses: true"
    may_hear = f"subscribe: {_quoted(('_INBOX.>', *map(_heard, its.hears), *its.answers))}"
    user = f"{{ user: {_quoted(host)}, password: {_quoted(password)}, permissions: {{ {may_send}, {may_hear} }} }}"
    return f"{account_of(host)} {{ users: [ {user} ], exports: {_list([exports])}, imports: {_list([imports])} }}"


def _heard(subject: str) -> str:
    """An edge listens to the deletions of all consumers; only those of its own come out of the desk's account."""
    of_consumers = "$JS.EVENT.ADVISORY.CONSUMER.DELETED."
    return f"{subject.rpartition('.')[0]}.>" if subject.startswith(of_consumers) else subject


def _answers(subject: str) -> str:
    return ", response_type: stream" if any(words in subject for words in _OFTEN) else ""


def _list(found: Iterable[Iterable[str]]) -> str:
    return f"[{', '.join(one for many in found for one in many)}]"


def _quoted(subjects: Iterable[str] | str) -> str:
    return json.dumps(subjects if isinstance(subjects, str) else list(subjects))
