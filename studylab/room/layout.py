"""Who is where in a room on one machine: the settings of the desk and of each host, out of what was asked for.

Without a proxy every process has a port that browsers reach. With one, hosts are below the paths /h1, /h2 and so on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from studylab.room import addresses
from studylab.room.keys import HostKey, Keys
from studylab.room.permissions import DESK_USER
from studylab.room.settings import Bus, DeskSettings, HostSettings, Listening
from studylab.room.wanted import Wanted
from studylab.web import public
from studylab.web.guard import EVERYWHERE


@dataclass(frozen=True, slots=True)
class Layout:
    """A room's processes. `servers` are the room's broker, `ports` those of `desk` and of each host by name."""

    wanted: Wanted
    folder: Path
    keys: Keys = field(repr=False)
    servers: tuple[str, ...]
    ports: dict[str, int]

    @property
    def public(self) -> str:
        """The address of the room behind a proxy, without a slash at its end; empty without one."""
        return _whole(self.wanted.public) if self.wanted.public else ""

    def addresses(self) -> tuple[str, ...]:
        """Return the addresses of the desk as they are now, the best first, without a slash at their end."""
        return (self.public,) if self.public else tuple(self._at(machine, "desk") for machine in self._machines())

    def is_reachable(self) -> bool:
        """Return whether others can reach the room, as far as this machine can know."""
        return bool(self.public) or self._machines() != (addresses.HERE,)

    def desk(self) -> DeskSettings:
        """Return the settings of the front desk as they are now."""
        return DeskSettings(
            str(self.folder / "desk"), Bus(self.servers, DESK_USER, self.keys.desk), self._listening("desk"),
            self.addresses(), self.keys.tickets, self.keys.secret, labs=_text(self.wanted.labs),
        )  # fmt: skip

    def host(self, name: str) -> HostSettings:
        """Return the settings of a host as they are now."""
        key = HostKey(name, self.keys.hosts[name], self.keys.tickets)
        url = f"{self.public}/{name}" if self.public else self._at(self._machines()[0], name)
        listening = self._listening(name, url if self.public else "")
        return host(self.wanted, key, self.folder / name, self.servers, listening, url, self.addresses()[0])

    def _machines(self) -> tuple[str, ...]:
        if self.wanted.listen in EVERYWHERE:
            return addresses.reachable() or (addresses.HERE,)
        return (self.wanted.listen,)

    def _at(self, machine: str, name: str) -> str:
        return f"http://{f'[{machine}]' if ':' in machine else machine}:{self.ports[name]}"

    def _listening(self, name: str, public_url: str = "") -> Listening:
        names = (self.wanted.listen, *self.wanted.names)
        return Listening(self.wanted.listen, self.ports[name], names, public_url or self.public)


def host(
    wanted: Wanted, key: HostKey, folder: Path, servers: tuple[str, ...], listening: Listening,
    url: str, desk_url: str = "",
) -> HostSettings:  # fmt: skip
    """Return the settings of one host."""
    return HostSettings(
        key.name, str(folder), Bus(servers, key.name, key.password), listening, url, desk_url, key.tickets,
        room_for=wanted.max_benches, labs=_text(wanted.labs), nats_server=_text(wanted.nats_server),
        park_after_s=wanted.park_after_s, keep_place_s=wanted.keep_place_s, brokers_at=wanted.brokers_at,
    )  # fmt: skip


def by_hand(wanted: Wanted, key: HostKey) -> HostSettings:
    """Return the settings of a host that was started by hand. Raises `BadInput` when its public address is none."""
    url = _whole(wanted.public)
    below = public.parse(url)
    # Without a path there need be no proxy: the address is that of this machine, as it listens.
    names = (wanted.listen, below.host, *wanted.names)
    listening = Listening(wanted.listen, wanted.port, names, url if below.prefix or below.is_secret else "")
    return host(wanted, key, wanted.data / "room" / key.name, wanted.nats, listening, url)


def _whole(url: str) -> str:
    at = public.parse(url)
    return f"{at.origin}{at.prefix}"


def _text(path: Path | None) -> str:
    return str(path.resolve()) if path else ""
