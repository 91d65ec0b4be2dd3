"""Progress and the lab notebook in a real browser: by keyboard and on paper."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

PLAY = """async () => {
  const post = (act, body) => fetch('/labs/commit-first/' + act, {method: 'POST', body: JSON.stringify(body),
    headers: {'Content-Type': 'application/json', 'Accept': 'application/json'}});
  await post('start', {});
  await post('do-it', {step: 'watch'});
  await post('predict', {step: 'predict-phantom', option: 'nothing', confidence: 'certain'});
  await post('hint', {step: 'phantom'});
  await post('do-it', {step: 'phantom'});
  await post('proceed', {step: 'explain-phantom'});
  await post('do-it', {step: 'mend'});
  await post('predict', {step: 'predict-untold', option: 'untold', confidence: 'fairly sure'});
  await post('do-it', {step: 'untold'});
}"""


def play(page: Page) -> None:
    """Play the first seven steps of lab 1: two predictions, one of them right."""
    page.goto("/sandbox")
    page.evaluate(PLAY)


def test_progress_is_seen_exported_and_imported_by_keyboard(page: Page, browser: Browser, tmp_path: Path) -> None:
    play(page)
    page.get_by_role("link", name="Progress").first.click()
    expect(page.locator("h1")).to_have_text("Progress")
    expect(page.locator(".done-labs")).to_contain_text("7 of 10 steps")
    expect(page.get_by_role("img", name="Share of predictions that came true")).to_be_visible()
    expect(page.get_by_role("row", name="certain")).to_contain_text("0 (0%)")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    file = tmp_path / "progress.json"
    download.value.save_as(file)
    assert len(json.loads(file.read_text())["labs"]) == 1

    context = browser.new_context(base_url=page.url.removesuffix("/progress"))
    other = context.new_page()
    other.goto("/progress")
    other.get_by_label("Import an export").set_input_files(file)
    other.get_by_label("Import an export").focus()
    other.keyboard.press("Tab")
    other.keyboard.press("Enter")
    expect(other.locator(".told.is-ok")).to_contain_text("was extended")
    expect(other.locator(".done-labs")).to_contain_text("7 of 10 steps")
    file.write_text("nonsense")
    other.get_by_label("Import an export").set_input_files(file)
    other.get_by_role("button", name="Import", exact=True).click()
    expect(other.get_by_role("alert")).to_contain_text("Nothing was changed.")
    expect(other.locator(".done-labs")).to_contain_text("7 of 10 steps")
    context.close()


def test_the_notebook_prints_without_the_frame_and_with_every_record(page: Page) -> None:
    play(page)
    page.goto("/progress/notebook")
    expect(page.locator(".notebook")).to_contain_text("I predicted")
    page.emulate_media(media="print")
    expect(page.locator("header.top")).to_be_hidden()
    expect(page.locator(".on-screen")).to_be_hidden()
    expect(page.locator(".records").first).to_be_visible()
    assert len(page.pdf()) > 10_000
