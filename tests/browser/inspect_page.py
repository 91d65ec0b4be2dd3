"""Looks at a page as everybody meets it: light and dark, on a desk and a phone, near and from the last row.

All of axe's rules are asked once for each width; where only the colours and sizes are others, only the rules about these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

AXE = Axe().axe_script
DESK, PHONE = 1440, 390
LOOKS_ONLY = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
# Most of axe's time goes into what is there many times over, or not seen; the dialogs are checked separately.
THIN = """() => document.querySelectorAll(
  "dialog:not([open]), #journal-scroll li:not(:nth-last-child(-n+8)), .listings details:nth-child(n+5)",
).forEach(each => each.remove())"""
RUN = """async rules => {
  const options = {resultTypes: ["violations"], preload: false, ...(rules && {runOnly: {type: "rule", values: rules}})};
  const { violations } = await axe.run(document, options);
  const told = node => `${node.html.slice(0, 160)} (${[...node.any, ...node.all, ...node.none][0]?.message})`;
  return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(told).join(" ")}`);
}"""
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > width + 1);
  return wide.slice(-3).map(e => `too wide: ${e.outerHTML.slice(0, 160)}`);
}"""
# What is drawn half in the look before would have colours that nobody sees.
SETTLED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass(frozen=True, slots=True)
class Look:
    """One way to see a page; `every_rule`: run all of axe's rules."""

    view: str
    scheme: str
    width: int
    every_rule: bool = False


DESK_LOOKS = (
    Look("desk", "light", DESK, every_rule=True),
    Look("desk", "dark", DESK),
    Look("desk", "dark", PHONE),
    Look("desk", "light", PHONE, every_rule=True),
)
ALL_LOOKS = (
    *DESK_LOOKS,
    Look("projector", "light", PHONE),
    Look("projector", "dark", PHONE),
    Look("projector", "dark", DESK),
    Look("projector", "light", DESK, every_rule=True),
)
# For pages that differ in their words only, after one of them was seen in all looks.
MOST_LOOKS = (*DESK_LOOKS, Look("projector", "dark", DESK))


def show(page: Page, look: Look) -> None:
    """Show the page in a look, without loading it again."""
    page.set_viewport_size({"width": look.width, "height": 900})
    page.emulate_media(color_scheme=look.scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.evaluate("view => { document.documentElement.dataset.view = view; }", look.view)
    page.evaluate(SETTLED)


def faults(page: Page, looks: tuple[Look, ...] = ALL_LOOKS) -> list[str]:
    """Return all that axe finds, of any impact, and all that is wider than the window, in each of these looks.

    Afterwards the page lacks what it has many times over: load it again to use it.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    page.evaluate(THIN)
    found: list[str] = []
    for look in looks:
        show(page, look)
        seen: list[Any] = page.evaluate(RUN, None if look.every_rule else LOOKS_ONLY) + page.evaluate(TOO_WIDE)
        found += [f"{page.url} ({look.view}, {look.scheme}, {look.width}): {fault}" for fault in seen]
    return found
