"""The drawer: an entry's details and its documents, with and without gold and texts."""

import json
import re
import threading

import pytest
from playwright.sync_api import Page, expect

from gonerd import Entity
from gonerd.labels import LABELS
from gonerd.schema import Document
from gonerd.scoring.matching import KINDS
from gonerd.scoring.mistakes import mistakes_in
from tests.leaderboard.conftest import PHONE
from tests.leaderboard.factory import invented_documents
from tests.leaderboard.pages import drawer_of, names, open_entry


def on_sample(page: Page) -> None:
    page.get_by_role("link", name="sample.jsonl").click()


def listed(page: Page) -> list[str]:
    return page.locator("#drawer .list .id").all_inner_texts()


def test_a_drawer_opens_and_closes_by_keyboard_and_keeps_the_focus(open_page):
    page = open_page()
    button = page.get_by_role("button", name="Beta cut")
    button.focus()
    page.keyboard.press("Enter")
    drawer = drawer_of(page)
    expect(drawer).to_have_accessible_name("Beta cut")
    expect(drawer.get_by_role("heading", name="Beta cut")).to_be_focused()
    for words in ("gonerd eval --model oracle:acme/beta", "480", "MIT", "predictions.jsonl.zst"):
        expect(drawer).to_contain_text(words)
    assert re.search(r"Split\s*[0-9a-f]{64}", drawer.inner_text())
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || document.activeElement.closest('dialog') !== null"
        )
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(button).to_be_focused()
    assert "open=" not in page.url


def test_an_address_opens_the_drawer_at_its_document(open_page):
    page = open_page()
    open_entry(page, "Beta cut", "Documents")
    page.get_by_label("Only documents with errors").check()
    page.locator("#drawer .list").get_by_role("button", name=re.compile("doc-7")).click()
    again = open_page("#" + page.url.partition("#")[2])
    drawer = drawer_of(again)
    expect(drawer.get_by_role("article").get_by_role("heading", name="doc-7")).to_be_visible()
    expect(again.get_by_label("Only documents with errors")).to_be_checked()
    assert listed(again) == listed(page)


def test_back_closes_the_drawer(open_page):
    page = open_page()
    open_entry(page, "Alpha base")
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.go_forward()
    expect(page.get_by_role("dialog", name="Alpha base")).to_be_visible()


