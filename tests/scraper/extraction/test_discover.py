"""Links of sitemaps, feeds and pages; bodies out of their encodings."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from gonerd_scraper.extraction.discover import (
    document_kind,
    feed_leads,
    page_leads,
    sitemap_leads,
    unpacked_sitemap,
)
from gonerd_scraper.web.response import decode_body

URL = "http://a.example/x/feed"


def test_a_sitemap_gives_pages_and_an_index_gives_sitemaps():
    body = (
        b'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://i">'
        b"<url><loc> http://a.example/1?a=1&amp;b=2 </loc><image:image><image:loc>http://a.example/i</image:loc>"
        b"</image:image></url><url><loc>/2</loc></url><url><loc>ftp://a.example/3</loc></url></urlset>"
    )
    assert sitemap_leads(URL, body).pages == ("http://a.example/1?a=1&b=2", "http://a.example/2")
    index = b"<sitemapindex><sitemap><loc>http://a.example/1.xml.gz</loc></sitemap></sitemapindex>"
    assert sitemap_leads(URL, index).sitemaps == ("http://a.example/1.xml.gz",)
    assert sitemap_leads(URL, b"http://a.example/1\nnot this\n").pages == ("http://a.example/1",)


def test_a_sitemap_that_is_cut_or_full_of_entities_gives_what_can_be_read():
    cut = b"<urlset><url><loc>http://a.example/1</loc></url><url><loc>http://a.exa"
    assert "http://a.example/1" in sitemap_leads(URL, cut).pages
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(20))
    bomb = f"<!DOCTYPE u [{laughs}]><urlset><url><loc>http://a.example/&l19;</loc></url></urlset>"
    assert len(str(sitemap_leads(URL, bomb.encode()))) < 1000


def test_a_packed_sitemap_is_unpacked_to_its_limit():
    assert unpacked_sitemap(gzip.compress(b"x" * 1000), 100) == b"x" * 100
    assert unpacked_sitemap(b"\x1f\x8bbroken", 100) == b""
    assert unpacked_sitemap(b"<urlset/>", 100) == b"<urlset/>"


@pytest.mark.parametrize(
    "body",
    [
        b"<rss><channel><link>http://a.example/</link><item><link>http://a.example/1</link></item></channel></rss>",
        b"<rss><channel><item><guid>http://a.example/1</guid></item></channel></rss>",
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link rel="edit" href="/e"/>'
        b'<link href="../1"/></entry></feed>',
        b'<rdf:RDF xmlns:rdf="r"><item><link>http://a.example/1</link></item></rdf:RDF>',
        b'{"version": "https://jsonfeed.org/version/1", "items": [{"url": "/1"}, {"id": 2}, 3]}',
    ],
)
def test_feeds_of_all_kinds_give_their_items(body):
    assert document_kind("text/plain", body) == "feed"
    assert feed_leads(URL, body).pages == ("http://a.example/1",)


def test_a_page_gives_links_below_its_base_and_announced_feeds():
    tree = html.fromstring(
        '<html><head><base href="/news/">'
        '<link rel="alternate" type="application/atom+xml; charset=utf-8" href="f">'
        '<link rel="alternate" hreflang="de" href="/de"></head><body><a href="a#x">1</a><a href="a">2</a>'
        '<a rel="nofollow" href="b">3</a><a href="mailto:x@y">4</a><a href="c.jpg">5</a></body></html>'
    )
    leads = page_leads("http://a.example/", tree)
    assert leads.pages == ("http://a.example/news/a",)
    assert leads.feeds == ("http://a.example/news/f",)


@pytest.mark.parametrize(
    ("content_type", "body", "kind"),
    [
        ("text/plain", b"\xef\xbb\xbf <!DOCTYPE html><html>", "page"),
        ("text/html", b"\x89PNG\r\n\x1a\n\0\0\0", "other"),
        ("application/pdf", b"%PDF-1.4 words", "other"),
        ("text/html", b"words without any markup", "page"),
        ("text/xml", b'<?xml version="1.0"?><sitemapindex>', "sitemap"),
        ("text/html", "<html>".encode("utf-16"), "page"),
        ("text/html", "<html>".encode("utf-16-le"), "page"),
        ("text/html", b"<!doctype html><html>wo\0rds", "page"),
        ("text/html", "\r\n <html>".encode("utf-16-le"), "page"),
        ("text/html", b"\0<!doctype html><title>a\0b</title>", "page"),
        ("text/html", b"\x7fELF\0\0<p >", "other"),
    ],
)
def test_bytes_say_what_a_document_is(content_type, body, kind):
    assert document_kind(content_type, body) == kind


@given(st.binary(max_size=2000), st.sampled_from(["gzip", "deflate", "raw deflate", ""]))
def test_a_body_comes_out_of_its_encoding_as_it_went_in(body, encoding):
    packer = zlib.compressobj(
        6, zlib.DEFLATED, {"gzip": 31, "deflate": 15, "raw deflate": -15}.get(encoding, 15)
    )
    raw = packer.compress(body) + packer.flush() if encoding else body
    assert decode_body(raw, encoding.removeprefix("raw "), 10_000) == (body, "", "")


def test_a_bomb_makes_no_more_than_the_limit():
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(50)) + packer.flush()
    body, cut, broken = decode_body(bomb, "gzip", 5000)
    assert (len(body), cut, broken) == (5000, "length", "")


def test_brotli_is_read_under_the_limit_too():
    brotli = pytest.importorskip("brotli", reason="brotli makes the test's input")
    assert decode_body(brotli.compress(b"words " * 100), "br", 1000) == (b"words " * 100, "", "")
    assert decode_body(brotli.compress(bytes(1_000_000)), "br", 1000)[:2] == (bytes(1000), "length")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_what_is_not_in_its_encoding_is_told(encoding):
    assert decode_body(b"\x1f\x8bnothing of the kind", encoding, 1000)[2]
