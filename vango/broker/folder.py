"""The folder of one broker: its credentials, its port, its config, its log, its store and the kept copy.

It only reads and writes files; `vango.broker.broker` runs the process. Only the owner may read files with a password.
Folders are replaced by renaming, so a crash leaves the old one or the new one and never half of one.
"""

from __future__ import annotations

import contextlib
import errno
import json
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from vango.actors.errors import Unavailable
from vango.actors.files import write_whole
from vango.broker import permissions

ANY_PORT = -1
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"
LOG_READ_BYTES = 16_384
PROBE, PROBE_BYTES = "is-there-room", 65_536
PORT_TAKEN = ("address already in use", "Only one usage of each socket address")

CONFIG = """\
listen: "{listen}:{port}"
server_name: {name}
ports_file_dir: {ports}
log_file: {log}
logfile_size_limit: 1MB
logfile_max_num: 2
max_payload: 64KB
max_connections: 256
accounts {{
  {bench} {{ jetstream: enabled, users: [ {{ user: {user}, password: {password} }} ], exports: {exports} }}
  {outside} {{
    users: [ {{ user: {edge_user}, password: {edge_password}, permissions: {edge_rights} }} ]
    imports: {imports}
  }}
}}
jetstream {{ store_dir: {store}, max_file_store: 256MB, max_memory_store: 16MB }}
"""


class BrokerFolder:
    """The place of everything of one broker. Making one creates the folder and, once, its credentials."""

    def __init__(self, folder: Path) -> None:
        self.path = folder.resolve()
        self.store, self.kept = self.path / "store", self.path / "kept"
        self.config, self.log = self.path / "nats.conf", self.path / "server.log"
        self.ports = self.path / "ports"
        self.ports.mkdir(parents=True, exist_ok=True)
        known = _credentials(self.path / "credentials.json")
        self.user, self.password = known["user"], known["password"]
        self.edge_user, self.edge_password = known["edge_user"], known["edge_password"]
        self.port = _read_port(self.path / "port")

    def remember_port(self, port: int) -> None:
        """Use this port from now on, in the next run of the app too."""
        if port != self.port:
            write_whole(self.path / "port", str(port))
        self.port = port

    def url_at(self, address: str) -> str:
        """Return where the server is reached at an address of this machine; empty before its first start."""
        return f"nats://{address}:{self.port}" if self.port != ANY_PORT else ""

    def prepare(self, name: str, port: int, listen: str = LOOPBACK) -> None:
        """Write the config for a start on this port and address, and remove ports files of earlier servers."""
        for stale in self.ports.glob("*.ports"):
            stale.unlink()
        write_whole(self.config, self.told(name, port, listen))
        self._name_account()

    def told(self, name: str, port: int, listen: str = LOOPBACK) -> str:
        """Return the config. A server that is no bench's has one of its own."""
        values = {
            "name": name.replace(" ", "-"),
            "ports": str(self.ports),
            "log": str(self.log),
            "user": self.user,
            "password": self.password,
            "edge_user": self.edge_user,
            "edge_password": self.edge_password,
            "store": str(self.store),
        }
        quoted = {key: json.dumps(value, ensure_ascii=False) for key, value in values.items()}
        of_accounts = {
            "bench": permissions.BENCH, "outside": permissions.EDGES_OUTSIDE, "edge_rights": permissions.of_an_edge(),
            "exports": permissions.exports(), "imports": permissions.imports(),
        }  # fmt: skip
        return CONFIG.format(port=port, listen=listen, **of_accounts, **quoted)

    def _name_account(self) -> None:
        """An earlier version's store is under the server's unnamed account: give it the bench's name."""
        unnamed, named = (self.store / "jetstream" / account for account in ("$G", permissions.BENCH))
        if unnamed.is_dir() and not named.exists():
            unnamed.rename(named)

    def said_port(self, pid: int) -> int:
        """Return the port in the file that the server writes, 0 while it is missing or half written.

        See docs/nats-facts.md#ports-file.
        """
        for path in self.ports.glob(f"*_{pid}.ports"):
            with contextlib.suppress(OSError, ValueError, LookupError):
                return int(json.loads(path.read_text("utf-8"))["nats"][0].rpartition(":")[2])
        return 0

    def log_size(self) -> int:
        """The length of the log in bytes."""
        with contextlib.suppress(OSError):
            return self.log.stat().st_size
        return 0

    def log_since(self, offset: int) -> str:
        """Return the log since it had that length; all of it if it was started again since."""
        with contextlib.suppress(OSError), self.log.open("rb") as file:
            file.seek(offset if offset <= self.log_size() else 0)
            return file.read(LOG_READ_BYTES).decode("utf-8", "replace")
        return ""

    def last_line(self) -> str:
        """Return the last line of the log, or a sentence that there is none."""
        lines = self.log_since(max(0, self.log_size() - LOG_READ_BYTES)).strip().splitlines()
        return lines[-1] if lines else "its log is empty"

    def is_full(self) -> bool:
        """Return whether the disk is full, by writing something, because any limit may apply."""
        probe = self.path / PROBE
        try:
            with probe.open("wb", buffering=0) as file:
                file.write(bytes(PROBE_BYTES))
        except OSError as error:
            return error.errno in (errno.ENOSPC, errno.EDQUOT)
        finally:
            with contextlib.suppress(FileNotFoundError):
                probe.unlink()
        return False

    def copy(self, source: Path, name: str) -> Path:
        """Copy a store to a fresh folder of that name and return it. On `Unavailable` no folder is left."""
        target = self.path / f"{name}.new"
        shutil.rmtree(target, ignore_errors=True)
        try:
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                target.mkdir()
        except (OSError, shutil.Error) as error:
            shutil.rmtree(target, ignore_errors=True)
            why = error.strerror or "some of its files could not be written"
            raise Unavailable(f"The store could not be copied: {why}. Free some space, then try again.") from error
        return target

    def move_away(self, folders: Iterable[Path]) -> list[Path]:
        """Rename folders to trash, which is quick for any size, and return the trash, older trash too."""
        for folder in folders:
            if folder.exists():
                folder.rename(self.path / f"trash-{secrets.token_hex(4)}")
        return list(self.path.glob("trash-*"))


def _credentials(path: Path) -> dict[str, str]:
    """Read the names and passwords of both users; create missing ones once."""
    made = {
        "user": "bench", "password": secrets.token_urlsafe(18),
        "edge_user": "edge", "edge_password": secrets.token_urlsafe(18),
    }  # fmt: skip
    found: dict[str, str] = {}
    with contextlib.suppress(OSError, ValueError, AttributeError):
        found = {name: str(value) for name, value in json.loads(path.read_text("utf-8")).items() if name in made}
    if found.keys() < made.keys():
        write_whole(path, json.dumps({**made, **found}))
    return {**made, **found}


def _read_port(path: Path) -> int:
    with contextlib.suppress(OSError, ValueError):
        port = int(path.read_text("utf-8"))
        return port if 0 < port < 65536 else ANY_PORT
    return ANY_PORT
