"""The addresses of this machine at which phones in the same network can reach it, the best first.

Nothing is sent: the system is asked which address it would use, and which it has.
"""

from __future__ import annotations

import importlib
import ipaddress
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

FAR = ("198.51.100.1", 9)
"""An address for documentation: somewhere beyond the gateway."""
ASK_FOR = {"linux": 0x8915, "darwin": 0xC0206921}
"""SIOCGIFADDR: the address of an interface."""
NAME_BYTES = 16
OF_CONTAINERS = ("docker", "br-", "veth", "virbr", "vmnet", "cni", "podman", "lxc")
HERE = "127.0.0.1"


def reachable() -> tuple[str, ...]:
    """Return the IPv4 addresses that others can reach; none when there is no network."""
    found = [address for address in (*_towards_far(), *_of_interfaces(), *_of_name()) if _is_for_others(address)]
    return tuple(dict.fromkeys(found))


def _is_for_others(address: str) -> bool:
    read = ipaddress.ip_address(address)
    return not (read.is_loopback or read.is_link_local or read.is_unspecified)


def _towards_far() -> Iterator[str]:
    """The address on the way to the internet, if there is one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked, suppress(OSError):
        asked.connect(FAR)
        yield asked.getsockname()[0]


def _of_interfaces() -> Iterator[str]:
    """Those of all interfaces: a network of a class need not lead anywhere. Those of containers come last."""
    if sys.platform not in ASK_FOR:
        return
    names = sorted((name for _, name in socket.if_nameindex()), key=lambda name: name.startswith(OF_CONTAINERS))
    fcntl: Any = importlib.import_module("fcntl")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for name in names:
            question = struct.pack("256s", name.encode()[: NAME_BYTES - 1])
            with suppress(OSError):
                yield socket.inet_ntoa(fcntl.ioctl(asked.fileno(), ASK_FOR[sys.platform], question)[20:24])


def _of_name() -> Iterator[str]:
    with suppress(OSError):
        for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET):
            yield str(found[4][0])
