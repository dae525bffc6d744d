"""The page of errors, as text and in a browser."""

import re

import pytest
from playwright.sync_api import Browser, expect

from gonerd import Document, Entity
from gonerd.evaluation.error_page import ErrorPage
from tests.browsing import browser
from tests.gonerd.scoring.pairs import document, spans

__all__ = ["browser"]

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \u202e & \x07"


def hostile_page(errors: int = 120) -> ErrorPage:
    page = ErrorPage()
    text = f"Ada met {HOSTILE} here"
    page.add(
        Document(id=f"<b>{HOSTILE}", text=text, entities=(Entity(0, 3, "PER"),), meta={"source": "a&b"}),
        [Entity(0, 7, "PER"), Entity(8, 40, "<ORG>")],
    )  # fmt: skip
    for number in range(errors):
        page.add(
            document(f"d{number}", 90, [(50, 52, "LOC")], source="news"), spans([(50, 52, "ORG")])
        )
    return page


def test_the_page_holds_no_text_as_markup_and_asks_nobody() -> None:
    html = hostile_page().html(f"Errors of {HOSTILE}")
    assert html.count("<script") == html.count("</script>") == 2
    assert "<img" not in html
    assert "\x07" not in html
    assert not re.search(r"https?://", html)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    assert html == hostile_page().html(f"Errors of {HOSTILE}")


def test_a_page_is_capped_and_says_so() -> None:
    page = ErrorPage(most=3)
    page.add(document("a", 20, [(n, n + 1, "PER") for n in range(0, 10, 2)]), [])
    html = page.html("Errors")
    assert "5 errors; the first 3 are here" in html
    assert html.count('"kind":"missed"') == 3


def test_long_errors_and_contexts_are_cut() -> None:
    page = ErrorPage()
    page.add(
        Document(id="a", text="x" * 5000, entities=(Entity(100, 4000, "PER"),)),
        [Entity(3000, 4500, "ORG")],
    )
    assert len(page.html("Errors")) < 12_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_reader_filters_and_turns_pages(browser: Browser, tmp_path, scheme) -> None:
    (tmp_path / "errors.html").write_text(
        hostile_page().html(f"Errors of {HOSTILE}"), encoding="utf-8"
    )
    context = browser.new_context(color_scheme=scheme, offline=True)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    page.goto((tmp_path / "errors.html").as_uri())
    items, count = page.locator("#list li"), page.locator("#count")
    expect(count).to_have_text("122 of 122 errors, page 1 of 3")
    expect(items).to_have_count(50)
    expect(items.first.locator("mark.both")).to_have_text("Ada")
    expect(items.first.locator("mark.found")).to_have_text(" met")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Next").click()
    expect(items).to_have_count(22)
    page.get_by_label("Class", exact=True).select_option("type")
    expect(count).to_have_text("120 of 122 errors, page 1 of 3")
    page.get_by_label("Class", exact=True).select_option("")
    page.get_by_label("Type", exact=True).select_option("<ORG>")
    expect(count).to_have_text("1 of 122 errors, page 1 of 1")
    page.get_by_label("Type", exact=True).select_option("")
    page.get_by_label("Source", exact=True).select_option("a&b")
    expect(items).to_have_count(2)
    page.get_by_label("Source", exact=True).select_option("")
    page.get_by_label("Text or document", exact=True).fill("D11")
    expect(count).to_have_text("11 of 122 errors, page 1 of 1")
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (colour == "rgb(255, 255, 255)") == (scheme == "light")
    context.close()
    assert faults == []


def test_ten_thousand_errors_open_at_once(browser: Browser, tmp_path) -> None:
    (tmp_path / "errors.html").write_text(hostile_page(10_000).html("Errors"), encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "errors.html").as_uri())
    expect(page.locator("#count")).to_have_text("10002 of 10002 errors, page 1 of 201")
    page.get_by_label("Text or document", exact=True).fill("d9999")
    expect(page.locator("#list li")).to_have_count(1)
    page.close()
