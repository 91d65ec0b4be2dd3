"""The recipes of docs/room.md for a proxy, run as they stand there, with the test's own ports, name and certificate."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.room.running import Browser
from tests.web.learner import ROOT, until

PAGE = (ROOT / "docs" / "room.md").read_text(encoding="utf-8")
NGINX = """daemon off; pid {folder}/nginx.pid; error_log stderr; events {{}}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
uwsgi_temp_path {folder}; scgi_temp_path {folder};
{recipe} }}"""
CADDY = "{{\n admin off\n auto_https disable_redirects\n skip_install_trust\n}}\n{recipe}"
Places = Mapping[str, str]
"""Where a process of the recipe listens, and where that of the test does."""
Proxy = Callable[[Path, int, Places], list[str]]


def free_ports(*machines: str) -> int:
    """Return a port after which two more are free, on each of these addresses."""
    for first in range(23000, 32000, 3):
        with ExitStack() as stack:
            try:
                for port in range(first, first + 4):
                    for machine in machines or ("127.0.0.1",):
                        stack.enter_context(socket.create_server((machine, port)))
            except OSError:
                continue
        return first
    raise AssertionError("no four ports are free")


def recipe(opening: str, folder: Path, port: int, places: Places) -> str:
    """Return the recipe that begins so, with the lines for a host on another machine where there is one."""
    texts: list[str] = re.findall(r"```\w*\n(.*?)```", PAGE, re.DOTALL)
    found = next(text for text in texts if text.startswith(opening))
    if any(place.startswith("10.") for place in places):
        line = next(text for text in texts if "10.0.0.9" in text and text.startswith(opens_host(opening)))
        found = found.replace(before := opens_rest(opening), f"{line}{before}", 1)
    for told, place in places.items():
        found = found.replace(told, place)
    found = found.replace("/etc/ssl/lab.example.org", str(folder / "own")).replace("listen 443", f"listen {port}")
    if opening == "lab":
        found = found.replace("{\n", f"{{\n tls {folder}/own.pem {folder}/own.key\n", 1)
        return found.replace("lab.example.org", f"https://localhost:{port}")
    return found.replace("lab.example.org", "localhost")


def opens_host(opening: str) -> str:
    return "location /h5/" if opening == "server" else "handle /h5/"


def opens_rest(opening: str) -> str:
    return "    location / " if opening == "server" else "    handle {"


def nginx(folder: Path, port: int, places: Places) -> list[str]:
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, recipe=recipe("server", folder, port, places)))
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin") or ""
    return [program, "-p", f"{folder}", "-c", "nginx.conf"]


def caddy(folder: Path, port: int, places: Places) -> list[str]:
    (folder / "Caddyfile").write_text(CADDY.format(recipe=recipe("lab", folder, port, places)))
    return [shutil.which("caddy") or "", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


@contextmanager
def in_front(proxy: Proxy, folder: Path, port: int, places: Places) -> Iterator[str]:
    """Run a proxy at a port of this machine, and yield the one address that everybody types."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2",
         "-keyout", folder / "own.key", "-out", folder / "own.pem"], check=True, capture_output=True,
    )  # fmt: skip
    command = proxy(folder, port, places)
    if not command[0]:
        pytest.skip(f"{getattr(proxy, '__name__', proxy)} is not installed")
    with (folder / "proxy.log").open("w") as log, subprocess.Popen(command, stderr=log, stdout=log) as process:
        try:
            yield f"https://localhost:{port}"
        finally:
            process.terminate()


def answers(public: str, folder: Path) -> None:
    """Wait until the desk answers through the proxy."""
    until(lambda: Browser().status(f"{public}/join") == 200, (folder / "proxy.log").read_text())
