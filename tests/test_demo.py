"""The whole way in one command, small: interrupted, taken up again, looked at."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from gonerd import Document
from gonerd.dataset import documents_of, load
from gonerd.records import read_documents, read_json_lines

SMALL = ["--articles", "80", "--documents", "60", "--train-seconds", "8"]


def demo(folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "gonerd.cli.main", "demo", "--out", str(folder), *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo that was interrupted in the middle of its crawl and then went on."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    first = demo(folder, *SMALL)
    deadline = time.monotonic() + 120
    while not list((folder / "crawl").glob("archive/*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    first.send_signal(signal.SIGINT)
    _, error = first.communicate(timeout=60)
    assert first.returncode == 1
    assert error.strip().endswith("gonerd: interrupted; nothing half-written is left")
    assert not (folder / "crawl" / "report.json").exists()
    second = demo(folder, *SMALL, "--json")
    out, error = second.communicate(timeout=400)
    assert second.returncode == 0, error
    assert "done before" in error
    made = json.loads(out)["made"]
    assert {"leaderboard/index.html", "gonerd", "stats", "model", "crawl/archive"} <= set(made)
    return folder


def test_every_page_became_a_document_or_has_its_reason(folder: Path) -> None:
    report = json.loads((folder / "crawl" / "report.json").read_text())
    documents = list(read_documents(folder / "crawl" / "documents.jsonl"))
    rejected = [row for _, row in read_json_lines(folder / "crawl" / "rejected.jsonl")]
    assert documents
    assert report
    assert all(row["reason"] for row in rejected)
    urls = [document.meta["url"] for document in documents]
    assert len(urls) == len(set(urls))
    manifest = {row["url"] for _, row in read_json_lines(folder / "crawl" / "manifest.jsonl")}
    assert set(urls) <= manifest


def test_filters_lose_no_article_and_keep_no_oddity(folder: Path) -> None:
    """Which member of a cluster is kept is free: a reprint may stand for its original."""
    truth = {row["url"]: row for _, row in read_json_lines(folder / "newsroom" / "truth.jsonl")}
    kept = {final_url(d) for d in read_documents(folder / "clean" / "documents.jsonl")}
    stories = [truth[url].get("duplicate_of") or url for url in kept]
    assert len(stories) - len(set(stories)) <= 0.02 * len(kept)
    wanted = {url for url, row in truth.items() if row["expected"] == "keep"}
    assert len(wanted - set(stories)) <= 0.02 * len(wanted), sorted(wanted - set(stories))
    odd = sorted(set(stories) - wanted)
    assert len(odd) <= 0.02 * len(kept), [(url, truth[url]["reason"]) for url in odd]


def final_url(document: Document) -> str:
    """Where the page was in the end, after redirects; the truth names pages so."""
    return str(document.meta.get("final_url") or document.meta["url"])


def test_a_quarter_comes_from_the_justice_site(folder: Path) -> None:
    sources = Counter(d.meta["source"] for d in read_documents(folder / "sample.jsonl"))
    assert sources["justice"] / sources.total() == pytest.approx(0.25, abs=0.06)


def test_the_gold_came_through_annotation_and_build(folder: Path) -> None:
    gold = {d.meta["url"]: d for d in read_documents(folder / "newsroom" / "gold.jsonl")}
    final_urls = {d.id: final_url(d) for d in read_documents(folder / "annotated.jsonl")}
    same = found = wanted = 0
    for document in documents_of(folder / "gonerd", "all"):
        source = gold[final_urls[document.id]]
        mentions = Counter((document.mention(e), e.label, e.subtype) for e in document.entities)
        expected = Counter((source.mention(e), e.label, e.subtype) for e in source.entities)
        same += (mentions & expected).total()
        found += mentions.total()
        wanted += expected.total()
    assert same / found > 0.98
    assert same / wanted > 0.9


def test_plain_load_dataset_opens_it_beside_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datasets import load_dataset

    monkeypatch.chdir(folder)
    assert load_dataset("gonerd").num_rows == dict(load("gonerd").facts.documents)


def test_the_page_holds_both_entries_and_says_that_they_are_synthetic(folder: Path) -> None:
    page = (folder / "leaderboard" / "plain.html").read_text(encoding="utf-8")
    assert "Small local-attention tagger" in page
    assert "Rules" in page
    assert "nothing about real text" in page
    texts = sum(1 for _ in (folder / "leaderboard" / "texts").iterdir())
    assert texts == dict(load(folder / "gonerd").facts.documents)["test"] > 0


def test_the_figure_is_a_picture(folder: Path) -> None:
    pictures = list((folder / "stats").glob("*.png"))
    assert pictures
    assert all(
        path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 5_000
        for path in pictures
    )


def test_other_options_ask_for_force_and_change_nothing(folder: Path) -> None:
    before = sorted(path for path in folder.rglob("*"))
    process = demo(folder, "--articles", "90")
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "holds a demo with articles 80" in error
    assert "--force replaces it" in error
    assert sorted(path for path in folder.rglob("*")) == before


def test_a_folder_that_is_no_demo_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    process = demo(tmp_path, *SMALL, "--force")
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (
        1,
        f"gonerd: {tmp_path} holds something that is no demo; give another folder\n",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
