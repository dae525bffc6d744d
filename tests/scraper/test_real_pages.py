"""Real pages of the extraction benchmark, crawled as a user would; and the sample newsroom."""

from __future__ import annotations

import importlib.util
import threading
from pathlib import Path

import pytest

from gonerd.newsroom.server import serving
from gonerd.newsroom.web import Newsroom
from gonerd.records import read_documents
from gonerd_scraper.clean import clean_documents
from gonerd_scraper.filters import CleanRules
from tests.scraper.web import crawl, reasons, rows

ROOT = Path(__file__).parents[2]
PAGES = ROOT.parent / "shared/data/html/scrapinghub_aeb.tar.xz"

FLOOR = 0.964
"""F1 by the benchmark's own definition, on every fourth page: 0.9646 when this was set (0.9658 on all).

Never to be lowered.
"""


def benchmark():
    spec = importlib.util.spec_from_file_location("extraction", ROOT / "benchmarks/extraction.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(
    not PAGES.exists(), reason="../shared/data/html/scrapinghub_aeb.tar.xz is not there"
)
def test_the_text_of_real_pages_is_found(tmp_path):
    extraction = benchmark()
    served, gold = extraction.pages_by_address(PAGES)
    gold = dict(sorted(gold.items())[::4])  # all of them take a minute; the benchmark takes all
    server = extraction.PageServer(served)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        crawl(f"127.0.0.1:{server.server_port}", tmp_path, *gold, follow=False, noindex="record")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    found = {d.meta["url"]: d.text for d in read_documents(tmp_path / "documents.jsonl")}
    assert set(found) == set(gold)
    counts = [extraction.page_counts(text, found[url]) for url, text in gold.items()]
    assert extraction.scores(counts)["f1"] >= FLOOR


def test_of_the_newsroom_every_article_is_kept_and_nothing_else(tmp_path):
    room = Newsroom(articles=30, seed=3, hostile=False)
    truth = {row["url"]: row for row in room.truth()}
    with serving(room) as server:
        seeds = [f"http://{host}/" for host in room.hosts]
        crawl(server.address, tmp_path / "crawl", *seeds, timeout=5.0)
        assert all(log.most_at_once == 1 and not log.too_early for log in server.hosts.values())
        asked = {
            f"http://{host}{target}" for host, log in server.hosts.items() for target in log.targets
        }
    closed = {
        url for url, row in truth.items() if row["reason"] == "robots" and row["kind"] != "redirect"
    }
    assert not asked & closed
    clean_documents(tmp_path / "crawl/documents.jsonl", tmp_path / "clean", CleanRules())
    kept = {d.meta["final_url"] for d in read_documents(tmp_path / "clean/documents.jsonl")}
    by_id = {d.id: d.meta["final_url"] for d in read_documents(tmp_path / "crawl/documents.jsonl")}
    stand_ins = {
        by_id[row["id"]]: by_id[row["values"]["kept"]]
        for row in rows(tmp_path / "clean/rejected.jsonl")
        if "kept" in row["values"]
    }
    wanted = {url for url, row in truth.items() if row["expected"] == "keep"}
    assert {url for url in wanted if stand_ins.get(url, url) not in kept} == set()
    others = {
        url for url in kept if truth[url]["kind"] not in ("article", "reprint", "copy", "reserved")
    }
    assert others == set()
    found = reasons(tmp_path / "crawl")
    failures = {url for url, row in truth.items() if row["kind"] == "error"}
    assert failures <= set(found)
