"""The reviewer's sheet: what stands in it, nothing that bites, and a person's hands on the page."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, expect

from gonerd.cli.main import run
from gonerd.errors import ConfigError, InputError
from gonerd.records import read_documents, read_json_lines, write_documents
from gonerd.schema import Document
from gonerd.takedown import Takedown
from gonerd_scraper.cleaning.clean import clean_documents
from gonerd_scraper.cleaning.filters import CleanRules
from gonerd_scraper.cleaning.manual import ManualList
from gonerd_scraper.cleaning.review import review_documents
from gonerd_scraper.cleaning.review_page import json_for_html
from tests.leaderboard.conftest import browser  # noqa: F401 - a fixture
from tests.scraper.cleaning.test_filters import CODE, FRENCH, PROSE
from tests.scraper.stories import different

HOSTILE = "</script><img src=x onerror=\"document.title='bitten'\"><!-- \u2028 %%DATA%%"
LONG = "\n".join(f"Sentence {n} of the longest text that was written." for n in range(846))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Documents with all fates, cleaned into `clean`."""
    made = tmp_path_factory.mktemp("review")
    near = " ".join(f"{word} the{n}" for n, word in enumerate(PROSE.split()[:26]))
    documents = [
        *different(4),
        Document(id="code", text=CODE, meta={"url": "http://a.example/code", "title": "Code"}),
        Document(id="french", text=FRENCH, meta={"url": "http://a.example/fr", "title": "=1+1"}),
        Document(
            id="short",
            text=f"Short. {HOSTILE}",
            meta={"url": "javascript:alert(1)", "title": HOSTILE, "domain": HOSTILE},
        ),
        Document(id="near", text=near, meta={"url": "http://a.example/near", "title": "Near"}),
        Document(id="tiny", text="Tiny.", meta={"url": "http://a.example/tiny", "title": "T"}),
        Document(id="long", text=LONG, meta={"url": "http://a.example/long", "title": "Long"}),
    ]
    write_documents(made / "documents.jsonl", documents)
    clean_documents(made / "documents.jsonl", made / "clean", CleanRules())
    return made


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_sheet_has_all_that_was_dropped_and_what_was_kept_by_a_hair(folder, tmp_path):
    report = review_documents(folder / "clean", tmp_path / "out")
    found = {row["id"]: row for row in rows(tmp_path / "out/sheet.csv")}
    rejected = (folder / "clean/rejected.jsonl").read_text().splitlines()
    assert {json.loads(line)["id"] for line in rejected} <= set(found)
    assert found["near"]["status"] == "kept"
    assert found["near"]["rule"] == "near: min_words"
    assert found["near"]["reason"] == "words is 52, at least 50"
    assert found["french"]["title"] == "'=1+1"  # a spreadsheet must not count
    assert report["documents"] == len(found)
    assert report["by_rule"]["short"] == 2
    assert len(ManualList.read([tmp_path / "out/sheet.csv"])) == 0
    dropped_only = review_documents(folder / "clean", tmp_path / "b", near=None)
    assert dropped_only["kept"] == 0


def test_a_decision_in_the_sheet_finds_a_document_whose_id_looks_like_a_formula(tmp_path):
    write_documents(tmp_path / "in.jsonl", [*different(1), Document(id="=1+1", text="Short.")])
    clean_documents(tmp_path / "in.jsonl", tmp_path / "clean", CleanRules())
    review_documents(tmp_path / "clean", tmp_path / "out", near=None)
    sheet = (tmp_path / "out/sheet.csv").read_text()
    assert "\n'=1+1,,,," in sheet
    (tmp_path / "out/sheet.csv").write_text(sheet.replace("\n'=1+1,,,", "\n'=1+1,,keep,"))
    assert list(ManualList.read([tmp_path / "out/sheet.csv"]).by_id) == ["=1+1"]


def test_what_is_taken_down_repeats_nothing(tmp_path):
    """Five pages repeat the line, one of them is taken down: to clean it is no boilerplate."""
    line = "Sign up for the newsletter of the paper, which comes every morning before the sun does."
    made = [
        Document(id=one.id, text=f"{one.text}\n{line}", meta={"url": f"http://a.example/{one.id}"})
        for one in different(5)
    ]
    made.append(Document(id="short", text=line, meta={"url": "http://a.example/short"}))
    made.pop(0)
    gone = made[0].id
    write_documents(tmp_path / "in.jsonl", made)
    (tmp_path / "list.txt").write_text(f"id:{gone}\n")
    takedown = Takedown.read([tmp_path / "list.txt"])
    clean_documents(tmp_path / "in.jsonl", tmp_path / "out", CleanRules(), takedown=takedown)
    review_documents(tmp_path / "out", tmp_path / "review", near=None)
    page = (tmp_path / "review/review.html").read_text()
    data = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1]
    [short] = json.loads(data)["documents"]
    assert short["faded"] == []


