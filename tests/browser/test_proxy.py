"""The recipe for a proxy in docs/operations.md, run as it stands there: nginx with TLS, the app below a path."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.evidence import Witness
from tests.browser.hands import Mouse
from tests.browser.learner import Learner
from tests.browser.served import ROOT, Served, lasting_port

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
WHOLE = """daemon off; pid {folder}/nginx.pid; error_log stderr;
events {{}}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
uwsgi_temp_path {folder}; scgi_temp_path {folder};
{server}
}}"""


def recipe(folder: Path, port: int, app: str) -> str:
    """Return the recipe with the test's own ports and certificate in place of those that the document names."""
    found = re.search(r"```nginx\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    changes = {
        "listen 443": f"listen 127.0.0.1:{port}",
        "/etc/ssl/example.org": str(folder / "own"),
        "http://127.0.0.1:8321": app.rstrip("/"),
        "server_name example.org": "server_name localhost",
    }
    server = found[1]
    for named, own in changes.items():
        assert named in server
        server = server.replace(named, own)
    return WHOLE.format(folder=folder, server=server)


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[str]:
    """The app behind such a proxy. Returns the address that visitors type."""
    if NGINX is None:
        pytest.skip("nginx is not installed (Debian: apt-get install nginx-light)")
    port = lasting_port()
    public = f"https://localhost:{port}/lab"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2",
         "-keyout", tmp_path / "own.key", "-out", tmp_path / "own.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    with Served(tmp_path, 0, "--public-url", public) as served:
        conf = tmp_path / "nginx.conf"
        conf.write_text(recipe(tmp_path, port, served.address), encoding="utf-8")
        nginx = subprocess.Popen([NGINX, "-p", str(tmp_path), "-c", str(conf)], stderr=subprocess.PIPE, text=True)
        try:
            while nginx.poll() is None and not answers(port):
                pass
            yield public
        finally:
            nginx.terminate()
            said = nginx.communicate(timeout=20)[1]
    assert nginx.returncode == 0, said


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_the_recipe_for_a_proxy_works(browser: Browser, proxied: str, tmp_path: Path) -> None:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    failed: list[str] = []
    page.on("response", lambda answer: failed.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    page.goto(f"{proxied}/")
    page.get_by_role("link", name="Open the sandbox").click()
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#age")).to_have_attribute("data-age", "live")
    learner = Learner(Mouse(page), Witness(page, tmp_path, "/lab"))
    learner.promotes("shop", "alloc-c")
    expect(page.locator("#panel-edge-fra")).to_contain_text("Current at 4")
    learner.opens_moment()
    page.get_by_role("link", name="Recording", exact=True).click()
    expect(page.locator("#recorded")).to_be_visible()
    page.goto(f"{proxied}/labs/commit-first")
    page.locator("#panel-guide .begin button").click()
    page.locator("li.is-now .prose a.term").first.click()
    expect(page.locator("#term-card a")).to_have_attribute("href", re.compile("^/lab/concepts/"))
    (cookie,) = context.cookies()
    assert (cookie["secure"], cookie["path"], cookie["sameSite"]) == (True, "/lab/", "Lax")
    assert failed == []
    context.close()
