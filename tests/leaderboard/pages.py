"""What tests do on the leaderboard's page."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

__all__ = ["choose", "drawer_of", "names", "open_entry", "sort_by"]


def names(page: Page) -> list[str]:
    """The models of the table, from top to bottom."""
    return page.locator("#ranking tr.entry .name").all_inner_texts()


def sort_by(page: Page, title: str) -> None:
    """Click on a heading."""
    page.locator("#ranking .heads").get_by_role("button", name=title, exact=True).click()


def choose(page: Page, *chosen: str) -> None:
    """Tick entries."""
    for name in chosen:
        page.get_by_role("checkbox", name=f"Choose {name}", exact=True).check()


def drawer_of(page: Page) -> Locator:
    """The drawer, which is open and has its contents."""
    drawer = page.get_by_role("dialog")
    expect(drawer).to_be_visible()
    expect(drawer.get_by_text("Loading…")).to_have_count(0)
    return drawer


def open_entry(page: Page, name: str, tab: str = "Details") -> Locator:
    """Open the drawer of an entry."""
    page.get_by_role("button", name=name, exact=True).click()
    if tab != "Details":
        page.get_by_role("dialog").get_by_role("button", name=tab).click()
    return drawer_of(page)
