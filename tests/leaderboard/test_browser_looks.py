"""How the page looks and who can use it: light and dark, phone, paper, keyboard, screen readers."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browsing import CONTRAST
from tests.leaderboard.conftest import DESKTOP, PHONE
from tests.leaderboard.pages import choose, drawer_of, open_entry


def draw_all_figures(page: Page) -> None:
    for figure in page.locator("figure").all():
        figure.scroll_into_view_if_needed()
        expect(figure.locator(".drawing > *")).not_to_have_count(0)


def serious(page: Page) -> list[str]:
    # without preloading: the page's policy refuses to read its style sheets a second time
    options = {"preload": False, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{fault['id']}: {node['target']} {node['html'][:120]}"
        for fault in found
        if fault["impact"] in ("serious", "critical", "moderate")
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious_on_the_page(open_page, scheme, size):
    page = open_page(scheme=scheme, size=size)
    choose(page, "Alpha base", "Beta base")
    draw_all_figures(page)
    page.locator("figure summary").first.click()
    assert serious(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious_in_the_drawer(open_page, scheme, size):
    page = open_page(scheme=scheme, size=size)
    page.get_by_role("link", name="sample.jsonl").click()
    drawer = open_entry(page, "Alpha on the sample")
    assert serious(page) == []
    drawer.get_by_role("button", name="Documents").click()
    drawer_of(page)
    if size == PHONE:
        assert serious(page) == []
        drawer.locator(".list button").first.click()
    expect(drawer.locator(".passage")).to_be_visible()
    assert serious(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_comparison(open_page, scheme):
    page = open_page(scheme=scheme)
    choose(page, "Alpha base", "Beta cut")
    page.locator("#compare").click()
    expect(drawer_of(page).locator(".beside")).to_be_visible()
    assert serious(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_its_ground(open_page, scheme):
    page = open_page(scheme=scheme)
    draw_all_figures(page)
    page.mouse.move(0, 0)
    faults = page.evaluate(CONTRAST)
    signs = ("+", "−")  # in the cells of the matrix, which are ground and no parent of theirs
    assert [fault for fault in faults if fault.split(":")[0] not in signs] == []
    page.get_by_role("link", name="sample.jsonl").click()
    expect(open_entry(page, "Alpha on the sample", "Documents").locator(".passage")).to_be_visible()
    assert page.evaluate(CONTRAST) == []


def test_dark_follows_the_system_and_the_button_overrules_it(open_page):
    page = open_page(scheme="dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    button = page.get_by_role("button", name="Dark")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (dark, light) == ("rgb(20, 23, 27)", "rgb(255, 255, 255)")


def test_every_control_is_reached_with_the_tab_key(open_page):
    page = open_page()
    draw_all_figures(page)
    page.evaluate("scrollTo(0, 0)")
    page.locator("body").click(position={"x": 1, "y": 1})
    reached = set()
    for _ in range(110):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                """() => { const e = document.activeElement;
                  return e.getAttribute("aria-label") || e.innerText || e.dataset.key || e.id; }"""
            ).strip()
        )
    assert {"Dark", "filter", "F1", "Date", "Alpha base", "Choose Alpha base", "CSV"} <= reached
    assert {"Columns", "The same as a table"} <= reached


def test_the_first_tab_leads_past_the_head_to_the_table(open_page):
    page = open_page("#sort=recall")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".board > .scroll")).to_be_focused()
    assert "sort=recall" in page.url


def test_a_box_keeps_the_focus_when_it_is_ticked(open_page):
    page = open_page()
    box = page.get_by_role("checkbox", name="Choose Beta base")
    box.focus()
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    expect(box).to_be_focused()


def test_a_control_that_goes_leaves_the_focus_at_the_table(open_page):
    page = open_page()
    choose(page, "Alpha base")
    page.get_by_role("button", name="Clear choice").click()
    expect(page.locator("#chosen")).to_be_hidden()
    expect(page.locator(".board > .scroll")).to_be_focused()


def test_a_phone_never_scrolls_sideways_whichever_columns_it_shows(open_page):
    page = open_page(size=PHONE)
    draw_all_figures(page)
    columns = page.get_by_label("Columns", exact=True).first
    for group in columns.locator("option").evaluate_all("all => all.map(o => o.value)"):
        columns.select_option(group)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        assert f"columns={group}" in page.url
        shown = page.locator("#ranking .heads th").count()
        assert shown == 4 if group == "none" else 5 <= shown <= 9


def test_the_widest_table_fits_a_desktop(open_page):
    page = open_page()
    widths = page.locator(".board > .scroll").evaluate("s => [s.scrollWidth, s.clientWidth]")
    assert widths[0] <= widths[1] * 1.03


def test_paper_shows_no_controls_and_all_figures(open_page):
    page = open_page(size={"width": 1440, "height": 400})
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    for selector in (".controls", ".theme", ".boards", ".settings", ".ranking .choice"):
        expect(page.locator(selector).first).to_be_hidden()
    expect(page.locator("#ranking tr.entry").first).to_be_visible()
    assert page.locator("figure svg.plot").count() == 6
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
