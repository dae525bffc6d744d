"""A crawl from seeds to documents: discovery, what a document carries, limits."""

from __future__ import annotations

import gzip
import hashlib

import pytest
from warcio.archiveiterator import ArchiveIterator

from gonerd.errors import OutputError
from gonerd.newsroom.response import Response, html_response, redirect_to
from gonerd.newsroom.server import serving
from gonerd.records import read_documents
from gonerd_scraper.warc.archive import RecordPlace, read_record
from tests.scraper.small_web import (
    Pages,
    article,
    crawl,
    listing,
    page,
    plain,
    reasons,
    rows,
    texts,
)

HOST = "www.ledger.example"
HOME = f"http://{HOST}/"


def test_pages_are_found_by_sitemap_feed_and_link(tmp_path):
    sitemap = f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>{HOME}a</loc></url></urlset>"
    index = f"<sitemapindex><sitemap><loc>{HOME}maps/1.xml.gz</loc></sitemap></sitemapindex>"
    feed = f"<rss><channel><item><link>{HOME}b</link></item></channel></rss>"
    web = Pages(
        {
            HOST: {
                "/robots.txt": plain(f"Sitemap: {HOME}index.xml\n"),
                "/index.xml": Response(
                    headers=(("Content-Type", "text/xml"),), body=index.encode()
                ),
                "/maps/1.xml.gz": Response(
                    headers=(("Content-Type", "application/gzip"),),
                    body=gzip.compress(sitemap.encode()),
                ),
                "/": html_response(
                    '<html><head><link rel="alternate" type="application/rss+xml" href="/rss"></head>'
                    '<body><a href="/c">c</a><a href="http://other.test/x">x</a></body></html>'
                ),
                "/rss": Response(
                    headers=(("Content-Type", "application/rss+xml"),), body=feed.encode()
                ),
                **{f"/{name}": page(name.upper()) for name in "abc"},
            }
        }
    )
    with serving(web) as server:
        report = crawl(server.address, tmp_path / "crawl", HOME)
    assert sorted(texts(tmp_path / "crawl")) == [f"{HOME}{name}" for name in "abc"]
    assert report["pages"] == 4
    assert not [url for url in web.asked if "other.test" in url]


def test_a_document_carries_what_is_known_about_it_and_where_it_lies(tmp_path):
    web = Pages(
        {HOST: {"/a": page("Ashgrove", head='<link rel="license" href="https://cc.example/by">')}}
    )
    with serving(web) as server:
        crawl(server.address, tmp_path, f"{HOME}a", follow=False)
    (document,) = read_documents(tmp_path / "documents.jsonl")
    (row,) = rows(tmp_path / "manifest.jsonl")
    assert document.text.startswith("The council of Ashgrove met on Monday")
    assert document.meta["domain"] == "ledger.example"
    assert document.meta["source"] == "news"
    assert document.meta["title"] == "Ashgrove votes"
    assert document.meta["language"] == "en"
    assert {"name", "version", "options"} <= document.meta["extractor"].keys()
    assert row["text_sha256"] == document.meta["text_sha256"]
    place = row["warc"]
    data = (tmp_path / place["file"]).read_bytes()[place["offset"] :][: place["length"]]
    assert hashlib.sha256(data).hexdigest() == place["sha256"]
    again = read_record(tmp_path, RecordPlace(**place), f"{HOME}a", limit=10_000_000)
    assert article("Ashgrove") in again.body.decode().replace(
        '<link rel="license" href="https://cc.example/by">', ""
    )


def test_every_answer_is_in_the_archive_with_its_request_and_right_digests(tmp_path):
    web = Pages(
        {
            HOST: {
                "/": listing("/a", "/gone", "/moved"),
                "/a": page("A"),
                "/moved": redirect_to("/b"),
                "/b": page("B"),
            }
        }
    )
    with serving(web) as server:
        crawl(server.address, tmp_path, HOME)
        asked = list(web.asked)
    kinds = []
    for path in sorted((tmp_path / "archive").iterdir()):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                record.content_stream().read()
                kinds.append((record.rec_type, record.rec_headers.get_header("WARC-Target-URI")))
    assert kinds[0][0] == "warcinfo"
    assert sorted(url for kind, url in kinds if kind == "response") == sorted(asked)
    assert sorted(url for kind, url in kinds if kind == "request") == sorted(asked)


