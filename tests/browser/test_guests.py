"""Attaching, and an edge brought along: its card, its lie, its silence and its removal, by mouse, by keys and on a phone."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.brought import brought_along
from tests.browser.learner import Learner, has_bench

SILENT_MS = 30_000
PURGE = """
import asyncio, nats, sys
async def main(url, user, password):
    client = await nats.connect(url, user=user, password=password, inbox_prefix="_INBOX_edge")
    await client.request("$JS.API.STREAM.CREATE.ORDERS", b'{"name": "ORDERS", "subjects": ["orders.>"]}')
    await client.request("$JS.API.STREAM.PURGE.ROUTES", b"")
    await client.close()
asyncio.run(main(*sys.argv[1:]))
"""


def broker_of(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.request.get("/bench.json").json()["broker"]
    return found


def test_a_guest_has_a_card_beside_the_edges_and_its_lie_is_said(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    page = by_mouse.page
    with brought_along(page, "honest"), brought_along(page, "liar", routes={"shop": {"owner": "alloc-z", "epoch": 9}}):
        honest, liar = page.locator("#guest-honest"), page.locator("#guest-liar")
        expect(honest.locator(".claim")).to_have_text("Current at 3")
        expect(honest).to_contain_text("requests: all right")
        expect(liar.locator(".claim")).to_have_text("Says current at 3, is not")
        expect(liar).to_contain_text("liar serves shop from an owner that the database never chose.")
        expect(page.locator("#panel-verdict")).to_contain_text("liar serves shop from an owner")
        expect(page.locator("#panel-journal .lanes-names")).to_contain_text("guests")
        cards, edges = (
            page.locator("#panel-guests .card").first.bounding_box(),
            page.locator("#panel-edge-fra .card").bounding_box(),
        )
        assert cards is not None
        assert edges is not None
        assert abs(cards["width"] - edges["width"]) < 2
        # Whichever of the two was heard first is the fourth edge.
        page.keyboard.press(honest.get_attribute("data-edge") or "none")
        expect(honest).to_be_focused()
        by_mouse.hands.press(liar.locator("summary"))
        by_mouse.hands.press(liar.get_by_role("button", name="Remove"))
        expect(liar).to_have_count(0)
        expect(page.locator("#panel-verdict")).to_contain_text("Sound")
        expect(page.locator("#turned-away")).to_contain_text("liar was removed by the learner")


def test_a_killed_guest_is_shown_as_silent_with_its_age(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    page = by_mouse.page
    with brought_along(page, "mine") as process:
        expect(page.locator("#guest-mine .claim")).to_have_text("Current at 3")
        process.kill()
        expect(page.locator("#guest-mine .claim")).to_have_text("Silent", timeout=SILENT_MS)
        expect(page.locator("#guest-mine")).to_contain_text("said “current at 3”")


def test_what_a_guest_sends_is_shown_as_text(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    page = by_mouse.page
    markup = "<img src=x onerror=alert(1)><b hx-get=/>"
    with brought_along(page, "mine", mode="failed closed", reason=markup), brought_along(page, "<i>", routes=markup):
        expect(page.locator("#guest-mine .reason").last).to_have_text(markup)
        expect(page.locator("#turned-away")).to_contain_text("edges.<i>.claim")
        assert page.locator("#panel-guests img, #turned-away i, #panel-journal img").count() == 0


def test_attaching_by_keys_shows_what_a_client_needs_and_copies_it(by_keys: Learner) -> None:
    by_keys.opens("/sandbox")
    page, broker = by_keys.page, broker_of(by_keys.page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    sheet = page.locator("#broker-sheet")
    expect(sheet).to_be_visible()
    add = f"nats context add study-lab --server {broker['url']} --user {broker['user']} --password {broker['password']} --select"
    for name, text in (
        ("Copy the URL", broker["url"]), ("Copy the user", broker["user"]), ("Copy the password", broker["password"]),
        ("Copy the line that adds a context", add), ("Copy the line that lists the streams", "nats --context study-lab stream ls"),
        ("Copy the edges’ user", broker["edge_user"]), ("Copy the edges’ password", broker["edge_password"]),
    ):  # fmt: skip
        expect(sheet.locator("pre, code").get_by_text(text, exact=True).first).to_be_visible()
        by_keys.hands.press(sheet.get_by_role("button", name=name, exact=True))
        page.wait_for_function("text => navigator.clipboard.readText().then(found => found === text)", arg=text)
    page.keyboard.press("Escape")
    expect(sheet).not_to_be_visible()
    expect(page.locator("#panel-broker button").first).to_be_focused()


def test_what_an_attached_client_does_appears(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    page, broker = by_mouse.page, broker_of(by_mouse.page)
    subprocess.run(
        [sys.executable, "-c", PURGE, broker["url"], broker["user"], broker["password"]], check=True, timeout=60
    )
    expect(page.locator("#panel-stream")).to_contain_text("0 messages")
    expect(page.locator("[id='outside.ORDERS']")).to_contain_text("orders.>")


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1440, "light"),
        (390, "dark"),
        *(pytest.param(*look, marks=pytest.mark.slow) for look in ((1440, "dark"), (390, "light"))),
    ],
)
def test_guests_and_the_sheet_fit_and_have_no_accessibility_violation(
    browser: Browser, address: str, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, base_url=address, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    has_bench(page)
    page.goto("/sandbox")
    lie = {"routes": {"shop": {"owner": "alloc-z", "epoch": 9}}}
    with brought_along(page, "a-name-of-24-characters-", **lie), brought_along(page, "name-of-24-characters-ok", **lie):
        expect(page.locator("#guest-name-of-24-characters-ok .claim")).to_contain_text("is not")
        expect(page.locator("#turned-away")).to_be_visible()
        page.locator("#panel-broker button").first.click()
        expect(page.locator("#broker-sheet")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        violations = Axe().run(page).response["violations"]
    context.close()
    assert [(found["id"], [node["html"] for node in found["nodes"]]) for found in violations] == []


def test_bench_json_says_of_a_guest_what_its_card_says(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    page = by_mouse.page
    with brought_along(page, "mine", sequence=99, event_id="none"):
        expect(page.locator("#guest-mine .claim")).to_have_text("Says current at 99, is not")
        guest = json.loads(page.request.get("/bench.json").text())["guests"][0]
    assert (guest["name"], guest["claim"], guest["silent"]) == ("mine", "current at 99", False)
    assert [finding["kind"] for finding in guest["findings"]] == ["false confidence"]
