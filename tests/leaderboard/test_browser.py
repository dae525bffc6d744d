"""The page as a reader uses it, in headless Chromium, opened from disk."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import CONTRAST
from tests.leaderboard.conftest import HOSTILE, LONG, RIGHT_TO_LEFT

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 375, "height": 812}


@pytest.fixture
def open_page(browser: Browser, page_folder) -> Iterator:
    """Opens the page; at the end nothing may stand on the console or have left the folder."""
    faults, contexts = [], []

    def open_(fragment: str = "", *, size=DESKTOP, scheme="light", script=True, url=None) -> Page:
        context = browser.new_context(
            viewport=size, color_scheme=scheme, java_script_enabled=script
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5_000)
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        home = url or page_folder.as_uri()
        page.on("request", lambda r: faults.append(r.url) if not _local(r.url, home) else None)
        page.goto(f"{home}/index.html{fragment}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert faults == []


def _local(url: str, home: str) -> bool:
    return url.startswith((home, "data:,"))


def board_of(page: Page):
    return page.locator(".board:not([hidden])")


def names(page: Page) -> list[str]:
    return board_of(page).locator("tr.entry:visible .name").all_inner_texts()


def sort_by(page: Page, title: str) -> None:
    board_of(page).locator(".heads").get_by_role("button", name=title, exact=True).click()


def test_the_table_opens_ranked_by_f1(open_page):
    page = open_page()
    assert names(page)[0] in ("Alpha base", "Beta base")
    assert len(names(page)) == 6
    expect(board_of(page).locator("th[aria-sort]")).to_have_text("Rank")


def test_a_click_on_a_heading_sorts_and_a_second_turns_it_round(open_page):
    page = open_page()
    sort_by(page, "R")
    head = board_of(page).locator("th[data-key=recall]")
    expect(head).to_have_attribute("aria-sort", "descending")
    cells = board_of(page).locator("tr.entry td:nth-child(5)")
    falling = [float(text) for text in cells.all_inner_texts()]
    assert falling == sorted(falling, reverse=True)
    sort_by(page, "R")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert [float(text) for text in cells.all_inner_texts()] == falling[::-1]
    assert "sort=recall&order=ascending" in page.url


def test_what_is_not_stated_comes_last_both_ways(open_page):
    page = open_page()
    for _ in range(2):
        sort_by(page, "Params")
        assert names(page)[-1] == "Beta base"


def test_a_row_keeps_its_details_when_the_table_is_sorted(open_page):
    page = open_page()
    sort_by(page, "Model")
    for row in board_of(page).locator("tr.entry").all():
        panel = row.locator("button").get_attribute("aria-controls")
        assert row.evaluate("row => row.nextElementSibling.id") == panel


def test_the_filter_narrows_the_table_and_says_how_far(open_page):
    page = open_page()
    box = page.get_by_role("searchbox", name="Filter")
    box.fill("beta mit")
    assert names(page) == ["Beta cut"]
    expect(board_of(page).get_by_role("status")).to_have_text("1 of 6 entries")
    box.fill("no such model")
    assert names(page) == []
    expect(page.get_by_text("No entry matches the filter.").first).to_be_visible()
    box.fill("")
    assert len(names(page)) == 6


def test_an_address_shows_the_same_view_again(open_page):
    first = open_page()
    first.get_by_role("searchbox", name="Filter").fill("base")
    sort_by(first, "PER")
    sort_by(first, "PER")
    first.get_by_role("button", name="Alpha base").click()
    second = open_page("#" + first.url.partition("#")[2])
    assert names(second) == names(first)
    assert len(names(second)) == 2
    expect(second.get_by_role("button", name="Alpha base")).to_have_attribute(
        "aria-expanded", "true"
    )


@pytest.mark.parametrize("fragment", ["#sort=nothing&order=up&open=x&board=y&columns=z", "#%%%"])
def test_a_broken_address_shows_the_first_board(open_page, fragment):
    page = open_page(fragment)
    assert len(names(page)) == 6


def test_a_row_opens_to_command_hashes_and_counts_by_keyboard_alone(open_page):
    page = open_page()
    button = page.get_by_role("button", name="Beta cut")
    panel = page.locator(f"[id='{button.get_attribute('aria-controls')}']")
    expect(panel).to_be_hidden()
    button.focus()
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    for words in ("gonerd eval --model oracle:acme/beta", "480", "MIT", "predictions.jsonl.zst"):
        expect(panel).to_contain_text(words)
    assert re.search(r"Split\s*[0-9a-f]{64}", panel.inner_text())
    page.keyboard.press("Space")
    expect(panel).to_be_hidden()


def test_every_control_is_reached_with_the_tab_key(open_page):
    page = open_page()
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.innerText || document.activeElement.type")
        )
    assert {"Dark", "search", "F1", "Date", "Alpha base", "CSV"} <= {
        text.strip() for text in reached
    }


def test_dark_follows_the_system_and_the_button_overrules_it(open_page):
    page = open_page(scheme="dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    button = page.get_by_role("button", name="Dark")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (dark, light) == ("rgb(20, 23, 27)", "rgb(255, 255, 255)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_its_ground(open_page, scheme):
    page = open_page(scheme=scheme)
    page.get_by_role("button", name="Alpha base").click()
    page.mouse.move(0, 0)
    assert page.evaluate(CONTRAST) == []


def test_a_phone_never_scrolls_sideways_whichever_columns_it_shows(open_page):
    page = open_page(size=PHONE)
    page.locator("tr.entry:visible button").first.click()
    columns = board_of(page).get_by_label("Columns")
    for group in columns.locator("option").evaluate_all("all => all.map(o => o.value)"):
        columns.select_option(group)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        assert f"columns={group}" in page.url
        if group != "none":
            expect(board_of(page).locator(f".heads .g-{group}").first).to_be_visible()


def test_the_widest_table_fits_a_desktop(open_page):
    page = open_page()
    widths = board_of(page).locator(".scroll").first.evaluate("s => [s.scrollWidth, s.clientWidth]")
    assert widths[0] <= widths[1] * 1.03


def test_names_with_html_length_and_other_directions_are_only_text(open_page):
    page = open_page()
    assert {HOSTILE, LONG, RIGHT_TO_LEFT} <= set(names(page))
    assert page.title() == "GONERD leaderboard"
    assert page.locator("img, main script").count() == 0
    page.get_by_role("button", name=HOSTILE).click()
    expect(page.locator("tr.details.open")).to_contain_text("evil/<b>bold<i>")
    row = page.locator("tr.entry", has_text=RIGHT_TO_LEFT)
    left = row.locator("td.rank").bounding_box()["x"]
    assert (
        left < row.locator(".name").bounding_box()["x"] < row.locator("td.f1").bounding_box()["x"]
    )


def test_each_dataset_has_a_board_and_the_synthetic_one_says_so(open_page):
    page = open_page()
    expect(board_of(page).locator(".notice")).to_have_count(0)
    page.get_by_role("navigation", name="Boards").get_by_role("link", name="sample").click()
    assert names(page) == ["Alpha on the sample"]
    expect(board_of(page).locator(".notice")).to_contain_text("nothing about real text")
    expect(board_of(page).get_by_role("status")).to_have_text("1 entry")
    page.go_back()
    assert len(names(page)) == 6


def test_the_table_is_told_to_screen_readers(open_page):
    page = open_page()
    table = board_of(page).get_by_role("table").first
    assert table.locator("caption").inner_text().startswith("Models on invented.jsonl, all split.")
    assert table.locator("tr.heads th:not([scope=col])").count() == 0
    assert table.locator("tr.entry > th[scope=row]").count() == 6
    assert page.locator("h1").count() == 1
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    for name in ("aria-controls", "aria-labelledby"):
        used = page.evaluate(
            "n => [...document.querySelectorAll(`[${n}]`)].map(e => e.getAttribute(n))", name
        )
        assert set(used) <= set(ids)


def test_the_figures_show_each_model_where_its_numbers_say(open_page):
    page = open_page()
    board = board_of(page)
    assert board.locator(".forest .name").count() == 6
    heights = board.locator(".point circle").evaluate_all(
        "dots => dots.map(d => d.getBoundingClientRect().y)"
    )
    assert heights == sorted(heights)  # best F1 first, and highest up
    lane = board.locator(".forest .lane").first
    low, high = (lane.locator(".cap").nth(n).bounding_box()["x"] for n in (0, 1))
    assert low < lane.locator("circle").bounding_box()["x"] + 4.5 < high


def test_without_scripts_everything_is_there_to_read(open_page):
    page = open_page(script=False)
    expect(page.locator(".board")).to_have_count(2)
    expect(page.locator("tr.details").first).to_be_visible()
    expect(page.locator(".controls").first).to_be_hidden()


def test_paper_shows_no_controls(open_page):
    page = open_page()
    page.emulate_media(media="print")
    for selector in (".controls", ".theme", ".boards"):
        expect(page.locator(selector).first).to_be_hidden()
    expect(board_of(page).locator("tr.entry").first).to_be_visible()