def test_charsets_are_found_and_noted(tmp_path):
    body = article("Zürich").replace("Mayor", "„Mayor“ – café")
    pages = {
        "/lie": Response(
            headers=(("Content-Type", "text/html; charset=iso-8859-1"),), body=body.encode()
        ),
        "/meta": Response(
            headers=(("Content-Type", "text/html"),),
            body=body.replace("<head>", '<head><meta charset="windows-1252">').encode("cp1252"),
        ),
        "/utf16": Response(headers=(("Content-Type", "text/html"),), body=body.encode("utf-16")),
        "/none": Response(headers=(("Content-Type", "text/html"),), body=body.encode()),
    }
    with serving(Pages({HOST: {"/": listing(*pages), **pages}})) as server:
        crawl(server.address, tmp_path, HOME)
    found = texts(tmp_path)
    assert len(found) == 4
    assert all("Zürich" in text and "„Mayor“ – café" in text for text in found.values())
    said = {d.meta["url"]: d.meta["charset"] for d in read_documents(tmp_path / "documents.jsonl")}
    assert said[f"{HOME}lie"] == {"name": "utf-8", "source": "valid_utf8"}
    assert said[f"{HOME}meta"] == {"name": "cp1252", "source": "meta"}
    assert said[f"{HOME}utf16"] == {"name": "utf-16", "source": "bom"}


def test_limits_on_pages_are_kept_and_what_is_left_is_counted(tmp_path):
    names = [f"/{number}" for number in range(10)]
    web = Pages(
        {HOST: {"/": listing(*names), **{name: page(f"Town {name[1:]}") for name in names}}}
    )
    with serving(web) as server:
        report = crawl(server.address, tmp_path, HOME, max_pages=4)
        assert report["pages"] == 4
        assert report["not_fetched"] == 7
        report = crawl(server.address, tmp_path, HOME)
    assert report["documents"] == 10
    assert (
        len(web.asked)
        == len([url for url in web.asked if url.endswith((".txt", ".json", ".xml"))]) + 11
    )


def test_no_follow_fetches_the_seeds_alone(tmp_path):
    web = Pages({HOST: {"/a": page("A", links=("/b",)), "/b": page("B")}})
    with serving(web) as server:
        crawl(server.address, tmp_path, f"{HOME}a", follow=False)
    assert [url for url in web.asked if not url.endswith((".txt", ".json"))] == [f"{HOME}a"]


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds something that is no crawl"):
        crawl("127.0.0.1:9", tmp_path, HOME)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_limits_of_a_host_bound_its_pages_its_depth_and_what_is_remembered(tmp_path):
    names = [f"/{number}" for number in range(9)]
    steps = {name: page(f"Step {name[1:]}", links=(f"/{int(name[1:]) + 1}",)) for name in names}
    wide = {"/": listing(*names), **{name: page(f"Town {name[1:]}") for name in names}}
    with serving(Pages({HOST: wide, "www.steps.example": {"/": listing("/0"), **steps}})) as server:
        report = crawl(server.address, tmp_path / "pages", HOME, max_pages_per_host=4)
        assert report["pages"] == 4
        assert report["not_fetched"] == 6
        crawl(server.address, tmp_path / "depth", "http://www.steps.example/", max_depth=3)
        assert reasons(tmp_path / "depth")["http://www.steps.example/3"] == "too_deep"
        assert len(texts(tmp_path / "depth")) == 3
        report = crawl(server.address, tmp_path / "met", HOME, max_addresses_per_host=6)
    assert (len(texts(tmp_path / "met")), report["passed_over"]) == (4, 5)


def test_what_is_never_asked_for_uses_up_no_limit(tmp_path):
    names = [f"/{number}" for number in range(9)]
    shut = [f"/shut/{number}" for number in range(9)]
    robots = plain("User-agent: *\nDisallow: /shut/\n")
    pages = {name: page(f"Town {name[1:]}") for name in names}
    web = Pages({HOST: {"/robots.txt": robots, "/": listing(*shut, *names), **pages}})
    gone = "http://127.0.0.1/"
    with serving(web) as server:
        report = crawl(server.address, tmp_path / "all", HOME, gone, max_pages=6)
        assert (report["pages"], report["documents"]) == (6, 5)
        report = crawl(server.address, tmp_path / "host", HOME, max_pages_per_host=4)
    assert (report["pages"], report["documents"]) == (4, 3)


def test_what_robots_forbid_by_the_thousand_takes_no_time(tmp_path):
    robots = plain("User-agent: *\nDisallow: /shut/\n")
    entries = "".join(f"<url><loc>{HOME}shut/{number}</loc></url>" for number in range(1500))
    sitemap = Response(
        headers=(("Content-Type", "text/xml"),), body=f"<urlset>{entries}</urlset>".encode()
    )
    web = Pages({HOST: {"/robots.txt": robots, "/sitemap.xml": sitemap, "/": page("Home")}})
    with serving(web) as server:
        report = crawl(server.address, tmp_path, HOME)
    assert report["rejected_by_reason"] == {"robots_disallowed": 1500}
    assert report["seconds"] < 10  # with a sync of the disk for each it would be 30


def test_a_host_that_refuses_everything_comes_to_an_end(tmp_path):
    robots = plain("User-agent: *\nDisallow: /shut/\n")
    links = [f"/shut/{number}" for number in range(90)]
    web = Pages({HOST: {"/robots.txt": robots, "/": page("Home", links=links)}})
    with serving(web) as server:
        report = crawl(server.address, tmp_path, HOME, max_pages_per_host=3)
    assert report["rejected_by_reason"] == {"robots_disallowed": 30}
    assert report["not_fetched"] == 60