def test_the_command_is_copied(open_page):
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    drawer = open_entry(page, "Alpha base")
    drawer.get_by_role("button", name="Copy").click()
    expect(drawer.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "gonerd eval --model oracle:acme/alpha --out run"


def test_an_entry_that_can_not_be_read_is_told(open_page, gold_page, tmp_path):
    import shutil

    broken = shutil.copytree(gold_page, tmp_path / "page")
    shutil.rmtree(broken / "entries")
    (broken / "entries").mkdir()
    for name in re.findall(
        r'"key":"([0-9a-f]{20})"', next((broken / "boards").glob("inv*")).read_text()
    ):
        (broken / "entries" / f"{name}.js").write_text("// nothing\n")
    page = open_page(home=broken.as_uri())
    expect(open_entry(page, "Alpha base")).to_contain_text("holds something else")


def test_documents_count_their_errors_as_the_scorer_does(open_page):
    page = open_page()
    open_entry(page, "Beta cut", "Documents")
    page.get_by_label("Only documents with errors").check()
    errors = sum(
        int(text)
        for note in page.locator("#drawer .list small").all_inner_texts()
        for text in re.findall(r"(\d+) errors?", note)
    )
    row = json.loads(page.evaluate("JSON.stringify(gonerd.boards[0].rows)"))[2]
    assert row["name"] == "Beta cut"
    assert errors == sum(row["errors"][1:])


def test_matching_is_that_of_the_scorer(open_page):
    """On entities at random, close enough to overlap in all ways."""
    import random

    chance = random.Random(0)

    def some() -> tuple[Entity, ...]:
        found, at = [], 0
        while at < 60:
            at += chance.randrange(4)
            end = at + chance.randrange(1, 5)
            found.append(Entity(at, end, chance.choice(LABELS)))
            at = end
        return tuple(found)

    cases = [(some(), some()) for _ in range(300)]
    plain = [[[[e.start, e.end, e.label] for e in side] for side in case] for case in cases]
    page = open_page()
    told = page.evaluate(
        "cases => cases.map(([gold, found]) => gonerd.matched(gold, found))", plain
    )
    for (gold, found), items in zip(cases, told, strict=True):
        document = Document(id="a", text="x" * 80, entities=gold)
        expected = [
            (
                m.kind,
                m.gold and (m.gold.start, m.gold.end),
                m.found and (m.found.start, m.found.end),
            )
            for m in mistakes_in(document, found)
        ]
        shown = [
            (i["kind"], i["gold"] and tuple(i["gold"][:2]), i["found"] and tuple(i["found"][:2]))
            for i in items
        ]
        assert {i["kind"] for i in items} <= set(KINDS)
        assert sorted(map(str, (s for s in shown if s[0] != "exact"))) == sorted(map(str, expected))
        assert len({s for s in shown if s[0] == "exact"}) == len(set(gold) & set(found))


def test_a_text_is_shown_whole_with_its_entities_marked_in_their_places(open_page):
    page = open_page()
    on_sample(page)
    drawer = open_entry(page, "Alpha on the sample", "Documents")
    document = invented_documents(host="a.example", seed=len("sample"))[0]
    passage = drawer.locator(".passage")
    text = passage.evaluate(
        """home => {
          const copy = home.cloneNode(true);
          for (const added of copy.querySelectorAll(".tag, .unseen, .reach")) added.remove();
          return copy.textContent;
        }"""
    )
    assert text == document.text
    marks = passage.locator("mark")
    gold = {(entity.start, entity.end) for entity in document.entities}
    places = marks.evaluate_all("all => all.map(m => [+m.dataset.start, +m.dataset.end])")
    assert {tuple(place) for place in places} == gold
    for mark, (start, end) in zip(marks.all(), places, strict=True):
        pieces = mark.locator("span:not(.tag):not(.unseen)").all_inner_texts()
        assert "".join(pieces) == document.text[start:end]


KINDS_OF_MARK = """() => {
  const gold = [[0, 4, "PER"], [5, 9, "ORG"], [10, 14, "LOC"], [15, 19, "MISC"], [20, 24, "PER"],
    [30, 34, "ORG"]];
  const found = [[0, 4, "PER"], [5, 8, "ORG"], [10, 14, "PER"], [15, 18, "PER"], [26, 28, "LOC"]];
  const items = gonerd.matched(gold, found);
  const passage = gonerd.passage("0123456789".repeat(4), items, {read: 29});
  document.querySelector("main").replaceChildren(passage);
  return items.map((item) => item.kind);
}"""


def test_each_kind_is_told_by_sign_line_and_words_not_by_colour_alone(open_page):
    page = open_page()
    kinds = page.evaluate(KINDS_OF_MARK)
    assert kinds == ["exact", "boundary", "type", "both", "missed", "spurious", "missed"]
    marks = page.locator(".passage mark")
    tags = ["PER", "↔ ORG", "LOC → PER", "↔ MISC → PER", "− PER", "+ LOC", "− ORG"]
    assert marks.locator(".tag").all_inner_texts() == tags
    words = marks.locator(".unseen").all_text_contents()
    assert [text.strip() for text in words] == [
        "(PER, right)",
        "(wrong boundary: ORG, gold “5678”, found “567”)",
        "(wrong type: gold LOC, found PER)",
        "(wrong boundary and type: gold MISC, found PER, gold “5678”, found “567”)",
        "(PER, missed)",
        "(LOC, spurious)",
        "(ORG, missed, beyond what the model read)",
    ]
    lines = marks.evaluate_all(
        "all => all.map(m => getComputedStyle(m.firstChild).textDecorationLine)"
    )
    assert lines == ["underline"] * 5 + ["none", "underline"]
    expect(page.locator(".passage .unread mark")).to_have_count(1)
    expect(page.locator(".passage .reach")).to_have_text("the model read to here")


def test_offsets_count_code_points(open_page):
    page = open_page()
    marked = page.evaluate(
        """() => {
          const text = "𝔄 😀 Ada 🇩🇪 left 😀";
          const start = Array.from("𝔄 😀 ").length;
          const passage = gonerd.passage(text, gonerd.matched([[start, start + 3, "PER"]], []), {});
          return [passage.querySelector("mark span").textContent, passage.textContent.endsWith("left 😀")];
        }"""
    )
    assert marked == ["Ada", True]


def test_where_there_is_no_text_places_and_hashes_stand_and_the_reason(open_page):
    page = open_page()
    drawer = open_entry(page, "Alpha base", "Documents")
    article = drawer.get_by_role("article")
    expect(article).to_contain_text("may not be passed on")
    expect(article).to_contain_text("gonerd leaderboard serve PAGE --dataset DATASET")
    expect(article.get_by_role("table")).to_contain_text("ORG 0–4")
    assert re.search(r"SHA-256 of the text [0-9a-f]{64}", article.inner_text())
    expect(article.locator(".passage")).to_have_count(0)


def test_without_gold_only_predictions_are_shown(open_page, page_folder):
    page = open_page(home=page_folder.as_uri())
    drawer = open_entry(page, "Alpha base", "Documents")
    article = drawer.get_by_role("article")
    expect(article).to_contain_text("The gold is not at hand")
    assert article.locator("thead th").all_inner_texts() == ["Kind", "Found"]
    assert drawer.locator(".list small").first.inner_text().endswith(" found")


def test_a_server_with_the_dataset_fills_gold_and_texts_in(open_page, page_folder, submissions):
    from gonerd_leaderboard.filling import Filling
    from gonerd_leaderboard.serving import BuiltPage, page_server

    filling = Filling([str(submissions.parent / "invented.jsonl")])
    with page_server(BuiltPage(page_folder), filling=filling) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = open_page(home=f"http://127.0.0.1:{server.server_port}")
        drawer = open_entry(page, "Alpha base", "Documents")
        document = invented_documents(seed=len("invented"))[0]
        expect(drawer.locator(".passage")).to_contain_text(document.text[:4])
        expect(drawer.locator(".passage mark")).to_have_count(12)
        server.shutdown()


def test_the_next_error_is_gone_to_and_round_again(open_page):
    page = open_page()
    on_sample(page)
    open_entry(page, "Alpha on the sample", "Documents")
    page.get_by_label("Only documents with errors").check()
    wrong = page.locator(".passage mark[data-wrong]")
    expect(wrong).not_to_have_count(0)
    seen = []
    for _ in range(wrong.count() + 1):
        page.get_by_role("button", name="Next error").click()
        seen.append(page.evaluate("document.activeElement.dataset.start"))
    assert seen[0] == seen[-1]
    assert len(set(seen)) == wrong.count()


def test_on_a_phone_the_list_gives_way_to_the_document(open_page):
    page = open_page(size=PHONE)
    on_sample(page)
    drawer = open_entry(page, names(page)[0], "Documents")
    assert drawer.bounding_box()["width"] == PHONE["width"]
    expect(drawer.get_by_role("article")).to_be_hidden()
    drawer.get_by_role("button", name=re.compile("doc-3 ")).click()
    expect(drawer.locator(".passage")).to_be_visible()
    expect(drawer.locator(".list")).to_be_hidden()
    drawer.get_by_role("button", name="Next", exact=True).click()
    expect(drawer.get_by_role("heading", name="doc-4")).to_be_visible()
    drawer.get_by_role("button", name="All documents").click()
    expect(drawer.locator(".list")).to_be_visible()


@pytest.mark.parametrize("tab", ["Details", "Documents"])
def test_a_drawer_never_scrolls_sideways_on_a_phone(open_page, tab):
    page = open_page(size=PHONE)
    drawer = open_entry(page, "Alpha base", tab)
    inside = drawer.locator(".inside")
    assert inside.evaluate("e => e.scrollWidth - e.clientWidth") == 0
