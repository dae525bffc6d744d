"""The page's table as a reader uses it, in headless Chromium, opened from disk."""

import csv
import io

import pytest
from playwright.sync_api import Page, expect

from tests.leaderboard.conftest import HOSTILE, LONG, RIGHT_TO_LEFT
from tests.leaderboard.pages import choose, names, sort_by


def cells(page: Page, key: str) -> list[str]:
    place = page.locator("#ranking .heads th").evaluate_all(
        "(heads, key) => heads.findIndex((head) => head.dataset.key === key) + 1", key
    )
    column = page.locator(f"#ranking tr.entry > :nth-child({place})")
    return [text.split("\n")[0] for text in column.all_inner_texts()]


def test_the_table_opens_ranked_by_f1(open_page):
    page = open_page()
    assert names(page)[0] in ("Alpha base", "Beta base")
    assert len(names(page)) == 6
    expect(page.locator("#ranking th[aria-sort]")).to_have_text("Rank")


def test_a_click_on_a_heading_sorts_and_a_second_turns_it_round(open_page):
    page = open_page()
    sort_by(page, "R")
    head = page.locator("th[data-key=recall]")
    expect(head).to_have_attribute("aria-sort", "descending")
    falling = [float(text) for text in cells(page, "recall")]
    assert falling == sorted(falling, reverse=True)
    sort_by(page, "R")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert [float(text) for text in cells(page, "recall")] == falling[::-1]
    assert "sort=recall&order=ascending" in page.url


def test_what_is_not_stated_comes_last_both_ways(open_page):
    page = open_page()
    for _ in range(2):
        sort_by(page, "Params")
        assert names(page)[-1] == "Beta base"


def test_names_are_sorted_as_people_read_them(open_page):
    page = open_page()
    sort_by(page, "Model")
    assert [name for name in names(page) if "B" in name[:1] or "A" in name[:1]] == [
        "Alpha base",
        "Beta base",
        "Beta cut",
    ]