def test_what_is_taken_down_after_cleaning_is_on_no_sheet(folder, tmp_path, capsys):
    gone = tmp_path / "list.txt"
    gone.write_text("id:code\nhttp://a.example/near\n")
    words = ["review", str(folder / "clean"), "--takedown", str(gone), "--json"]
    assert run([*words, "--out", str(tmp_path / "out")]) == 0
    assert json.loads(capsys.readouterr().out)["taken_down"] == 2
    assert not {"code", "near"} & {row["id"] for row in rows(tmp_path / "out/sheet.csv")}
    assert CODE.splitlines()[0] not in (tmp_path / "out/review.html").read_text()


def test_what_is_taken_down_is_on_no_sheet_where_it_is_in_none_of_the_documents_given(
    folder, tmp_path
):
    dropped = {row["id"] for _, row in read_json_lines(folder / "clean/rejected.jsonl")}
    known = read_documents(folder / "documents.jsonl")
    write_documents(tmp_path / "dropped.jsonl", (d for d in known if d.id in dropped))
    (tmp_path / "list.txt").write_text("http://a.example/near\n")
    review_documents(
        folder / "clean",
        tmp_path / "out",
        documents=[tmp_path / "dropped.jsonl"],
        takedown=Takedown.read([tmp_path / "list.txt"]),
    )
    assert "near" not in {row["id"] for row in rows(tmp_path / "out/sheet.csv")}


def test_with_all_rules_off_nothing_is_near_a_threshold(tmp_path):
    off = {f.name: None for f in fields(CleanRules) if f.default is not None and "None" in f.type}
    rules = replace(CleanRules(), **off)
    documents = [*different(2), Document(id="copy", text=different(1)[0].text)]
    write_documents(tmp_path / "in.jsonl", documents)
    clean_documents(tmp_path / "in.jsonl", tmp_path / "clean", rules)
    report = review_documents(tmp_path / "clean", tmp_path / "out")
    assert (report["dropped"], report["kept"]) == (1, 0)


def test_a_draw_is_the_same_for_a_seed_and_grows_with_its_size(folder, tmp_path):
    def drawn(name: str, per_rule: int | None, seed: int) -> set[str]:
        review_documents(folder / "clean", tmp_path / name, per_rule=per_rule, seed=seed)
        return {row["id"] for row in rows(tmp_path / name / "sheet.csv")}

    one = drawn("a", 1, 0)
    assert len(one & {"short", "tiny"}) == 1
    assert drawn("b", 1, 0) == one
    assert one < drawn("c", None, 0)
    assert len({frozenset(drawn(f"s{seed}", 1, seed)) for seed in range(8)}) > 1


@given(st.recursive(st.text() | st.floats(allow_nan=False, allow_infinity=False), st.lists))
def test_json_in_the_page_says_the_same_and_nothing_to_html(value):
    text = json_for_html(value)
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")


def test_what_is_missing_is_told(folder, tmp_path):
    with pytest.raises(InputError, match=r"has no documents\.jsonl; expected a folder that gonerd"):
        review_documents(tmp_path, tmp_path / "out")
    write_documents(tmp_path / "other.jsonl", different(1))
    with pytest.raises(InputError, match=r"rejected documents are not there; give --documents"):
        review_documents(folder / "clean", tmp_path / "out", documents=[tmp_path / "other.jsonl"])
    with pytest.raises(ConfigError, match="near is nan, expected a share"):
        review_documents(folder / "clean", tmp_path / "out", near=float("nan"))
    assert not (tmp_path / "out").exists()


@pytest.fixture
def page(browser: Browser, folder, tmp_path) -> Iterator[Page]:  # noqa: F811 - the fixture
    """The review page, from disk; nothing may stand on the console or be asked for elsewhere."""
    review_documents(folder / "clean", tmp_path / "review")
    faults: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    made = context.new_page()
    made.set_default_timeout(5_000)
    made.on("console", lambda message: faults.append(message.text))
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on("dialog", lambda dialog: faults.append(dialog.message))
    made.on("request", lambda r: faults.append(r.url))
    made.goto((tmp_path / "review/review.html").as_uri())
    yield made
    context.close()
    assert [fault for fault in faults if not fault.startswith(("file:", "blob:"))] == []


