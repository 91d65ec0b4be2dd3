"""What a page looked like when its test failed: a picture, and what no picture shows."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Error, Page

FOLDER = Path(__file__).parents[2] / "test-results"
# The place that the inspector shows, the tabs and sheets that are open, the focus, and how many moments there are.
STATE = """() => {
  const ids = (selector) => [...document.querySelectorAll(selector)].map((element) => element.id || element.dataset.of);
  return {
    address: location.href,
    selected: document.querySelector('.stage')?.dataset.selected,
    picked: ids('[data-picked]'),
    sheets: ids('.sheet-of:not([hidden])'),
    tabs: ids("[role='tab'][aria-selected='true']"),
    dialogs: ids('dialog[open], [popover]:popover-open'),
    focus: document.activeElement?.outerHTML.slice(0, 300),
    newest: ids('#panel-journal .moments > li').at(-1),
  };
}"""


def describe(page: Page, name: str) -> str:
    """Keep a picture in the folder of test results, and return the state of the page in lines."""
    try:
        state = page.evaluate(STATE)
        FOLDER.mkdir(exist_ok=True)
        page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", timeout=5_000)
    except Error as error:
        return f"The page could not be looked at: {error.message}"
    return "\n".join(f"{key}: {value}" for key, value in state.items())
