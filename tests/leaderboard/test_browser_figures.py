"""The figures below the table, in headless Chromium."""

import json
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.leaderboard.conftest import DESKTOP, PHONE
from tests.leaderboard.pages import choose, names

FIGURES = ("cost", "length", "position", "significance", "forest", "errors")


def figure(page: Page, name: str) -> Locator:
    found = page.locator(f"#figure-{name}")
    found.scroll_into_view_if_needed()
    expect(found.locator(".drawing > *")).not_to_have_count(0)
    return found


def as_table(found: Locator) -> list[list[str]]:
    summary = found.get_by_text("The same as a table")
    if found.locator("details[open]").count() == 0:
        summary.click()
    expect(found.locator("tbody tr")).not_to_have_count(0)
    return [
        [cell.strip() for cell in row.locator("th, td").all_inner_texts()]
        for row in found.locator("tbody tr").all()
    ]


def board_of(page: Page):
    return json.loads(page.evaluate("JSON.stringify(gonerd.boards[0])"))


def test_figures_are_drawn_when_they_come_into_view(open_page):
    page = open_page(size={"width": 1440, "height": 500})
    expect(page.locator("#ranking tr.entry")).to_have_count(6)
    page.wait_for_timeout(300)
    assert page.locator("#figure-errors svg").count() == 0
    assert figure(page, "errors").locator("svg.plot").count() == 1


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_has_a_name_a_text_and_a_table_that_says_the_same(open_page, name):
    found = figure(open_page(), name)
    assert found.get_by_role("heading").inner_text()
    text = found.get_by_role("img").get_attribute("aria-label")
    rows = as_table(found)
    assert len(rows) >= 5
    assert "Alpha base" in {row[0] for row in rows}
    assert "Alpha base" in text or name == "significance"
    assert found.get_by_role("table").locator("caption").inner_text()


def test_points_stand_where_their_numbers_say(open_page):
    page = open_page()
    found = figure(page, "cost")
    found.get_by_label("Cost").select_option("params")
    page.wait_for_timeout(200)
    dots = found.locator("svg g[aria-label=dot] circle")
    rows = as_table(found)
    assert dots.count() == len(rows) == 5  # one states no parameters
    places = dots.evaluate_all(
        "all => all.map(d => [+d.getAttribute('cx'), +d.getAttribute('cy')])"
    )
    low, *between, high = sorted(float(row[1]) for row in rows)
    bottom, *heights, top = sorted(-y for _, y in places)
    for f1, height in zip(between, heights, strict=True):
        share = (f1 - low) / (high - low)
        assert height == pytest.approx(bottom + share * (top - bottom), abs=2)
    assert max(places)[1] == min(y for _, y in places)  # Alpha base has the most and is best
    assert "cost=params" in page.url


def test_the_front_holds_those_that_no_other_beats_in_both(open_page):
    found = figure(open_page(), "cost")
    rows = as_table(found)
    costs = [(float(row[4].replace(",", "")), float(row[1])) for row in rows]
    for row, (speed, f1) in zip(rows, costs, strict=True):
        beaten = any(s >= speed and f >= f1 and (s, f) != (speed, f1) for s, f in costs)
        assert (row[5] == "no") == beaten


def test_an_arrow_goes_from_teacher_to_student(open_page):
    page = open_page()
    found = figure(page, "cost")
    assert found.locator("svg g[aria-label=arrow] path").count() == 1
    teachers = {row[0]: row[6] for row in as_table(found)}
    assert teachers.pop("Beta base") == "Alpha base"
    assert {text.split("\n")[0] for text in teachers.values()} == {"–"}
    page.get_by_label("Policy").select_option("truncate")
    page.wait_for_timeout(250)
    assert found.locator("svg g[aria-label=arrow] path").count() == 0


def test_bands_are_wilsons_interval_of_the_jaccard_index_turned_into_f1(open_page):
    from scipy.stats import binomtest

    page = open_page()
    for tp, n in ((0, 5), (3, 7), (438, 492), (12, 12)):
        interval = binomtest(tp, n).proportion_ci(method="wilson")
        expected = [2 * j / (1 + j) for j in interval]
        assert page.evaluate(f"gonerd.wilsonF1({tp}, {n})") == pytest.approx(expected, abs=1e-6)


