"""A learner's hands at the page: one pair has a mouse, the other nothing but keys.

The keys are Tab, Shift+Tab, Enter, Space, the arrows and what the page lists under `?`. Nothing here clicks or moves
the focus from a script; scripts only read where the focus is.
"""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import Locator, Page, expect

MOST_TABS = 200
PANEL_KEYS = {"panel-guide": "g", "panel-truth": "0", "panel-relay": "y", "panel-stream": "s", "panel-journal": "j",
              "panel-broker": "b", "inspector": "i"}  # fmt: skip

WHICH_WAY = """target => {
  const here = document.activeElement;
  if (here === target) return "";
  return here.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING ? "Shift+Tab" : "Tab";
}"""
WHICH_PANEL = """target => {
  const panel = target.closest("#inspector, [id^='panel-']");
  if (!panel || document.querySelector("dialog:modal") || panel.contains(document.activeElement)) return [null, null];
  return [panel.id, panel.dataset.edge ?? null];
}"""
IS_MOVE = """target => {
  const due = target.closest("#panel-guide li.is-now :is(.move.is-next, .predict, .go-on), #panel-guide .begin");
  return Boolean(due) && !due.contains(document.activeElement);
}"""
IS_SUBMIT_HERE = """target => {
  const { type, form } = document.activeElement;
  return type === "radio" && Boolean(form) && form === target.form;
}"""
"""At a radio button Enter sends its form."""
SAME_GROUP = """target => {
  const here = document.activeElement;
  return here.type === "radio" && here.name === target.name && here.form === target.form;
}"""
WHERE = "(document.activeElement.outerHTML ?? '').slice(0, 200)"


class Hands(Protocol):
    """What hands can do at a page, whichever they are."""

    page: Page

    def reach(self, target: Locator) -> None:
        """Be where the next press would use it."""

    def press(self, target: Locator) -> None:
        """Use a button, a link or the summary of something folded."""

    def visit(self, place: Locator) -> None:
        """Select a place of the stage, so that the inspector shows it."""

    def turn_to(self, tab: Locator) -> None:
        """Show what a tab has."""

    def choose(self, target: Locator, option: str) -> None:
        """Choose an option of a select."""

    def write(self, target: Locator, text: str) -> None:
        """Replace what stands in a field."""

    def tick(self, target: Locator) -> None:
        """Choose a radio button."""


class Mouse:
    """Points and clicks; types only where text is asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, target: Locator) -> None:
        target.hover()

    def press(self, target: Locator) -> None:
        target.click()

    def visit(self, place: Locator) -> None:
        place.locator("h3").first.click()

    def turn_to(self, tab: Locator) -> None:
        tab.click()

    def choose(self, target: Locator, option: str) -> None:
        target.select_option(option)

    def write(self, target: Locator, text: str) -> None:
        target.click(click_count=3)
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)

    def tick(self, target: Locator) -> None:
        target.click()


class Keys:
    """Has no mouse, and counts the presses of keys."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.presses = 0

    def hit(self, key: str) -> None:
        """Press a key."""
        self.presses += 1
        self.page.keyboard.press(key)

    def reach(self, target: Locator) -> None:
        """Bring the focus to something, as far as possible by the key of the panel that it stands in."""
        expect(target).to_be_enabled()
        self._jump(target)
        self._tab_until(target, "target => target === document.activeElement")

    def press(self, target: Locator) -> None:
        if not target.evaluate(IS_SUBMIT_HERE):
            self.reach(target)
        self.hit("Enter")

    def visit(self, place: Locator) -> None:
        digit = place.get_attribute("data-edge")
        self.hit(digit or PANEL_KEYS[place.get_attribute("id") or ""])

    def turn_to(self, tab: Locator) -> None:
        self.reach(tab.locator("xpath=..").locator("[aria-selected='true']"))
        for _ in range(10):
            if tab.get_attribute("aria-selected") == "true":
                return
            self.hit("ArrowRight")
        raise AssertionError(f"ten times an arrow did not lead to {tab}")

    def choose(self, target: Locator, option: str) -> None:
        self.reach(target)
        options = target.locator("option").evaluate_all("all => all.map(option => option.value)")
        steps = options.index(option) - options.index(target.input_value())
        for _ in range(abs(steps)):
            self.hit("ArrowDown" if steps > 0 else "ArrowUp")
        expect(target).to_have_value(option)

    def write(self, target: Locator, text: str) -> None:
        self.reach(target)
        self.hit("Control+a")
        self.hit("Delete")
        self.presses += len(text)
        self.page.keyboard.type(text)

    def tick(self, target: Locator) -> None:
        """A group of radio buttons is one stop of the Tab key; within it the arrows move and choose."""
        self._jump(target)
        self._tab_until(target, SAME_GROUP)
        for _ in range(10):
            if not target.evaluate(WHICH_WAY):
                break
            self.hit("ArrowDown")
        if not target.is_checked():
            self.hit("Space")
        expect(target).to_be_checked()

    def _jump(self, target: Locator) -> None:
        if target.evaluate(IS_MOVE):
            self.hit("m")
            return
        panel, digit = target.evaluate(WHICH_PANEL)
        if key := digit or PANEL_KEYS.get(panel):
            self.hit(key)

    def _tab_until(self, target: Locator, arrived: str) -> None:
        for _ in range(MOST_TABS):
            if target.evaluate(arrived):
                return
            self.hit(target.evaluate(WHICH_WAY))
        raise AssertionError(
            f"{MOST_TABS} times Tab did not lead to {target}; the focus is at {self.page.evaluate(WHERE)}"
        )
