"""The secrets of a room, in files that only their owner may read: what signs tickets, what makes a browser the
teacher's, and the passwords at the room's broker. They are on no command line and in no environment.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from studylab.room.codes import LETTERS
from studylab.room.protocol import HOST_NAME
from vango import kit
from vango.actors.files import own_folder, write_whole

T = TypeVar("T")
KEY_BYTES = 32
GROUPS, GROUP_LETTERS = 4, 4
ROOM_FILE, TEACHER_FILE, HOSTS_FOLDER = "room.key", "teacher-secret.txt", "keys"


@dataclass(frozen=True, slots=True)
class Keys:
    """All secrets of a room. `secret` is the teacher's, `tickets` signs tickets; the others are passwords."""

    tickets: str = field(repr=False)
    secret: str = field(repr=False)
    desk: str = field(repr=False)
    hosts: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class HostKey:
    """What one host on another machine needs: its name, its password and what signs tickets."""

    name: str
    password: str = field(repr=False)
    tickets: str = field(repr=False)


def of_room(folder: Path, hosts: Iterable[str]) -> Keys:
    """Return the secrets of the room in a folder, making those that are missing.

    For each host a file is written that can be taken to another machine, `keys/<host>.key`. Raises `Unavailable`
    when a file is there and cannot be read: new secrets would shut out everybody who is in.
    """
    path = own_folder(folder) / ROOM_FILE
    kept = _read(path, Keys) if path.exists() else Keys(_key(), _typed(), _key(), {})
    keys = Keys(kept.tickets, kept.secret, kept.desk, {host: _key() for host in hosts} | kept.hosts)
    if keys != kept or not path.exists():
        write_whole(path, msgspec.json.encode(keys))
    write_whole(folder / TEACHER_FILE, f"{keys.secret}\n")
    for name, password in keys.hosts.items():
        write_whole(
            own_folder(folder / HOSTS_FOLDER) / f"{name}.key",
            msgspec.json.encode(HostKey(name, password, keys.tickets)),
        )
    return keys


def of_host(path: Path) -> HostKey:
    """Read the file of `--room-key`. Raises `Unavailable`."""
    key = _read(path, HostKey)
    if not HOST_NAME.fullmatch(key.name):
        raise kit.Unavailable(f"{path} names no host of a room.")
    return key


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise kit.Unavailable(f"{path} cannot be read: {error.strerror or error}.") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise kit.Unavailable(f"{path} is not the key file it should be; it was written by `--room`.") from error


def _key() -> str:
    return secrets.token_urlsafe(KEY_BYTES)


def _typed() -> str:
    """A secret that a teacher can type: 16 letters, 68 bits, and guesses are limited."""
    letters = "".join(secrets.choice(LETTERS.lower()) for _ in range(GROUPS * GROUP_LETTERS))
    return "-".join(letters[at : at + GROUP_LETTERS] for at in range(0, len(letters), GROUP_LETTERS))
