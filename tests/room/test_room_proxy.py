"""The recipes of docs/room.md for a proxy, run as they stand there: TLS, one name, a desk and two hosts below it."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.room.running import Browser, RunningRoom
from tests.web.learner import ROOT, until

pytestmark = pytest.mark.slow
PAGE = (ROOT / "docs" / "room.md").read_text(encoding="utf-8")
NGINX = """daemon off; pid {folder}/nginx.pid; error_log stderr; events {{}}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
uwsgi_temp_path {folder}; scgi_temp_path {folder};
{recipe} }}"""
CADDY = "{{\n admin off\n auto_https disable_redirects\n skip_install_trust\n}}\n{recipe}"


def free_ports() -> int:
    """Return a port after which two more are free."""
    for first in range(23000, 32000, 3):
        with ExitStack() as stack:
            try:
                for port in range(first, first + 4):
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
        return first
    raise AssertionError("no four ports are free")


def recipe(opening: str, folder: Path, port: int) -> str:
    """Return the recipe that begins so, with the test's own ports, name and certificate."""
    found: str = next(text for text in re.findall(r"```\w*\n(.*?)```", PAGE, re.DOTALL) if text.startswith(opening))
    for number in (1, 2, 3):
        found = found.replace(f"127.0.0.1:{8320 + number}", f"127.0.0.1:{port + number}")
    found = found.replace("/etc/ssl/lab.example.org", str(folder / "own")).replace("listen 443", f"listen {port}")
    if opening == "lab":
        found = found.replace("{\n", f"{{\n tls {folder}/own.pem {folder}/own.key\n", 1)
        return found.replace("lab.example.org", f"https://localhost:{port}")
    return found.replace("lab.example.org", "localhost")


def nginx(folder: Path, port: int) -> list[str]:
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, recipe=recipe("server", folder, port)))
    return [
        shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin") or "",
        "-p",
        f"{folder}",
        "-c",
        "nginx.conf",
    ]


def caddy(folder: Path, port: int) -> list[str]:
    (folder / "Caddyfile").write_text(CADDY.format(recipe=recipe("lab", folder, port)))
    return [shutil.which("caddy") or "", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_learners_and_teacher_come_through_the_proxy(proxy: Callable[[Path, int], list[str]], tmp_path: Path) -> None:
    port = free_ports()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2",
         "-keyout", tmp_path / "own.key", "-out", tmp_path / "own.pem"], check=True, capture_output=True,
    )  # fmt: skip
    command = proxy(tmp_path, port)
    if not command[0]:
        pytest.skip(f"{proxy.__name__} is not installed")
    public = f"https://localhost:{port}"
    room = RunningRoom(tmp_path / "data", "--public-url", public, "--port", str(port + 1))
    with (tmp_path / "proxy.log").open("w") as log, subprocess.Popen(command, stderr=log, stdout=log) as process:
        try:
            assert room.opened().url == public
            until(lambda: Browser().status(f"{public}/join") == 200, (tmp_path / "proxy.log").read_text())
            at = {re.sub(r"(/h\d)/.*", r"\1", room.join(f"Ana {number}").at) for number in range(4)}
            assert at == {f"{public}/h1", f"{public}/h2"}
            teacher = Browser()
            secret = (room.data / "room" / "teacher-secret.txt").read_text()
            assert teacher.ask(f"{public}/teach", secret=secret)[0] == 200
        finally:
            process.terminate()
            room.end()
