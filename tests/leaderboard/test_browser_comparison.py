"""Two models side by side, in headless Chromium."""

import json
import re

from playwright.sync_api import expect

from tests.leaderboard.conftest import PHONE
from tests.leaderboard.pages import choose, drawer_of


def compare(page, first, second):
    choose(page, first, second)
    page.get_by_role("button", name=f"Compare {first} with {second}").click()
    return drawer_of(page)


def test_two_ticked_entries_are_compared(open_page):
    page = open_page()
    button = page.locator("#compare")
    expect(button).to_be_hidden()
    choose(page, "Alpha base")
    expect(button).to_be_disabled()
    drawer = compare(page, "Alpha base", "Beta cut")
    expect(drawer).to_have_accessible_name("Alpha base against Beta cut")
    board = json.loads(page.evaluate("JSON.stringify(gonerd.boards[0])"))
    one, other = (
        next(r for r in board["rows"] if r["name"] == n) for n in ("Alpha base", "Beta cut")
    )
    f1 = drawer.locator(".versus tbody tr").first.locator("td").all_inner_texts()
    assert [float(text) for text in f1] == [
        round(100 * value, 1) for value in (one["f1"], other["f1"], one["f1"] - other["f1"])
    ]
    tests = board["significance"]
    i, j = (tests["rows"].index(board["rows"].index(row)) for row in (one, other))
    p = tests["p"][i][j]
    expect(drawer).to_contain_text("p < 0.001" if p < 0.001 else f"p {p:.3f}")
    choose_third = page.locator("tr.entry").nth(1).locator("input")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    choose_third.check()
    expect(button).to_be_disabled()


def test_documents_in_which_they_differ_stand_side_by_side(open_page):
    page = open_page()
    drawer = compare(page, "Alpha base", "Beta cut")
    only = drawer.get_by_label("Only documents in which they differ")
    expect(only).to_be_checked()
    differing = drawer.locator(".list .id").count()
    columns = drawer.locator(".beside section")
    expect(columns).to_have_count(2)
    left, right = (columns.nth(n).bounding_box() for n in (0, 1))
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    note = drawer.locator(".list small").first.inner_text()
    first, second = map(int, re.search(r"(\d+) right only in the first, (\d+)", note).groups())
    for column, own in ((0, first), (1, second)):
        assert columns.nth(column).locator("th", has_text="★ only here").count() == own
    only.uncheck()
    assert drawer.locator(".list .id").count() == 40 >= differing


def test_a_comparison_has_an_address(open_page):
    page = open_page()
    compare(page, "Beta base", "Alpha base")
    again = open_page("#" + page.url.partition("#")[2])
    expect(drawer_of(again)).to_have_accessible_name("Beta base against Alpha base")


def test_without_gold_they_differ_by_what_they_found(open_page, page_folder):
    page = open_page(home=page_folder.as_uri())
    drawer = compare(page, "Alpha base", "Beta base")
    expect(drawer).to_contain_text("No paired test: it needs the gold")
    expect(drawer.locator(".list small").first).to_contain_text("found only in the first")


def test_on_a_phone_one_stands_below_the_other(open_page):
    page = open_page(size=PHONE)
    drawer = compare(page, "Alpha base", "Beta cut")
    drawer.locator(".list button").first.click()
    columns = drawer.locator(".beside section")
    top, below = (columns.nth(n).bounding_box() for n in (0, 1))
    assert top["y"] + top["height"] <= below["y"]
    assert drawer.locator(".inside").evaluate("e => e.scrollWidth - e.clientWidth") == 0
