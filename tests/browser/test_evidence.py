"""The evidence of a moment and the tabs of the code that runs, by mouse and by keys, while the page goes on living."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.learner import Learner
from tests.browser.test_focus import post

OFF_ITS_END = "[document.getElementById('journal-scroll')].map(e => e.scrollHeight - e.scrollTop - e.clientHeight)[0]"


def promoted(learner: Learner) -> Locator:
    """Return the journal's moment of a relay that publishes a promotion."""
    learner.opens("/sandbox")
    learner.promotes("shop", "alloc-c")
    learner.lists_the_moments()
    moment = learner.page.locator("#panel-journal li.lane-relay", has_text="publish route-4").last
    expect(moment).to_be_visible()
    return moment


def panel(page: Page, tab: Locator) -> Locator:
    return page.locator(f"#{tab.get_attribute('aria-controls')}")


def test_a_moment_opens_to_what_really_passed(by_mouse: Learner) -> None:
    moment = promoted(by_mouse)
    moment.locator("summary").click()
    tabs = moment.get_by_role("tab")
    expect(tabs).to_have_text(["Message", "nats CLI", "Source"])
    expect(panel(by_mouse.page, tabs.first)).to_contain_text("Nats-Msg-Id: route-4")
    tabs.nth(1).click()
    expect(panel(by_mouse.page, tabs.nth(1))).to_contain_text("nats pub route.owner.updated.shop")
    expect(panel(by_mouse.page, tabs.first)).to_be_hidden()


def test_the_lines_of_a_function_are_there_when_it_is_opened_and_stay(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    by_mouse.selects("relay", "code")
    lines = by_mouse.page.locator("#code-relay pre")
    by_mouse.page.locator("#code-relay summary").click()
    expect(lines).to_contain_text("async def publish")
    by_mouse.promotes("shop", "alloc-c")
    expect(by_mouse.page.locator("#panel-edge-fra")).to_contain_text("Current at 4")
    expect(lines).to_contain_text("async def publish")


def test_a_moment_of_a_recording_opens_as_well_and_offers_no_fork(by_mouse: Learner) -> None:
    moment = promoted(by_mouse)
    name = moment.get_attribute("id")
    by_mouse.page.get_by_role("link", name="Recording", exact=True).click()
    by_mouse.page.wait_for_url("**/recording*")
    by_mouse.lists_the_moments()
    recorded = by_mouse.page.locator(f"#{name}")
    recorded.locator("summary").click()
    expect(recorded.get_by_role("tab")).to_have_text(["Message", "nats CLI", "Source"])
    expect(recorded.get_by_role("button", name="Fork")).to_have_count(0)


def test_on_a_phone_the_moments_end_in_sight_until_somebody_scrolls_up(by_mouse: Learner) -> None:
    page = by_mouse.page
    page.set_viewport_size({"width": 390, "height": 844})
    by_mouse.opens("/sandbox")
    by_mouse.lists_the_moments()
    moments, last = page.locator("#journal-scroll"), page.locator("#panel-edge-syd")
    for burst in range(1, 6):
        # Some lines take two, in a list that takes what is out of sight for one.
        post(page, "burst", n="5")
        expect(last).to_contain_text(f"Current at {3 + 5 * burst}")
        moments.scroll_into_view_if_needed()
        page.wait_for_function(f"() => {OFF_ITS_END} < 24")
    moments.hover()
    page.mouse.wheel(0, -200)
    page.wait_for_function(f"() => {OFF_ITS_END} > 100")
    post(page, "burst", n="1")
    expect(last).to_contain_text("Current at 29")
    assert page.evaluate(OFF_ITS_END) > 100


def test_an_open_moment_stays_as_it_is_while_a_burst_passes(by_mouse: Learner) -> None:
    moment = promoted(by_mouse)
    moment.locator("summary").click()
    source = moment.get_by_role("tab", name="Source")
    source.click()
    post(by_mouse.page, "burst", n="5")
    expect(by_mouse.page.locator("#panel-edge-fra")).to_contain_text("Current at 9")
    expect(panel(by_mouse.page, source)).to_be_visible()
    expect(panel(by_mouse.page, source)).to_contain_text("vango/relay/pipeline.py, line")


def test_the_tabs_go_by_arrow_keys_and_the_chosen_one_stays_chosen(by_mouse: Learner) -> None:
    page = by_mouse.page
    by_mouse.opens("/sandbox")
    page.locator("#inspect-now").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#inspect-nats")).to_be_focused()
    post(page, "purge", keep="1")
    page.locator("#latest-cli summary").click()
    expect(page.locator("#latest-cli pre")).to_have_text("nats stream purge ROUTES --keep=1 --force")
    expect(page.locator("#latest-cli pre")).to_be_visible()
    expect(page.locator("#latest-api")).to_contain_text("$JS.API.STREAM.PURGE.ROUTES")
    page.locator("#inspect-nats").focus()
    page.keyboard.press("Home")
    expect(page.locator("#inspect-now-panel")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#inspect-trials")).to_be_focused()
    expect(page.get_by_role("tab", selected=True)).to_have_count(1)


def test_a_box_of_the_lanes_opens_its_moment(by_mouse: Learner) -> None:
    by_mouse.opens("/sandbox")
    by_mouse.promotes("shop", "alloc-c")
    page = by_mouse.page
    # Not the edges: they are drawn before the lanes.
    expect(page.locator("#panel-journal")).to_contain_text("promotion of shop to alloc-c")
    box = page.locator(".lanes a.box.is-truth").last
    moment = page.locator((box.get_attribute("href") or "") + " .what")
    expect(moment).not_to_be_in_viewport()
    box.click()
    expect(moment).to_be_in_viewport()
    expect(moment).to_contain_text("promotion of shop to alloc-c")