def decided(page: Page) -> str:
    return re.sub(r".*· ", "", page.locator("#progress").inner_text())


def shown(page: Page) -> str:
    return page.locator("#id").inner_text()


def test_keys_decide_and_what_is_exported_goes_back_into_clean(page, folder, tmp_path):
    page.fill("#reviewer", "=Ann, B.")
    page.locator("#reviewer").blur()
    decisions = {"code": "d", "french": "d", "short": "k", "near": "d", "tiny": "d", "long": "d"}
    count = int(re.search(r"of (\d+)", page.locator("#progress").inner_text())[1])
    for _ in range(count):
        page.keyboard.press(decisions.get(shown(page), "k"))
    expect(page.locator("#progress")).to_contain_text(f"{count} decided")
    page.select_option("#filter", "short")
    while shown(page) != "short":
        page.keyboard.press("j")
    page.keyboard.press("n")
    page.keyboard.type('a "good" one, kept')
    page.keyboard.press("Escape")
    with page.expect_download() as caught:
        page.keyboard.press("e")
    saved = tmp_path / "decisions.csv"
    caught.value.save_as(saved)
    assert '"\'=Ann, B."' in saved.read_text()  # a spreadsheet must not count
    found = ManualList.read([saved])
    assert found.by_id["short"].decision == "keep"
    assert found.by_id["short"].note == 'a "good" one, kept'
    assert {decision.reviewer for decision in found.by_id.values()} == {"=Ann, B."}
    out = tmp_path / "again"
    clean = ["clean", str(folder / "documents.jsonl"), "--manual", str(saved), "--out", str(out)]
    assert run([*clean, "--json"]) == 0
    kept = {document.id for document in read_documents(out / "documents.jsonl")}
    assert "short" in kept
    assert not kept & {"near", "code", "french", "tiny", "long"}
    assert json.loads((out / "report.json").read_text())["rejected_by_rule"] == {"manual": 5}


def test_a_note_without_a_decision_is_exported_and_decides_nothing(page, tmp_path):
    name = shown(page)
    page.keyboard.press("n")
    page.keyboard.type("ask Ann")
    page.keyboard.press("Escape")
    with page.expect_download() as caught:
        page.keyboard.press("e")
    caught.value.save_as(tmp_path / "decisions.csv")
    (row,) = csv.DictReader((tmp_path / "decisions.csv").read_text().splitlines())
    assert (row["id"], row["decision"], row["note"]) == (name, "", "ask Ann")
    assert len(ManualList.read([tmp_path / "decisions.csv"])) == 0


def test_undo_filters_and_memory(page):
    first = shown(page)
    page.keyboard.press("d")
    page.keyboard.press("k")
    assert decided(page) == "2 decided, 1 keep, 1 drop"
    page.keyboard.press("u")
    page.keyboard.press("u")
    assert (shown(page), decided(page)) == (first, "0 decided, 0 keep, 0 drop")
    page.keyboard.press("ArrowRight")
    second = shown(page)
    assert second != first
    page.keyboard.press("h")
    assert shown(page) == first
    page.locator("#drop").click()
    page.check("#open")
    expect(page.locator("#id")).not_to_have_text(first)
    page.uncheck("#open")
    page.reload()
    assert decided(page) == "1 decided, 0 keep, 1 drop"
    page.select_option("#filter", "language")
    assert shown(page) == "french"
    expect(page.locator("tr.failed td").first).to_have_text("language")
    page.keyboard.press("x")
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_be_visible()
    page.keyboard.press("k")  # is no decision while the keys are shown
    page.keyboard.press("Escape")
    assert decided(page) == "1 decided, 0 keep, 1 drop"


def test_what_stands_in_a_text_is_text(page):
    page.select_option("#filter", "short")
    while shown(page) != "short":
        page.keyboard.press("j")
    assert page.locator("#title").inner_text().replace("\u2028", "").startswith("</script><img")
    assert page.locator("main img, main script").count() == 0
    assert page.locator("#about a").count() == 0  # javascript: is no link
    assert page.title() == "Review: clean"
    assert "%%DATA%%" in page.locator("#text").inner_text()


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_nothing_is_wider_than_the_window(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    for rule in page.locator("#filter option").evaluate_all("all => all.map(o => o.value)"):
        page.select_option("#filter", rule)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator("#keep")).to_be_in_viewport()
