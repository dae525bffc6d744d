"""Pages of WARC records: their codings, digests, character sets, revisits and cuts."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from base64 import b32encode

import brotli
import pytest
import zstandard

from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.crawling.warcs import scrape_warcs
from tests.scraper.small_web import article, rows, texts
from tests.scraper.warc.records import (
    HTML,
    PAGE,
    only,
    read,
    record,
    zipped,
)


def chunks(body: bytes, *, extension: bytes = b"", trailer: bytes = b"", end: bytes = b"\r\n"):
    pieces = [body[at : at + 700] for at in range(0, len(body), 700)]
    framed = (b"%x%s%s%s%s" % (len(piece), extension, end, piece, end) for piece in pieces)
    return b"".join(framed) + b"0" + extension + end + trailer + end


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("stored", "headers"),
    [
        (PAGE, ()),
        (chunks(PAGE), (("Transfer-Encoding", "chunked"),)),
        (chunks(PAGE, extension=b';a="b c"'), (("transfer-encoding", "Chunked"),)),
        (chunks(PAGE, trailer=b"X-Sum: 1\r\n"), (("Transfer-Encoding", "chunked"),)),
        (chunks(PAGE, end=b"\n"), (("Transfer-Encoding", "chunked"),)),
        (chunks(gzip.compress(PAGE)), (("Transfer-Encoding", "gzip, chunked"),)),
        (PAGE, (("Transfer-Encoding", "chunked"),)),
        (gzip.compress(PAGE), (("Content-Encoding", "gzip"),)),
        (gzip.compress(PAGE), (("Content-Encoding", "x-gzip"),)),
        (gzip.compress(PAGE[:300]) + gzip.compress(PAGE[300:]), (("Content-Encoding", "gzip"),)),
        (gzip.compress(PAGE) + b"\0" * 20, (("Content-Encoding", "gzip"),)),
        (gzip.compress(PAGE) + b"\r\n<!-- 2 ms -->", (("Content-Encoding", "gzip"),)),
        (zlib.compress(PAGE), (("Content-Encoding", "deflate"),)),
        (raw_deflate(PAGE), (("Content-Encoding", "deflate"),)),
        (brotli.compress(PAGE), (("Content-Encoding", "br"),)),
        (zstandard.compress(PAGE), (("Content-Encoding", "zstd"),)),
        (
            brotli.compress(gzip.compress(PAGE)),
            (("Content-Encoding", "gzip"), ("Content-Encoding", "br")),
        ),
        (
            chunks(brotli.compress(PAGE)),
            (("Transfer-Encoding", "chunked"), ("Content-Encoding", "br")),
        ),
        (PAGE, (("Content-Encoding", "gzip"),)),
        (PAGE, (("Content-Encoding", "deflate"),)),
        (PAGE, (("Content-Encoding", "br"),)),
        (PAGE, (("Content-Encoding", "zstd"),)),
        (PAGE, (("Content-Encoding", "UTF-8"),)),
        (PAGE, (("Content-Encoding", "something"),)),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, tuple) else "",
)
def test_each_transfer_and_content_encoding_gives_the_page(stored, headers, path):
    page = only(path, record(stored, HTML, *headers))
    assert page.problem is None
    assert page.body == PAGE


@pytest.mark.parametrize(
    ("stored", "headers", "reason"),
    [
        (chunks(PAGE)[:900], (("Transfer-Encoding", "chunked"),), "cut_off"),
        (chunks(PAGE)[:705] + b"zz\r\n", (("Transfer-Encoding", "chunked"),), "cut_off"),
        (gzip.compress(PAGE)[:200], (("Content-Encoding", "gzip"),), "bad_encoding"),
        (brotli.compress(PAGE)[:200], (("Content-Encoding", "br"),), "bad_encoding"),
        (brotli.compress(PAGE), (("Content-Encoding", "compress"),), "bad_encoding"),
        (gzip.compress(b"x" * 3_000_000), (("Content-Encoding", "gzip"),), "too_large"),
        (brotli.compress(b"x" * 3_000_000), (("Content-Encoding", "br"),), "too_large"),
        (zstandard.compress(b"x" * 3_000_000), (("Content-Encoding", "zstd"),), "too_large"),
        (b"x" * 3_000_000, (), "too_large"),
    ],
)
def test_a_body_that_can_not_be_had_whole_is_a_named_reason(stored, headers, reason, path):
    page = only(path, record(stored, HTML, *headers), limit=1_000_000)
    assert page.problem is not None
    assert page.problem[0] == reason
    assert len(page.body) <= 1_000_001


def test_codings_without_end_are_not_taken_off(path):
    coded = record(gzip.compress(PAGE), HTML, ("Content-Encoding", ", ".join(["gzip"] * 1000)))
    assert only(path, coded).problem == ("bad_encoding", "1000 codings, one in the other")


def test_statuses_addresses_and_types_that_are_no_page_are_reasons_or_passed_over(path):
    pages, told, count = read(
        path,
        zipped(
            record(b"", HTML, status="HTTP/1.1 404 Not Found"),
            record(b"", HTML, status="HTTP/2 200"),
            record(PAGE, HTML, status="ICY 200 OK"),
            record(PAGE, HTML, url="ftp://a.example/"),
            record(
                b"\x00\x01",
                kind="response",
                url="dns:a.example",
                fields=(("Content-Type", "text/dns"),),
            ),
            record(b"GET / HTTP/1.1\r\n\r\n", kind="request"),
            record(b"a: b", kind="metadata", fields=(("Content-Type", "application/warc-fields"),)),
            record(PAGE, kind="resource", fields=(("Content-Type", "text/html; charset=utf-8"),)),
            record(b"x", kind="resource", fields=(("Content-Type", "image/png"),)),
        ),
    )
    assert [page.problem and page.problem[0] for page in pages] == [
        "http_status",
        None,
        "bad_response",
        "not_html",
        None,
    ]
    assert pages[-1].headers == (("Content-Type", "text/html; charset=utf-8"),)
    assert pages[-1].body == PAGE
    assert not told
    assert (count.records, count.responses, count.resources, count.pages) == (9, 4, 1, 2)
    assert count.record()["problems"] == {"bad_response": 1, "http_status": 1, "not_html": 1}


@pytest.mark.parametrize(
    ("truncated", "problem"),
    [
        ("length", ("too_large", "cut to a length when it was archived")),
        ("time", ("cut_off", "cut off when it was archived (time)")),
        ("disconnect", ("cut_off", "cut off when it was archived (disconnect)")),
    ],
)
def test_a_page_that_was_cut_when_it_was_archived_says_why(truncated, problem, path):
    cut = record(PAGE, HTML, fields=(("WARC-Truncated", truncated),))
    (page,), told, count = read(path, zipped(cut))
    assert page.problem == problem
    assert (told, count.pages) == ([], 0)


@pytest.mark.parametrize("version", ["WARC/0.18", "WARC/1.0", "WARC/1.1"])
def test_addresses_in_angle_brackets_and_folded_headers_are_read(version, path):
    made = record(
        PAGE,
        ("X-Long", "one\r\n two"),
        HTML,
        url="<http://a.example/page>",
        version=version,
    )
    page = only(path, made.replace(b"\r\nWARC-Date", b"\r\nX-Note: a\r\n\tb\r\nWARC-Date"))
    assert page.url == "http://a.example/page"
    assert page.headers == (("X-Long", "one two"), HTML)


def test_the_first_segment_of_a_page_does_not_pass_for_the_page(path):
    first = record(PAGE[:400], HTML, fields=(("WARC-Segment-Number", "1"),))
    rest = (("WARC-Segment-Number", "2"), ("WARC-Segment-Total-Length", str(len(PAGE))))
    page = only(path, first, record(PAGE[400:], kind="continuation", fields=rest))
    assert page.problem == (
        "cut_off",
        "the record is the first of several segments, which are not put together",
    )


def test_pages_become_documents_with_the_charset_that_each_way_of_saying_it_names(tmp_path):
    name = "Kläranlage “Süd”"
    head = '<meta charset="windows-1252">'
    utf8 = article(name).encode()
    stored = [
        ("http", utf8.replace(b"charset", b""), "text/html; charset=utf-8"),
        ("meta", article(name, head=head).encode("windows-1252"), "text/html"),
        ("bom", b"\xff\xfe" + article(name).encode("utf-16-le"), "text/html"),
        ("detector", article(name).encode("windows-1252"), "text/html"),
    ]
    path = tmp_path / "in.warc.gz"
    path.write_bytes(
        zipped(
            *(
                record(body, ("Content-Type", kind), url=f"http://a.example/{way}")
                for way, body, kind in stored
            )
        )
    )
    report = scrape_warcs([path], tmp_path / "out", CrawlConfig(workers=1), note=print)
    held = report["held"]
    assert (held["records"], held["responses"], held["pages"], held["breaks"]) == (4, 4, 4, 0)
    found = texts(tmp_path / "out")
    assert set(found) == {f"http://a.example/{way}" for way, _, _ in stored}
    assert all(name in text for text in found.values())
    data = path.read_bytes()
    for row in rows(tmp_path / "out/manifest.jsonl"):
        place = row["warc"]
        lies = data[place["offset"] : place["offset"] + place["length"]]
        assert hashlib.sha256(lies).hexdigest() == place["sha256"]
        assert row["url"].encode() in gzip.decompress(lies)


def sha1_of(data: bytes) -> str:
    return "sha1:" + b32encode(hashlib.sha1(data).digest()).decode()


BLOCK = b"HTTP/1.1 200 OK\r\n" + f"{HTML[0]}: {HTML[1]}\r\n".encode() + b"\r\n" + PAGE


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({"WARC-Block-Digest": sha1_of(BLOCK)}, True),
        ({"WARC-Block-Digest": "sha256:" + hashlib.sha256(BLOCK).hexdigest()}, True),
        ({"WARC-Block-Digest": "SHA-1:" + hashlib.sha1(BLOCK).hexdigest().upper()}, True),
        ({"WARC-Payload-Digest": sha1_of(PAGE)}, True),
        ({"WARC-Payload-Digest": "md5:" + hashlib.md5(PAGE).hexdigest()}, True),
        ({"WARC-Payload-Digest": "blake3:00", "WARC-Block-Digest": "none"}, True),
        ({"WARC-Block-Digest": sha1_of(BLOCK), "WARC-Payload-Digest": sha1_of(b"")}, True),
        ({"WARC-Block-Digest": sha1_of(b"other")}, False),
        ({"WARC-Block-Digest": "sha256:" + hashlib.sha256(PAGE).hexdigest()}, False),
        ({"WARC-Payload-Digest": sha1_of(BLOCK)}, False),
        ({"WARC-Payload-Digest": "sha256:" + "0" * 64}, False),
    ],
)
def test_digests_are_verified(fields, fits, path):
    page = only(path, record(PAGE, HTML, fields=tuple(fields.items())))
    assert (page.problem is None) == fits
    if not fits:
        assert page.problem[0] == "digest_mismatch"


@pytest.mark.parametrize(
    "counted", [chunks(gzip.compress(PAGE, mtime=0)), gzip.compress(PAGE, mtime=0), PAGE]
)
def test_a_payload_digest_may_count_the_body_with_or_without_its_codings(counted, path):
    stored = chunks(gzip.compress(PAGE, mtime=0))
    coded = (("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip"))
    page = only(
        path, record(stored, HTML, *coded, fields=(("WARC-Payload-Digest", sha1_of(counted)),))
    )
    assert page.problem is None


def test_revisits_take_the_page_of_an_earlier_record(path):
    payload = (("WARC-Payload-Digest", sha1_of(PAGE)),)
    first = record(PAGE, HTML, url="http://a.example/first", fields=payload)
    again = record(b"", HTML, url="http://a.example/again", kind="revisit", fields=payload)
    third = record(b"", HTML, url="http://a.example/third", kind="revisit", fields=payload)
    lost = record(
        b"",
        HTML,
        url="http://a.example/lost",
        kind="revisit",
        fields=(
            ("WARC-Payload-Digest", sha1_of(b"?")),
            ("WARC-Refers-To-Target-URI", "http://b.example/"),
        ),
    )
    pages, told, count = read(path, zipped(first, again, third, lost))
    assert [page.url.rpartition("/")[2] for page in pages] == [
        "first",
        "again",
        "third",
        "lost",
    ]
    assert all(page.body == PAGE and page.place == pages[0].place for page in pages[:3])
    assert pages[3].problem == (
        "revisit",
        "the same as http://b.example/, which is not in this file",
    )
    assert told == [f"{path}: 1 revisit records speak of pages that are not in this file"]
    assert (count.revisits, count.pages) == (3, 3)
