"""Why one document is kept or not, as clean itself decides."""

from __future__ import annotations

import json

import pytest

from gonerd.cli.main import run
from gonerd.records import write_documents
from gonerd.schema import Document
from gonerd_scraper.cleaning.clean import clean_documents
from gonerd_scraper.cleaning.explain import explain_document
from gonerd_scraper.cleaning.filters import CleanRules
from tests.scraper.cleaning.test_filters import CODE, FRENCH, PROSE
from tests.scraper.stories import different


@pytest.fixture
def folder(tmp_path):
    stories = different(8)
    words = stories[0].text.split()
    # a is like b, b like c, and c not as much like a
    chain = [" ".join([*words[:-n], *(f"other{n}x{i}" for i in range(n))]) for n in (1, 4, 8)]
    odd = [
        Document(id="code", text=CODE, meta={"url": "http://a.example/code"}),
        Document(id="french", text=FRENCH, meta={"url": "http://a.example/french"}),
        Document(id="front", text=PROSE, meta={"url": "http://a.example/"}),
    ]
    chained = [
        Document(id=f"chain{n}", text=text, meta={"url": f"http://a.example/{n}/{'x' * n}"})
        for n, text in enumerate(chain)
    ]
    write_documents(tmp_path / "documents.jsonl", [*stories[1:], *odd, *chained])
    row = {
        "url": "http://a.example/gone",
        "stage": "fetch",
        "reason": "http_status",
        "detail": "404",
    }
    (tmp_path / "rejected.jsonl").write_text(json.dumps(row) + "\n")
    return tmp_path


def test_it_says_of_each_document_what_clean_does(folder):
    path = folder / "documents.jsonl"
    clean_documents(path, folder / "out", CleanRules())
    rejected = {
        row["id"]: row
        for row in map(json.loads, (folder / "out/rejected.jsonl").read_text().splitlines())
    }
    assert {row["rule"] for row in rejected.values()} >= {"code", "language", "list_page"}
    for line in path.read_text().splitlines():
        name = json.loads(line)["id"]
        found = explain_document(path, name, CleanRules())
        assert found["kept"] == (name not in rejected), name
        if not found["kept"]:
            assert found["rule"] == rejected[name]["rule"], name
        if found["duplicate_of"]:
            assert found["duplicate_of"] == rejected[name]["values"]["kept"]


def test_a_page_that_the_crawl_rejected_is_explained_too(folder, capsys):
    path = str(folder / "documents.jsonl")
    assert run(["clean", path, "--explain", "http://a.example/gone"]) == 0
    said = capsys.readouterr().out
    assert said == "http://a.example/gone: DROPPED by http_status (fetch): 404\n"
    assert run(["clean", path, "--explain", "http://a.example/gone", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["row"]["stage"] == "fetch"
    assert run(["clean", path, "--explain", "http://a.example/nowhere"]) == 1
    assert "nor has a page in rejected.jsonl beside it" in capsys.readouterr().err


def test_the_table_names_each_threshold_with_its_value(folder, capsys):
    assert (
        run(["clean", str(folder / "documents.jsonl"), "--explain", "http://a.example/code#x"]) == 0
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("http://a.example/code: DROPPED by code (clean): ")
    failed = [line.split() for line in lines if line.startswith("DROP ")]
    assert failed[0][:3] == ["DROP", "code", "code_line_share"]
    assert any(line.startswith("PASS  short") and "at least 50" in line for line in lines)
    assert any(line.startswith("OFF   code") for line in lines)