def test_curves_show_the_first_five_or_else_those_that_are_ticked(open_page):
    page = open_page()
    found = figure(page, "length")
    assert {row[0] for row in as_table(found)} == set(names(page)[:5])
    page.locator("#ranking").scroll_into_view_if_needed()
    choose(page, "Beta cut")
    found = figure(page, "length")
    expect(found.locator(".legend li")).to_have_text(["Beta cut, up to 200 tokens"])
    assert {row[0] for row in as_table(found)} == {"Beta cut"}
    assert found.locator("svg g[aria-label=rule] line").count() == 1  # its limit


def test_curves_add_up_to_all_counts(open_page):
    page = open_page()
    for row in board_of(page)["rows"]:
        exact = row["errors"][0]
        for field in ("by_length", "by_position"):
            assert sum(bucket[1] for bucket in row[field]) == exact


def test_the_forest_shows_one_type_and_its_intervals(open_page):
    page = open_page()
    found = figure(page, "forest")
    row = board_of(page)["rows"][0]
    found.get_by_label("Type").select_option("ORG")
    page.wait_for_timeout(200)
    shown = as_table(found)[0]
    assert [float(value) for value in shown[1:]] == pytest.approx(
        [100 * value for value in row["types"]["ORG"]], abs=0.051
    )
    low, high = (
        found.locator("svg g[aria-label=link] path").first.bounding_box()[key]
        for key in ("x", "width")
    )
    dot = found.locator("svg g[aria-label=dot] circle").first.bounding_box()
    assert low < dot["x"] + dot["width"] / 2 < low + high


def test_errors_divide_the_gold_and_stand_in_the_table(open_page):
    page = open_page()
    board = board_of(page)
    for row, told in zip(board["rows"], as_table(figure(page, "errors")), strict=True):
        assert told[1:] == [f"{count:,}" for count in row["errors"]]
        assert sum(row["errors"][:5]) == board["dataset"]["gold_total"]


def test_pairs_have_their_differences_and_corrected_p_values(open_page):
    page = open_page()
    board = board_of(page)
    tests = board["significance"]
    told = as_table(figure(page, "significance"))
    assert len(told) == 15
    by_name = {row["name"]: tests["rows"].index(i) for i, row in enumerate(board["rows"])}
    for one, other, difference, p in told:
        i, j = by_name[one], by_name[other]
        assert float(difference.replace("−", "-")) == pytest.approx(
            100 * tests["differences"][i][j], abs=0.051
        )
        expected = tests["p"][i][j]
        assert p == ("< 0.001" if expected < 0.001 else f"{expected:.3f}")


def test_without_the_gold_the_page_says_how_pairs_are_tested(open_page, page_folder):
    page = open_page(home=page_folder.as_uri())
    expect(figure(page, "significance")).to_contain_text("--dataset DATASET")


def test_a_point_tells_its_numbers_under_the_pointer(open_page):
    page = open_page()
    found = figure(page, "forest")
    found.locator("svg g[aria-label=dot] circle").first.hover()
    tip = found.locator("svg g[aria-label=tip]")
    expect(tip).to_contain_text("Alpha base")
    expect(tip).to_contain_text("F1 94.2")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_figures_keep_their_place_and_their_text_can_be_read(open_page, size):
    page = open_page(size=size)
    for name in FIGURES:
        found = figure(page, name)
        drawing = found.locator(".drawing").bounding_box()
        assert drawing["x"] + drawing["width"] <= size["width"]
        if name != "significance":  # its cells have a least size, it may scroll by itself
            outside = found.locator("svg.plot text").evaluate_all(
                """(all, [left, right]) => all.filter((text) => {
                  const box = text.getBoundingClientRect();
                  return text.textContent && (box.left < left - 1 || box.right > right + 1);
                }).map((text) => text.textContent)""",
                [drawing["x"], drawing["x"] + drawing["width"]],
            )
            assert outside == []
        sizes = found.locator("svg.plot text").evaluate_all(
            "all => all.filter(t => t.textContent).map(t => parseFloat(getComputedStyle(t).fontSize))"
        )
        assert min(sizes) >= 10


def test_the_one_style_of_the_plots_is_the_one_that_the_policy_allows(open_page, gold_page):
    import base64
    import hashlib

    page = open_page()
    style = figure(page, "forest").locator("svg style").text_content()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    html = (gold_page / "index.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html).group(1)
    assert f"style-src 'self' 'sha256-{digest}';" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert not re.search(r"\sstyle=|\son[a-z]+=", html)