def test_the_filter_narrows_the_table_and_says_how_far(open_page):
    page = open_page()
    box = page.get_by_role("searchbox", name="Filter")
    box.fill("beta mit")
    assert names(page) == ["Beta cut"]
    expect(page.locator("#count")).to_have_text("1 of 6 entries")
    box.fill("no such model")
    assert names(page) == []
    expect(page.get_by_text("No entry matches the filters.")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    assert len(names(page)) == 6
    expect(box).to_be_focused()


def test_a_filter_offers_what_there_is_and_none_is_shown_for_one_kind(open_page):
    page = open_page()
    policy = page.get_by_label("Policy")
    assert policy.locator("option").all_inner_texts() == ["all", "native", "truncate"]
    policy.select_option("truncate")
    assert names(page) == ["Beta cut"]
    expect(page.get_by_label("Verified")).to_have_count(0)  # all are self-reported


def test_an_address_shows_the_same_view_again(open_page):
    first = open_page()
    first.get_by_role("searchbox", name="Filter").fill("base")
    sort_by(first, "PER")
    sort_by(first, "PER")
    choose(first, "Alpha base")
    first.locator("details.pick summary").click()
    first.get_by_label("Cost", exact=True).first.uncheck()
    second = open_page("#" + first.url.partition("#")[2])
    assert names(second) == names(first)
    assert len(names(second)) == 2
    expect(second.get_by_role("checkbox", name="Choose Alpha base")).to_be_checked()
    expect(second.locator("th[data-key=per]")).to_have_count(0)
    expect(second.locator("th[data-key=f1_per]")).to_have_attribute("aria-sort", "ascending")
    expect(second.locator("th[data-key=params]")).to_have_count(0)


@pytest.mark.parametrize(
    "fragment",
    [
        "#sort=nothing&order=up&open=x&board=y&columns=z&rows=-3&chosen=,,a&doc=1&view=compare",
        "#sort=__proto__&tier=toString&cost=constructor&most=1e9&type=%00&policy=x",
        "#%%%",
    ],
)
def test_a_broken_address_shows_the_first_board(open_page, fragment):
    page = open_page(fragment)
    page.locator("#figures").scroll_into_view_if_needed()
    assert len(names(page)) == 6
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#ranking th[aria-sort]")).to_have_text("Rank")


def test_columns_are_chosen_by_groups(open_page):
    page = open_page()
    page.locator("details.pick summary").click()
    groups = page.get_by_role("group", name="Columns")
    expect(page.locator("th[data-key=gib_512]")).to_have_count(0)
    groups.get_by_label("More").check()
    groups.get_by_label("F1 by type").uncheck()
    expect(page.locator("th[data-key=gib_512]")).to_be_visible()
    expect(page.locator("th[data-key=f1_per]")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(groups).to_be_hidden()
    expect(page.locator("details.pick summary")).to_be_focused()


def test_names_with_html_length_and_other_directions_are_only_text(open_page):
    page = open_page()
    assert {HOSTILE, LONG, RIGHT_TO_LEFT} <= set(names(page))
    page.locator("#figures").scroll_into_view_if_needed()
    page.get_by_role("button", name=HOSTILE).click()
    expect(page.get_by_role("dialog")).to_contain_text("evil/<b>bold<i>")
    assert page.title() == "GONERD leaderboard"
    assert page.locator("img, main script").count() == 0
    page.keyboard.press("Escape")
    row = page.locator("tr.entry", has_text=RIGHT_TO_LEFT)
    left = row.locator("td.rank").bounding_box()["x"]
    assert (
        left < row.locator(".name").bounding_box()["x"] < row.locator("td.f1").bounding_box()["x"]
    )


def test_each_dataset_has_a_board_and_the_synthetic_one_says_so(open_page):
    page = open_page()
    expect(page.locator("#notice")).to_be_hidden()
    page.get_by_role("navigation", name="Boards").get_by_role("link", name="sample").click()
    assert names(page) == ["Alpha on the sample"]
    expect(page.locator("#notice")).to_contain_text("nothing about real text")
    expect(page.locator("#count")).to_have_text("1 entry")
    page.go_back()
    assert len(names(page)) == 6


def test_a_student_has_its_share_of_the_teachers_f1(open_page):
    page = open_page()
    f1 = dict(zip(names(page), cells(page, "f1"), strict=True))
    retained = dict(zip(names(page), cells(page, "retention"), strict=True))
    share = 100 * float(f1["Beta base"]) / float(f1["Alpha base"])
    assert float(retained["Beta base"]) == pytest.approx(share, abs=0.15)


def test_the_table_is_told_to_screen_readers(open_page):
    page = open_page()
    table = page.get_by_role("table").first
    assert table.locator("caption").inner_text().startswith("Models on invented.jsonl, all split.")
    assert table.locator("tr.heads th:not([scope=col])").count() == 0
    assert table.locator("tr.entry > th[scope=row]").count() == 6
    assert page.locator("h1").count() == 1
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


def test_a_thousand_entries_come_by_the_hundred(open_page):
    page = open_page()
    grow(page, 1000)
    rows = page.locator("#ranking tr.entry")
    expect(rows).to_have_count(100)
    expect(page.locator("#more span")).to_have_text("100 of 1,000 entries are shown.")
    page.get_by_role("button", name="Show 100 more").click()
    expect(rows).to_have_count(200)
    assert "rows=200" in page.url
    page.get_by_role("searchbox", name="Filter").fill("model 99")  # far below what is drawn
    expect(page.locator("#count")).to_have_text("19 of 1,000 entries")
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_role("button", name="Show all 1,000").click()
    expect(rows).to_have_count(1000)
    assert names(page) == [f"model {number}" for number in range(1000)]
    expect(page.locator("#more")).to_be_hidden()


def grow(page: Page, n: int) -> None:
    """Show a board of `n` entries made of the first one's."""
    page.evaluate(
        """n => {
          const { value, column, byKey, ...board } = gonerd.boards[0];
          const rows = Array.from({length: n}, (_, i) => ({...board.rows[i % board.rows.length],
            key: String(i).padStart(20, "0"), name: `model ${i}`, rank: [i + 1, i + 1, n, 1]}));
          gonerd.board({...board, id: "large", rows, significance: null});
          gonerd.address.set({board: "large"});
        }""",
        n,
    )


def test_the_view_and_all_boards_can_be_taken_away(open_page, gold_page):
    page = open_page()
    sort_by(page, "R")
    page.get_by_role("searchbox", name="Filter").fill("native")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    with (gold_page / "leaderboard.csv").open(encoding="utf-8", newline="") as file:
        whole = {row["entry"]: row for row in csv.DictReader(file)}
    assert [row["model"].removeprefix("'") for row in rows] == names(page)
    for row in rows:
        for key in ("model", "rank", "hardware", "license", "date", "verification", "tie_group"):
            assert row[key] == whole[row["entry"]][key]
        for key in ("f1", "f1_low", "recall", "f1_per"):
            assert float(row[key]) == pytest.approx(float(whole[row["entry"]][key]), abs=1e-6)
    for file in ("leaderboard.csv", "leaderboard.json"):
        expect(page.locator(f"footer a[href='{file}'][download]")).to_be_visible()


def test_the_page_works_from_a_server_too(open_page, gold_page):
    import threading

    from gonerd_leaderboard.serving import BuiltPage, page_server

    with page_server(BuiltPage(gold_page)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = open_page(home=f"http://127.0.0.1:{server.server_port}")
        assert len(names(page)) == 6
        page.get_by_role("button", name="Alpha base").click()
        expect(page.get_by_role("dialog")).to_contain_text("gonerd eval --model oracle:acme/alpha")
        server.shutdown()


def test_without_scripts_the_plain_tables_have_every_entry(open_page):
    page = open_page(script=False)
    link = page.get_by_role("link", name="The boards as plain tables")
    expect(link).to_be_visible()
    link.click()
    expect(page.locator("tbody th[scope=row]").filter(has_text="Alpha base")).to_be_visible()
    assert page.locator("main section table tbody tr").count() == 7
    assert page.locator("script").count() == 0
