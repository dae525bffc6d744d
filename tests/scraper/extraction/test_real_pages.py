"""Real pages of the benchmarks: floors of quality; and the sample newsroom, crawled as a user would."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from gonerd.newsroom.server import serving
from gonerd.newsroom.web import Newsroom
from gonerd.records import read_documents
from gonerd_scraper.cleaning.clean import clean_documents
from gonerd_scraper.cleaning.filters import CleanRules
from gonerd_scraper.extraction.extract import PageInput, read_page
from tests.places import PAGES, ROOT, SHARED_DATA
from tests.scraper.small_web import crawl, reasons, rows

# urllib3, which trafilatura loads, says that it could do more with another package
pytestmark = pytest.mark.filterwarnings("ignore:SOCKS support in urllib3")

FUNDUS_PAGES = SHARED_DATA / "html/fundus_pages.tar.xz"

# Floors by the benchmarks' own definitions, never to be lowered.
UNSEEN_HALF = 0.981  # F1; 0.9820 when this was set (0.9828 on all 181 pages)
FUNDUS = 0.973  # F1; 0.9739 when this was set
RIGHT = {"title": 53, "authors": 57, "date": 63}  # pages of 63
NEWSROOM = {"precision": 0.988, "recall": 0.999}  # 0.9890 and 1.0000 when this was set


def benchmark(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / f"benchmarks/{name}.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def reading(url, body, headers=(("Content-Type", "text/html"),)):
    return read_page(
        PageInput(
            url=url,
            headers=headers,
            body=body,
            fetched_at="2026-11-23T00:00:00Z",
            agent="gonerd",
            noindex="record",
            tdm="record",
        )
    )


@pytest.mark.skipif(
    not PAGES.exists(), reason="../shared/data/html/scrapinghub_aeb.tar.xz is not there"
)
def test_the_text_of_real_pages_is_found():
    extraction = benchmark("extraction")
    served, gold = extraction.pages_by_address(PAGES)
    keys = extraction.keys_by_url(PAGES)
    counts = [
        extraction.page_counts(text, reading(url, served[extraction.address(url)]).text)
        for url, text in gold.items()
        if not extraction.in_sight(keys[url])
    ]
    assert len(counts) == 90
    assert extraction.scores(counts)["f1"] >= UNSEEN_HALF


@pytest.mark.skipif(
    not FUNDUS_PAGES.exists(), reason="../shared/data/html/fundus_pages.tar.xz is not there"
)
def test_text_and_metadata_of_real_pages_of_many_publishers_are_found():
    fundus = benchmark("extraction_fundus")
    readings = [(page, fundus.read(page)) for page in fundus.gold_pages(FUNDUS_PAGES)]
    counts = [fundus.page_counts(page.text, found.text) for page, found in readings if page.english]
    assert fundus.scores(counts)["f1"] >= FUNDUS
    meta = {page.url: found.meta for page, found in readings}
    right = fundus.metadata_counts([page for page, _ in readings], lambda page: meta[page.url])
    assert {name: max(count, right[name]) for name, count in RIGHT.items()} == right


def test_the_true_text_of_the_newsrooms_articles_is_found():
    shingle_f1 = benchmark("shingle_f1")
    room = Newsroom(articles=60, seed=11, hostile=False)
    gold = {document.meta["url"]: document for document in room.gold()}
    counts = []
    for address in room.addresses():
        if address.url not in gold:
            continue
        host, _, target = address.url.removeprefix("http://").partition("/")
        answer = room.respond(host, f"/{target}", attempt=9)
        found = reading(address.url, answer.body, answer.headers)
        counts.append(shingle_f1.page_counts(gold[address.url].text, found.text))
        assert found.meta["title"] == gold[address.url].meta["title"]
        assert found.meta["date"] == gold[address.url].meta["date"]
    scores = shingle_f1.scores(counts)
    assert len(counts) >= 60
    assert {name: max(floor, scores[name]) for name, floor in NEWSROOM.items()} == {
        name: scores[name] for name in NEWSROOM
    }


def test_of_the_newsroom_every_article_is_kept_and_nothing_else(tmp_path):
    room = Newsroom(articles=150, seed=3, hostile=False)
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
